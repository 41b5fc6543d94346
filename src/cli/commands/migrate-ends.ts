/** Both ends of `longshore migrate`, e.g. `shop:public.orders` and `exchange:out/orders.csv`. */
import { CliError, exitCodes } from '../errors.ts';

/** Flags that say what is read and how it is written. */
export interface EndFlags {
  readonly query?: string;
  readonly columns?: string;
  readonly where?: string;
  readonly partitionColumn?: string;
  readonly create?: boolean;
  readonly recreate?: boolean;
  readonly truncate?: boolean;
  readonly deleteWhere?: string;
  readonly conflict?: string;
  readonly stage?: boolean;
  readonly format?: string;
  readonly delimiter?: string;
  /** False = `--no-header`. */
  readonly header?: boolean;
  readonly encoding?: string;
  readonly nulls?: string;
}

/** One end as it was written. */
export interface End {
  readonly link: string;
  /** Table, or path; empty = all that is there. */
  readonly place: string;
}

/** A source or target on its way to the server, which fills in what is left out. */
export type SentEnd = Readonly<Record<string, unknown>>;

const databases = ['postgres', 'mysql', 'sqlite'];
const formats = ['csv', 'json', 'parquet', 'binary'];

/** Formats by the suffix of a file. */
const suffixes: Readonly<Record<string, string>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  parquet: 'parquet',
};

/** Reads `LINK:PLACE`, or `LINK` alone. @throws CliError for anything else. */
export function readEnd(text: string): End {
  const [, link, place = ''] = /^([^:]+)(?::(.*))?$/s.exec(text) ?? [];
  if (link === undefined) {
    throw usage(`${text} names no link; write e.g. LINK:schema.table or LINK:folder/file.csv`);
  }
  return { link, place };
}

/** What is read. @throws CliError for flags that do not fit a link of this kind. */
export function sourceOf({ link, place }: End, kind: string, flags: EndFlags): SentEnd {
  const columns = columnsOf(flags);
  if (databases.includes(kind)) {
    if (flags.query !== undefined) {
      if (place !== '')
        throw usage(`--query takes the place of ${link}:${place}; name the link only`);
      if (flags.where !== undefined)
        throw usage('--query holds its own condition; leave --where out');
      return { kind: 'query', link, sql: flags.query, ...columns };
    }
    const { schema, table } = tableOf(place, kind);
    return {
      kind: 'tables',
      link,
      schema,
      table,
      wholeDatabase: table === '',
      ...columns,
      ...(flags.where === undefined ? {} : { where: flags.where }),
      ...(flags.partitionColumn === undefined ? {} : { partitionColumn: flags.partitionColumn }),
    };
  }
  for (const flag of ['query', 'where', 'partitionColumn'] as const) {
    if (flags[flag] !== undefined)
      throw usage(`--${dashed(flag)} is for databases; ${link} is ${kind}`);
  }
  if (kind === 'warehouse') return { kind: 'warehouse', link, ...tablePlace(place), ...columns };
  const { bucket, path } = pathOf(place, kind);
  if (path === '' && kind === 'http') throw usage(`${link} needs an address: ${link}:https://…`);
  return {
    kind: 'files',
    link,
    bucket,
    paths: [path],
    format: formatOf(path, flags, kind === 'http' ? 'binary' : null),
    ...(path.endsWith('.gz') && flags.format !== 'binary' ? { compression: 'gzip' } : {}),
    ...columns,
  };
}

/** What is written. @throws CliError for flags that do not fit a link of this kind. */
export function targetOf({ link, place }: End, kind: string, flags: EndFlags): SentEnd {
  if (flags.create === true && flags.recreate === true) {
    throw usage('--create and --recreate exclude each other');
  }
  const preparation =
    flags.recreate === true ? 'recreate' : flags.create === true ? 'create' : 'none';
  if (databases.includes(kind)) {
    if (flags.truncate === true && flags.deleteWhere !== undefined) {
      throw usage('--truncate and --delete-where exclude each other');
    }
    return {
      kind: 'table',
      link,
      ...tableOf(place, kind),
      preparation,
      ...(flags.truncate === true ? { clear: { kind: 'all' } } : {}),
      ...(flags.deleteWhere === undefined
        ? {}
        : { clear: { kind: 'where', where: flags.deleteWhere } }),
      ...(flags.conflict === undefined ? {} : { conflict: flags.conflict }),
      ...(flags.stage === true ? { stage: true } : {}),
    };
  }
  for (const flag of ['deleteWhere', 'conflict', 'stage'] as const) {
    if (flags[flag] !== undefined)
      throw usage(`--${dashed(flag)} is for databases; ${link} is ${kind}`);
  }
  if (kind === 'warehouse') {
    const clear = flags.truncate === true ? 'truncate' : 'none';
    return { kind: 'warehouse', link, ...tablePlace(place), preparation, clear };
  }
  if (kind === 'http') throw usage(`${link} is http, which is only read from`);
  const { bucket, path } = pathOf(place, kind);
  const { directory, baseName } = outputOf(path);
  return {
    kind: 'files',
    link,
    bucket,
    directory,
    baseName,
    format: withLineFeeds(formatOf(path, flags, 'csv')),
    ...(path.endsWith('.gz') ? { compression: 'gzip' } : {}),
    ...(flags.truncate === true ? { clear: true } : {}),
    ...(flags.nulls === undefined ? {} : { nulls: flags.nulls }),
  };
}

