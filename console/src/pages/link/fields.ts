/** What the form of a link asks for, by kind: the members of its options in the native API. */
import type { en } from './words.en.ts';

/** Name of a field's label and hint in the words. */
export type FieldName = keyof typeof en.fields;

/** A value of the form. Lists of hosts are one text. */
export type FieldValue = string | boolean;

/** One field. `more` = shown only when asked for: it has a good default. */
export interface LinkField {
  readonly name: FieldName;
  readonly kind:
    | 'text'
    | 'hosts'
    | 'integer'
    | 'flag'
    | 'choice'
    | 'quote'
    | 'secret'
    | 'secret-lines';
  readonly fallback: FieldValue;
  readonly required?: boolean;
  readonly more?: boolean;
  readonly choices?: readonly string[];
}

export const formKinds = [
  'postgres',
  'mysql',
  'sqlite',
  's3',
  'local',
  'sftp',
  'ftp',
  'http',
  'warehouse',
] as const;
export type FormKind = (typeof formKinds)[number];

const text = (name: FieldName, more: Partial<LinkField> = {}): LinkField => ({
  name,
  kind: 'text',
  fallback: '',
  ...more,
});
const needed = { required: true } as const;
const integer = (name: FieldName, fallback: number, more = true): LinkField => ({
  name,
  kind: 'integer',
  fallback: String(fallback),
  more,
});
const flag = (name: FieldName, fallback: boolean, more = true): LinkField => ({
  name,
  kind: 'flag',
  fallback,
  more,
});
const secret = (name: FieldName): LinkField => ({ name, kind: 'secret', fallback: '' });

/** What stands around identifiers: the database’s usual, nothing, or one of these. */
const quotes = ['usual', 'none', '"', '`'] as const;

const database = (port: number): readonly LinkField[] => [
  { name: 'hosts', kind: 'hosts', fallback: '', required: true },
  integer('port', port, false),
  text('database'),
  text('user', needed),
  secret('password'),
  { name: 'tls', kind: 'choice', fallback: 'prefer', choices: ['prefer', 'require', 'off'] },
  text('defaultSchema', { more: true }),
  integer('connectTimeoutMs', 10_000),
  integer('socketTimeoutMs', 0),
  integer('fetchRows', 1_000),
  integer('commitRows', 10_000),
  integer('batchRows', 100),
  { name: 'identifierQuote', kind: 'quote', fallback: 'usual', choices: quotes, more: true },
];

const s3: readonly LinkField[] = [
  text('endpoint', needed),
  text('region', { fallback: 'us-east-1' }),
  text('accessKeyId', needed),
  secret('secretAccessKey'),
  { ...secret('sessionToken'), more: true },
  flag('pathStyle', true),
  integer('connectTimeoutMs', 10_000),
  integer('socketTimeoutMs', 60_000),
];

const local: readonly LinkField[] = [text('share', needed)];

const server = (port: number): readonly LinkField[] => [
  text('host', needed),
  integer('port', port, false),
  text('user', needed),
  secret('password'),
];

const plain: Readonly<Record<Exclude<FormKind, 'warehouse'>, readonly LinkField[]>> = {
  postgres: database(5_432),
  mysql: [...database(3_306), flag('loadData', true), flag('tinyIntIsBool', true)],
  sqlite: [text('file', needed), integer('commitRows', 10_000), integer('batchRows', 100)],
  local,
  s3,
  sftp: [
    ...server(22),
    { name: 'privateKey', kind: 'secret-lines', fallback: '' },
    text('hostKeyFingerprint'),
  ],
  ftp: [...server(21), flag('passive', true), flag('tls', false)],
  http: [],
};

/** Fields of a kind; of a warehouse those of the store of its files, then its own. */
export function fieldsOf(kind: FormKind, store: 'local' | 's3'): readonly LinkField[] {
  if (kind !== 'warehouse') return plain[kind];
  return [...(store === 's3' ? s3 : local), text('bucket'), text('path')];
}

/** Members of a warehouse's own; all others are of the store of its files. */
const warehouseOwn: ReadonlySet<FieldName> = new Set(['bucket', 'path']);

/** Options as the API takes them. Secrets that are empty are left out: they stay as they are. */
export function optionsOf(
  kind: FormKind,
  store: 'local' | 's3',
  values: Readonly<Partial<Record<FieldName, FieldValue>>>,
): Record<string, unknown> {
  const outer: Record<string, unknown> = { kind };
  const inner: Record<string, unknown> = { kind: store };
  for (const field of fieldsOf(kind, store)) {
    const value = values[field.name] ?? field.fallback;
    const isSecret = field.kind === 'secret' || field.kind === 'secret-lines';
    if (isSecret && value === '') continue;
    const place = kind === 'warehouse' && !warehouseOwn.has(field.name) ? inner : outer;
    place[field.name] = sent(field, value);
  }
  return kind === 'warehouse' ? { ...outer, files: inner } : outer;
}

function sent({ kind }: LinkField, value: FieldValue): unknown {
  if (typeof value === 'boolean') return value;
  if (kind === 'integer') return Number(value);
  if (kind === 'quote') return value === 'usual' ? null : value === 'none' ? '' : value;
  if (kind !== 'hosts') return value;
  return value.split(/[\s,]+/).filter((host) => host !== '');
}

/** Values of the form for stored options, which have no secrets. */
export function valuesOf(
  options: Readonly<Record<string, unknown>>,
): Partial<Record<FieldName, FieldValue>> {
  const { files, ...own } = options;
  const nested = typeof files === 'object' && files !== null ? files : {};
  const values: Partial<Record<FieldName, FieldValue>> = {};
  for (const [name, value] of [...Object.entries(nested), ...Object.entries(own)]) {
    if (name === 'kind') continue;
    if (name === 'identifierQuote')
      values[name] = value === null ? 'usual' : String(value) || 'none';
    else if (typeof value === 'boolean') values[name as FieldName] = value;
    else if (Array.isArray(value)) values[name as FieldName] = value.join(', ');
    else if (value !== null && value !== undefined) values[name as FieldName] = String(value);
  }
  return values;
}
