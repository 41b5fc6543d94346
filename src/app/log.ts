import { destination, pino, stdSerializers, type Logger } from 'pino';
import type { FrozenConfig } from './config/schema.ts';

/** Members that hold secrets wherever they turn up; two levels deep, as pino matches paths. */
const secretMembers = [
  'authorization',
  'Authorization',
  'secret',
  'accessKeySecret',
  'AccessKeySecret',
  'securityToken',
  'SecurityToken',
  'Signature',
  'operatorToken',
  'token',
  'password',
];

/** The server's log: JSON lines on standard error, so that standard output stays for people. */
export function createLog(level: FrozenConfig['log']['level']): Logger {
  return pino(
    {
      level,
      base: { name: 'longshore' },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: stdSerializers.err },
      redact: {
        paths: secretMembers.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    // Synchronous: the last lines before an end are the ones that matter, and lines are few.
    destination({ fd: 2, sync: true }),
  );
}
