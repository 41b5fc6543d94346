import { isIP } from 'node:net';
import { Type } from 'typebox';
import { saeError } from '../errors.ts';
import { jsonText, PlainText, wrong } from './json-text.ts';

const commandArgsText = jsonText(Type.Array(PlainText), '["a","b"]');

/** Reads `CommandArgs`: a JSON array of strings. */
export function parseCommandArgs(text: string): readonly string[] {
  return commandArgsText.parse('CommandArgs', text);
}

const hookText = jsonText(
  Type.Object({
    exec: Type.Object({
      command: Type.Array(PlainText, { minItems: 1 }),
    }),
  }),
  '{"exec":{"command":["sh","-c","echo hello"]}}',
);

/** Reads `PostStart` or `PreStop` as an argument vector. */
export function parseHook(name: 'PostStart' | 'PreStop', text: string): readonly string[] {
  const { command } = hookText.parse(name, text).exec;
  if (command[0] === '') throw wrong(name, '/exec/command/0 must name a program');
  return command;
}

const uriEncodings = ['UTF-8', 'ISO-8859-1', 'GBK', 'GB2312'];

const tomcatText = jsonText(
  Type.Object({
    port: Type.Optional(Type.Integer({ minimum: 1024, maximum: 65_535 })),
    contextPath: Type.Optional(PlainText),
    maxThreads: Type.Optional(Type.Integer({ minimum: 1 })),
    uriEncoding: Type.Optional(Type.Enum(uriEncodings)),
    // The service's pages spell it both ways (sae.md §7.1 C12).
    useBodyEncodingForUri: Type.Optional(Type.Boolean()),
    useBodyEncoding: Type.Optional(Type.Boolean()),
  }),
  '{"port":8080,"contextPath":"/","maxThreads":400,"uriEncoding":"UTF-8","useBodyEncodingForUri":true}',
);

/** Checks `TomcatConfig` (sae.md §4.3.5). */
export function checkTomcatConfig(text: string): void {
  tomcatText.parse('TomcatConfig', text);
}

const hostAliasText = jsonText(
  Type.Array(Type.Object({ hostName: Type.String(), ip: Type.String() })),
  '[{"hostName":"samplehost","ip":"127.0.0.1"}]',
);

/** RFC 1123 host name. */
const hostNamePattern =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** Checks `CustomHostAlias`. @throws WireError `InvalidHostnameIp.Invalid` for a bad item. */
export function checkHostAlias(text: string): void {
  for (const { hostName, ip } of hostAliasText.parse('CustomHostAlias', text)) {
    if (!hostNamePattern.test(hostName) || isIP(ip) === 0) {
      throw saeError('InvalidHostnameIp.Invalid', hostName, ip);
    }
  }
}