/** `schema.table`, `table`, or `schema.*` and nothing for all tables. SQLite has no schemas. */
function tableOf(place: string, kind: string): { readonly schema: string; readonly table: string } {
  const dot = kind === 'sqlite' ? -1 : place.indexOf('.');
  const schema = dot < 0 ? '' : place.slice(0, dot);
  const table = place.slice(dot + 1);
  return { schema, table: table === '*' ? '' : table };
}

function tablePlace(place: string): SentEnd {
  const { schema, table } = tableOf(place, 'warehouse');
  if (table === '') throw usage('a warehouse needs a table: LINK:database.table');
  return { ...(schema === '' ? {} : { database: schema }), table };
}

/** Object stores have a bucket first. */
function pathOf(place: string, kind: string): { readonly bucket: string; readonly path: string } {
  if (kind !== 's3') return { bucket: '', path: place };
  const slash = place.indexOf('/');
  const bucket = slash < 0 ? place : place.slice(0, slash);
  if (bucket === '') throw usage('an object store needs a bucket: LINK:bucket/path.csv');
  return { bucket, path: slash < 0 ? '' : place.slice(slash + 1) };
}

/** `folder/name.csv` is a file, `folder/` a folder whose files are called by themselves. */
function outputOf(path: string): { readonly directory: string; readonly baseName: string | null } {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (name === '' || suffixOf(name) === null) return { directory: path, baseName: null };
  return {
    directory: slash < 0 ? '' : path.slice(0, slash),
    baseName: name.replace(/\.gz$/, '').replace(/\.[^.]+$/, ''),
  };
}

function formatOf(path: string, flags: EndFlags, fallback: string | null): SentEnd {
  const kind = flags.format ?? suffixOf(path) ?? fallback;
  if (kind === null) {
    throw usage(
      `${path === '' ? 'the folder' : path} does not tell its format; say --format ${formats.join(', ')}`,
    );
  }
  if (!formats.includes(kind)) throw usage(`--format ${kind} is none of ${formats.join(', ')}`);
  const encoding = flags.encoding === undefined ? {} : { encoding: flags.encoding };
  if (kind === 'json') return { kind, ...encoding };
  if (kind !== 'csv') return { kind };
  const isTabbed = /\.tsv(?:\.gz)?$/.test(path);
  return {
    kind,
    fieldSeparator: flags.delimiter === '\\t' ? '\t' : (flags.delimiter ?? (isTabbed ? '\t' : ',')),
    headerLines: flags.header === false ? 0 : 1,
    ...encoding,
  };
}

/** Records as other programs of this machine write them. */
function withLineFeeds(format: SentEnd): SentEnd {
  return format['kind'] === 'csv' ? { ...format, lineSeparator: '\n' } : format;
}

/** The format that a file's name tells; null = it tells none. */
function suffixOf(path: string): string | null {
  const suffix = /\.([a-z]+)$/.exec(path.replace(/\.gz$/, ''))?.[1] ?? '';
  return Object.hasOwn(suffixes, suffix) ? (suffixes[suffix] ?? null) : null;
}

function columnsOf({ columns }: EndFlags): SentEnd {
  if (columns === undefined) return {};
  const names = columns.split(',').map((name) => name.trim());
  if (names.includes('')) throw usage(`--columns ${columns} has an empty name`);
  return { columns: names };
}

function dashed(flag: string): string {
  return flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function usage(message: string): CliError {
  return new CliError(message, 'See longshore migrate --help', exitCodes.usage);
}
