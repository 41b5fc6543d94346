/** Links as one address: `postgres://user@host/database`, `sqlite:orders.db`, `local:exchange`. */
import { CliError, exitCodes } from '../errors.ts';

/** Options on their way to the server, which fills in what is left out and checks them all. */
export type SentOptions = Readonly<Record<string, unknown>>;

/** Longest address that is read. */
const maxChars = 4_096;

/** Names by which addresses commonly call options. */
const aliases: Readonly<Record<string, string>> = {
  schema: 'defaultSchema',
  sslmode: 'tls',
};

const example =
  'Write e.g. postgres://user@host/database, sqlite:file.db, local:share or s3://key@host';

/**
 * What an address says. What follows `?` are options by their names, e.g. `tls=require`.
 * @throws CliError for what is no address of a link.
 */
export function optionsOfAddress(address: string): SentOptions {
  const scheme = /^([a-z0-9]+):/i.exec(address.slice(0, maxChars))?.[1]?.toLowerCase() ?? '';
  const rest = address.slice(scheme.length + 1);
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return database('postgres', address);
    case 'mysql':
    case 'mariadb':
      return database('mysql', address);
    case 'sqlite':
      return { kind: 'sqlite', file: rest };
    case 'local':
      return { kind: 'local', share: rest };
    case 's3': {
      const { url, more, password } = parsed(address);
      const { tls, ...options } = more;
      return {
        kind: 's3',
        endpoint: `${tls === 'off' ? 'http' : 'https'}://${url.host}`,
        accessKeyId: decodeURIComponent(url.username),
        ...(password === '' ? {} : { secretAccessKey: password }),
        ...options,
      };
    }
    case 'sftp':
      return server('sftp', address);
    case 'ftp':
      return { ...server('ftp', address), tls: false };
    case 'ftps':
      return { ...server('ftp', address), tls: true };
    case 'http':
      return { kind: 'http' };
    default:
      throw usage(`${shown(address)} is no address of a link`);
  }
}

function database(kind: 'postgres' | 'mysql', address: string): SentOptions {
  const { url, more, user, password } = parsed(address);
  const { hosts, ...options } = more;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    kind,
    hosts: Array.isArray(hosts) ? hosts : [host === '' ? 'localhost' : host],
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    database: decodeURIComponent(url.pathname.replace(/^\//, '')),
    ...(user === '' ? {} : { user }),
    ...(password === '' ? {} : { password }),
    ...options,
  };
}

function server(kind: 'sftp' | 'ftp', address: string): SentOptions {
  const { url, more, user, password } = parsed(address);
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(user === '' ? {} : { user }),
    ...(password === '' ? {} : { password }),
    ...more,
  };
}

interface Parsed {
  readonly url: URL;
  readonly user: string;
  readonly password: string;
  /** Options by name. */
  readonly more: Readonly<Record<string, unknown>>;
}

function parsed(address: string): Parsed {
  if (!URL.canParse(address)) throw usage(`${shown(address)} is no address of a link`);
  const url = new URL(address);
  try {
    return {
      url,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      more: queryOf(url),
    };
  } catch {
    throw usage(`${shown(address)} has a % that escapes nothing; write it as %25`);
  }
}

function queryOf({ search }: URL): Record<string, unknown> {
  const options = new Map<string, unknown>();
  // A plus is a plus, as in fingerprints of keys; forms of the web write spaces so, people do not.
  for (const [name, text] of new URLSearchParams(search.replaceAll('+', '%2B'))) {
    if (name === 'host') {
      const hosts = options.get('hosts');
      options.set('hosts', Array.isArray(hosts) ? [...(hosts as unknown[]), text] : [text]);
    } else options.set(aliases[name] ?? name, valueOf(text));
  }
  return Object.fromEntries(options);
}

/** Numbers and truth values are what they look like; all else is a text. */
function valueOf(text: string): unknown {
  return /^(?:\d{1,15}|true|false)$/.test(text) ? (JSON.parse(text) as unknown) : text;
}

/** The address without a password. */
function shown(address: string): string {
  return address.slice(0, 200).replace(/:[^:@/]*@/, ':***@');
}

function usage(message: string): CliError {
  return new CliError(message, example, exitCodes.usage);
}
