import { isIP } from 'node:net';
import { Type } from 'typebox';
import type { HostAlias, TomcatSettings } from '../../../domain/template.ts';
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

const contextPathPattern = '^(?:/(?!\\.+(?:/|$))[A-Za-z0-9._~-]+)*/?$';

const tomcatText = jsonText(
  Type.Object({
    port: Type.Optional(Type.Integer({ minimum: 1024, maximum: 65_535 })),
    // Segments that can name a folder of webapps and stand in an address as they are.
    contextPath: Type.Optional(Type.String({ pattern: contextPathPattern, maxLength: 255 })),
    maxThreads: Type.Optional(Type.Integer({ minimum: 1 })),
    uriEncoding: Type.Optional(Type.Enum(uriEncodings)),
    // The service's pages spell it both ways (sae.md §7.1 C12).
    useBodyEncodingForUri: Type.Optional(Type.Boolean()),
    useBodyEncoding: Type.Optional(Type.Boolean()),
  }),
  '{"port":8080,"contextPath":"/","maxThreads":400,"uriEncoding":"UTF-8","useBodyEncodingForUri":true}',
);

/** Reads `TomcatConfig`; what it leaves out, or all of it, is the default (sae.md §4.3.5). */
export function parseTomcatConfig(text: string | undefined): TomcatSettings {
  const sent = text === undefined ? {} : tomcatText.parse('TomcatConfig', text);
  return {
    port: sent.port ?? 8080,
    contextPath: sent.contextPath ?? '/',
    maxThreads: sent.maxThreads ?? 400,
    uriEncoding: sent.uriEncoding ?? 'ISO-8859-1',
    useBodyEncodingForUri: sent.useBodyEncodingForUri ?? sent.useBodyEncoding ?? true,
  };
}

const hostAliasText = jsonText(
  Type.Array(Type.Object({ hostName: Type.String(), ip: Type.String() })),
  '[{"hostName":"samplehost","ip":"127.0.0.1"}]',
);

/** RFC 1123 host name. */
const hostNamePattern =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** Most lines that a template adds to the hosts file. */
const maxHostAliases = 500;

/**
 * Reads `CustomHostAlias`.
 * @throws WireError `InvalidHostnameIp.Invalid` for a bad item, `InvalidParameter.WithMessage`.
 */
export function parseHostAliases(text: string): readonly HostAlias[] {
  const aliases = hostAliasText.parse('CustomHostAlias', text);
  for (const { hostName, ip } of aliases) {
    if (!hostNamePattern.test(hostName) || isIP(ip) === 0) {
      throw saeError('InvalidHostnameIp.Invalid', hostName, ip);
    }
  }
  if (aliases.length > maxHostAliases) {
    throw wrong('CustomHostAlias', `has more than ${maxHostAliases} items`);
  }
  return aliases.map(({ hostName, ip }) => ({ hostName, ip }));
}
