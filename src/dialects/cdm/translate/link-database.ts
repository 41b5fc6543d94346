/** Links of `generic-jdbc-connector` (cdm.md §4.3). */
import type { DatabaseLinkOptions, LinkOptions } from '../../../domain/transfer/link.ts';
import { cdmError } from '../errors.ts';
import type { Settings } from '../values/settings.ts';

/** Whose protocol each kind of database speaks; the others are not spoken here. */
const protocols: Readonly<Record<string, 'mysql' | 'postgres' | 'sqlite'>> = {
  MYSQL: 'mysql',
  DDM: 'mysql',
  MYCAT: 'mysql',
  POSTGRESQL: 'postgres',
  DWS: 'postgres',
  SQLITE: 'sqlite',
};

/** Driver properties that load code, read files of the server, or carry credentials. */
const forbiddenProperty =
  /^(?:allowLoadLocalInfile\w*|allowUrlInLocalInfile|autoDeserialize|socketFactory\w*|\w*Class(?:name|es|es?Name)?|\w*Interceptors|\w*PluginClassName|user|username|password|passwd)$/i;

const unlimited = 0;

/** @param invalid makes an error of what does not fit together. */
export function databaseOptions(
  settings: Settings,
  identifierEnclose: string,
  invalid: (why: string) => Error,
): LinkOptions {
  const type = settings.choice('databaseType', '');
  const protocol = protocols[type];
  if (protocol === undefined) {
    throw cdmError(
      'Cdm.0055',
      `[${settings.full('databaseType')}] ${type}: no driver for it is installed on this server; MYSQL, POSTGRESQL, DWS and SQLITE are.`,
    );
  }
  const batchRows = settings.integer('batchSize', 100);
  const commitRows = settings.integer('commitSize', 10_000);
  if (protocol === 'sqlite') {
    const file = required(settings, 'database').trim();
    if (file.startsWith('/') || file.split(/[/\\]/).includes('..')) {
      throw invalid(
        `[${settings.full('database')}] must be a path below the folder of databases, without "..".`,
      );
    }
    return { kind: 'sqlite', file, batchRows, commitRows };
  }
  const properties = settings.map('jdbcProperties');
  const forbidden = Object.keys(properties).find((name) => forbiddenProperty.test(name));
  if (forbidden !== undefined) {
    throw invalid(`[${settings.full('jdbcProperties')}] must not hold ${forbidden}.`);
  }
  // The drivers count differently: MySQL's in milliseconds, PostgreSQL's in seconds.
  const unitMs = protocol === 'mysql' ? 1 : 1_000;
  const shared: DatabaseLinkOptions = {
    hosts: required(settings, 'host')
      .split(',')
      .map((host) => host.trim())
      .filter((host) => host !== ''),
    port: settings.integer('port', type === 'DWS' ? 8_000 : protocol === 'mysql' ? 3_306 : 5_432),
    database:
      protocol === 'postgres'
        ? required(settings, 'database').trim()
        : settings.text('database').trim(),
    user: required(settings, 'username'),
    password: required(settings, 'password'),
    tls: tlsOf(settings.flag('useSSL', false), properties['sslmode'] ?? properties['sslMode']),
    connectTimeoutMs: timeout(properties['connectTimeout'], unitMs, 10_000, invalid),
    socketTimeoutMs: timeout(properties['socketTimeout'], unitMs, unlimited, invalid),
    fetchRows: settings.integer('fetchSize', 1_000),
    commitRows,
    batchRows,
    identifierQuote: identifierEnclose === '' ? null : identifierEnclose.trim(),
    defaultSchema: properties['currentSchema'] ?? '',
  };
  if (shared.hosts.length === 0) throw cdmError('Cdm.0238', settings.full('host'));
  if (protocol === 'postgres') return { kind: 'postgres', ...shared };
  return {
    kind: 'mysql',
    ...shared,
    loadData: settings.flag('usingNative', true),
    tinyIntIsBool: (properties['tinyInt1isBit'] ?? 'true').toLowerCase() !== 'false',
  };
}

function required(settings: Settings, name: string): string {
  if (!settings.has(name)) throw cdmError('Cdm.0238', settings.full(name));
  return settings.text(name);
}

function tlsOf(useSsl: boolean, mode: string | undefined): DatabaseLinkOptions['tls'] {
  switch (mode?.toLowerCase().replaceAll('_', '-')) {
    case 'disable':
    case 'disabled':
      return 'off';
    case 'require':
    case 'required':
    case 'verify-ca':
    case 'verify-full':
    case 'verify-identity':
      return 'require';
    case 'prefer':
    case 'preferred':
    case 'allow':
      return 'prefer';
    default:
      return useSsl ? 'require' : 'off';
  }
}

/** Zero and absent = the usual. */
function timeout(
  text: string | undefined,
  unitMs: number,
  absent: number,
  invalid: (why: string) => Error,
): number {
  if (text === undefined || text.trim() === '' || text.trim() === '0') return absent;
  if (!/^\d{1,9}$/.test(text.trim()))
    throw invalid(`a timeout must be a whole number, not ${text.slice(0, 40)}.`);
  return Number(text) * unitMs;
}
