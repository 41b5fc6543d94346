import { isIP, isIPv4 } from 'node:net';
import { Type } from 'typebox';
import { parseSchedule } from '../../../domain/schedule/parse.ts';
import { isTimezone } from '../parameters/scalars.ts';
import { jsonText, NonEmptyText, wrong } from './json-text.ts';

const httpMethods = 'GET POST PUT PATCH DELETE HEAD OPTIONS TRACE CONNECT'.split(' ');
const parameter = 'TriggerConfig';

const kindText = jsonText(
  Type.Object({ type: Type.Enum(['time', 'http']) }),
  '{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}',
);

const timeText = jsonText(
  Type.Object({
    type: Type.Literal('time'),
    config: NonEmptyText,
    timezone: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
  '{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}',
);

const httpText = jsonText(
  Type.Object({
    type: Type.Literal('http'),
    config: Type.Object({
      type: Type.Enum(['HTTP', 'HTTPS', 'HTTP&HTTPS']),
      method: Type.Array(Type.Enum(httpMethods), { minItems: 1 }),
      ip: Type.Optional(Type.Array(Type.String())),
      referer: Type.Optional(Type.Array(Type.String())),
      securityConfig: Type.Optional(Type.Enum(['none', 'ip', 'referer'])),
    }),
  }),
  '{"type":"http","config":{"type":"HTTPS","method":["GET"],"ip":[],"referer":[],"securityConfig":"none"}}',
);

/** A trigger as the template stores it (sae.md §4.3.8). */
export type TriggerConfig =
  | { readonly kind: 'time'; readonly cron: string; readonly timezone: string | null }
  | {
      readonly kind: 'http';
      readonly schemes: 'HTTP' | 'HTTPS' | 'HTTP&HTTPS';
      readonly methods: readonly string[];
      readonly security: 'none' | 'ip' | 'referer';
      readonly ips: readonly string[];
      readonly referers: readonly string[];
    };

/** Which kind a trigger is, of a text that may have been stored before its timer was acted on. */
export function triggerKind(text: string): TriggerConfig['kind'] {
  return kindText.parse(parameter, text).type;
}

/** Reads `TriggerConfig`. @throws WireError `InvalidParameter.WithMessage` with the reason. */
export function parseTriggerConfig(text: string): TriggerConfig {
  return triggerKind(text) === 'time' ? parseTime(text) : parseHttp(text);
}

function parseTime(text: string): TriggerConfig {
  const { config, timezone } = timeText.parse(parameter, text);
  const fault = cronFault(config);
  if (fault !== null) throw wrong(parameter, fault);
  const zone = timezone ?? '';
  if (zone !== '' && !isTriggerTimezone(zone)) {
    throw wrong(parameter, 'timezone must be like GMT+8:00, UTC or an IANA name');
  }
  return { kind: 'time', cron: config, timezone: zone === '' ? null : zone };
}

/** What is wrong with a cron text, in words; null when nothing is. */
function cronFault(text: string): string | null {
  // The contract knows fields only (sae.md §4.3.8).
  if (text.trimStart().startsWith('@')) return `cron text must have five or six fields: ${text}`;
  const parsed = parseSchedule({ timing: { kind: 'cron', expression: text, dialect: 'unix' } });
  if (parsed.kind === 'parsed') return null;
  return `cron text: ${parsed.problems.map(({ message }) => message).join('; ')}`;
}

function parseHttp(text: string): TriggerConfig {
  const { config } = httpText.parse(parameter, text);
  const ips = config.ip ?? [];
  const referers = config.referer ?? [];
  const badIp = ips.find((item) => !isAddressOrRange(item));
  if (badIp !== undefined) throw wrong(parameter, `not an IP address or CIDR range: ${badIp}`);
  const badDomain = referers.find((item) => !/^(\*\.)?[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(item));
  if (badDomain !== undefined) throw wrong(parameter, `not a domain: ${badDomain}`);
  return {
    kind: 'http',
    schemes: config.type,
    methods: config.method,
    security: config.securityConfig ?? 'none',
    ips,
    referers,
  };
}

function isTriggerTimezone(text: string): boolean {
  const offset = /^(?:GMT|UTC)[+-](\d{1,2})(?::(\d{2}))?$/.exec(text);
  if (offset !== null) return Number(offset[1]) <= 14 && Number(offset[2] ?? 0) <= 59;
  return isTimezone(text);
}

function isAddressOrRange(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  if (more.length > 0 || isIP(address) === 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128);
}
