/** What a link's inputs mean, in the engine's words (cdm.md §4.3). */
import type { LinkOptions } from '../../../domain/transfer/link.ts';
import { cdmError } from '../errors.ts';
import type { ConfigValues } from '../values/config-values.ts';
import { readSettings, type Settings } from '../values/settings.ts';
import type { WireConnector } from './connectors.ts';
import { databaseOptions } from './link-database.ts';
import { linkInputs } from './inputs/links.ts';

export interface TranslatedLink {
  readonly options: LinkOptions;
  /** Full names of inputs that are kept without effect. */
  readonly withoutEffect: readonly string[];
}

/** Options of another link of the same cluster; null = there is none. */
export type LinkLookup = (name: string) => Promise<LinkOptions | null>;

/**
 * @throws WireError Cdm.0055 for a connector that is only declared and for what is not spoken here;
 *   those of `readSettings`; Cdm.0317 for what does not fit together.
 */
export async function translateLink(
  name: string,
  connector: WireConnector,
  values: ConfigValues,
  context: { readonly strict: boolean; readonly lookUp: LinkLookup },
): Promise<TranslatedLink> {
  if (connector.family === 'declared') {
    throw cdmError(
      'Cdm.0055',
      `connector ${connector.name} is declared and not installed on this server; ` +
        'links can be made of generic-jdbc, obs, sftp, ftp, nas, hdfs, hive and http connectors.',
    );
  }
  const tables = linkInputs[connector.name] ?? [];
  const read = readSettings(values, tables, context.strict);
  const [settings, dialect] = read;
  if (settings === undefined) throw new Error(`connector ${connector.name} has no inputs`);
  const invalid = (why: string) => cdmError('Cdm.0317', name, why);
  const options = async (): Promise<LinkOptions> => {
    switch (connector.name) {
      case 'generic-jdbc-connector':
        return databaseOptions(settings, dialect?.text('identifierEnclose') ?? '', invalid);
      case 'obs-connector':
        return obsOptions(settings, invalid);
      case 'sftp-connector':
        if (!settings.has('password') && !settings.has('privateKey')) {
          throw cdmError('Cdm.0238', settings.full('password'));
        }
        return {
          kind: 'sftp',
          ...serverOf(settings, 22),
          privateKey: settings.text('privateKey'),
          hostKeyFingerprint: settings.text('hostKeyFingerprint').trim(),
        };
      case 'ftp-connector':
        if (!settings.has('password')) throw cdmError('Cdm.0238', settings.full('password'));
        return {
          kind: 'ftp',
          ...serverOf(settings, 21),
          passive: settings.flag('passive', true),
          tls: settings.flag('useTls', false),
        };
      case 'nas-connector':
        return { kind: 'local', share: shareOf(settings.text('server')) };
      case 'hdfs-connector':
        return { kind: 'local', share: folderOf(settings) };
      case 'hive-connector':
        return warehouseOptions(settings, context.lookUp, invalid);
      default:
        return { kind: 'http' };
    }
  };
  return { options: await options(), withoutEffect: read.flatMap((one) => one.withoutEffect) };
}

type Invalid = (why: string) => Error;

function serverOf(settings: Settings, port: number) {
  return {
    host: settings.text('server').trim(),
    port: settings.integer('port', port),
    user: settings.text('username'),
    password: settings.text('password'),
  };
}

/** `local:<share>`, or the address as the operator mapped it; clients escape backslashes twice. */
function shareOf(server: string): string {
  const text = server.trim().replaceAll('\\\\', '\\');
  const address = text.startsWith('\\') && !text.startsWith('\\\\') ? `\\${text}` : text;
  return address.startsWith('local:') ? address.slice('local:'.length) : address;
}

/** @throws WireError Cdm.0055 for what is no folder. */
function folderOf(settings: Settings): string {
  const uri = settings.text('uri').trim();
  if (/^file:\/\/\/./.test(uri)) return uri.replace(/\/+$/, '');
  if (uri.startsWith('local:')) return uri.slice('local:'.length);
  throw cdmError(
    'Cdm.0055',
    `[${settings.full('uri')}] must be file:///folder, a folder that the operator mapped; ${uri.slice(0, 100)} is not spoken on this server.`,
  );
}

function obsOptions(settings: Settings, invalid: Invalid): LinkOptions {
  const properties = settings.map('properties');
  const isOss = settings.choice('storageType', 'OBS') === 'OSS';
  const server = (
    isOss && settings.has('ossEndpoint') ? settings.text('ossEndpoint') : settings.text('server')
  ).trim();
  if (server === '') throw cdmError('Cdm.0238', settings.full(isOss ? 'ossEndpoint' : 'server'));
  const port = settings.has('port') ? settings.integer('port', 443) : null;
  const secure = port === null || [443, 8443, 9443].includes(port);
  const address = /^https?:\/\//i.test(server)
    ? server
    : `${secure ? 'https' : 'http'}://${server}`;
  if (!URL.canParse(address))
    throw invalid(`[${settings.full('server')}] is no host: ${server.slice(0, 100)}.`);
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') {
    throw invalid(`[${settings.full('server')}] must not hold credentials.`);
  }
  if (port !== null && url.port === '') url.port = String(port);
  const { hostname } = url;
  const own = hostname === 'localhost' || /^[\d.]+$|^\[/.test(hostname) || url.port !== '';
  return {
    kind: 's3',
    endpoint: `${url.protocol}//${url.host}`,
    region: properties['region'] ?? 'us-east-1',
    accessKeyId: settings.text('accessKey'),
    secretAccessKey: settings.text('securityKey'),
    sessionToken: settings.text('securityToken'),
    pathStyle:
      properties['pathStyle'] === undefined
        ? own
        : properties['pathStyle'].toLowerCase() === 'true',
    connectTimeoutMs: milliseconds(properties['connectionTimeout'], 10_000, invalid),
    socketTimeoutMs: milliseconds(properties['socketTimeout'], 60_000, invalid),
  };
}

function milliseconds(text: string | undefined, absent: number, invalid: Invalid): number {
  if (text === undefined || text.trim() === '') return absent;
  if (!/^\d{1,9}$/.test(text.trim()))
    throw invalid(`a timeout must be in milliseconds, not ${text.slice(0, 40)}.`);
  return Math.max(Number(text), 1_000);
}

async function warehouseOptions(
  settings: Settings,
  lookUp: LinkLookup,
  invalid: Invalid,
): Promise<LinkOptions> {
  const bucket = /^(?:obs|s3a?):\/\/([^/]+)\/?(.*)$/i.exec(settings.text('uri').trim());
  if (bucket === null) {
    return {
      kind: 'warehouse',
      files: { kind: 'local', share: folderOf(settings) },
      bucket: '',
      path: '',
    };
  }
  const name = settings.map('properties')['obsLink'] ?? '';
  if (name === '')
    throw invalid(`[${settings.full('properties')}] must name an obs link as obsLink.`);
  const files = await lookUp(name);
  if (files?.kind !== 's3') throw invalid(`there is no obs link called ${name.slice(0, 256)}.`);
  return {
    kind: 'warehouse',
    files,
    bucket: bucket[1] ?? '',
    path: (bucket[2] ?? '').replace(/\/+$/, ''),
  };
}
