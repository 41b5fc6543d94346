/** Options of links: their schema, and how they are told without secrets. */
import { Type, type Static } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { LinkOptions } from '../../../domain/transfer/link.ts';
import { closed } from '../views/common.ts';
import { given, readShape } from './shape.ts';

const name = (description = '') =>
  Type.String({ minLength: 1, maxLength: 1_024, ...(description === '' ? {} : { description }) });
const optionalName = given(Type.String({ maxLength: 1_024 }), '');
const port = (usual: number) => given(Type.Integer({ minimum: 1, maximum: 65_535 }), usual);
const milliseconds = (usual: number, description = 'Milliseconds.') =>
  given(Type.Integer({ minimum: 0, maximum: 86_400_000, description }), usual);
const rows = (usual: number) => given(Type.Integer({ minimum: 1, maximum: 1_000_000 }), usual);
const secret = given(
  Type.String({
    maxLength: 65_536,
    description:
      'Never shown. Absent in a change that leads to the same place as the same user: as before.',
  }),
  '',
);

const database = {
  hosts: Type.Array(name(), {
    minItems: 1,
    maxItems: 16,
    description: 'The first that answers is taken.',
  }),
  database: optionalName,
  user: name(),
  password: secret,
  tls: given(Type.Enum(['off', 'prefer', 'require']), 'prefer'),
  connectTimeoutMs: milliseconds(10_000),
  socketTimeoutMs: milliseconds(0, 'Longest silence while a statement runs; 0 = no limit.'),
  fetchRows: rows(1_000),
  commitRows: rows(10_000),
  batchRows: rows(100),
  identifierQuote: given(Type.Union([Type.String({ maxLength: 1 }), Type.Null()]), null),
  defaultSchema: optionalName,
};

const Local = Type.Object(
  { kind: Type.Literal('local'), share: name('A share of the server’s configuration.') },
  { ...closed, title: 'LocalLink' },
);

const S3 = Type.Object(
  {
    kind: Type.Literal('s3'),
    endpoint: Type.String({ pattern: '^https?://[^/?#@]+/?$', maxLength: 1_024 }),
    region: given(Type.String({ maxLength: 64 }), 'us-east-1'),
    accessKeyId: name(),
    secretAccessKey: secret,
    sessionToken: secret,
    pathStyle: given(Type.Boolean(), true),
    connectTimeoutMs: milliseconds(10_000),
    socketTimeoutMs: milliseconds(60_000),
  },
  { ...closed, title: 'S3Link' },
);

/** What links of each kind are told. */
export const LinkOptionsInput = Type.Union(
  [
    Type.Object(
      { kind: Type.Literal('postgres'), port: port(5_432), ...database },
      { ...closed, title: 'PostgresLink' },
    ),
    Type.Object(
      {
        kind: Type.Literal('mysql'),
        port: port(3_306),
        ...database,
        loadData: given(Type.Boolean({ description: 'Rows go by LOAD DATA LOCAL.' }), true),
        tinyIntIsBool: given(Type.Boolean({ description: 'tinyint(1) is a boolean.' }), true),
      },
      { ...closed, title: 'MysqlLink' },
    ),
    Type.Object(
      {
        kind: Type.Literal('sqlite'),
        file: Type.String({
          pattern: '^(?!/)(?!(.*[/\\\\])?\\.\\.([/\\\\]|$))[^\\u0000]+$',
          maxLength: 1_024,
          description: 'Below the folder `transfers.databases` of the server’s configuration.',
        }),
        batchRows: rows(100),
        commitRows: rows(10_000),
      },
      { ...closed, title: 'SqliteLink' },
    ),
    Local,
    S3,
    Type.Object(
      {
        kind: Type.Literal('sftp'),
        host: name(),
        port: port(22),
        user: name(),
        password: secret,
        privateKey: secret,
        hostKeyFingerprint: given(
          Type.String({ maxLength: 128, description: '`SHA256:…`; empty = any host key.' }),
          '',
        ),
      },
      { ...closed, title: 'SftpLink' },
    ),
    Type.Object(
      {
        kind: Type.Literal('ftp'),
        host: name(),
        port: port(21),
        user: name(),
        password: secret,
        passive: given(Type.Boolean(), true),
        tls: given(Type.Boolean(), false),
      },
      { ...closed, title: 'FtpLink' },
    ),
    Type.Object({ kind: Type.Literal('http') }, { ...closed, title: 'HttpLink' }),
    Type.Object(
      {
        kind: Type.Literal('warehouse'),
        files: Type.Union([Local, S3]),
        bucket: optionalName,
        path: optionalName,
      },
      { ...closed, title: 'WarehouseLink' },
    ),
  ],
  { title: 'LinkOptions' },
);
export type LinkOptionsInput = Static<typeof LinkOptionsInput>;

/** Members that no answer has. */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'privateKey',
  'secretAccessKey',
  'sessionToken',
]);
/** Members that say where a secret goes, and as whose: with another one a kept secret would leak. */
const destinationNames = [
  'kind',
  'hosts',
  'host',
  'port',
  'endpoint',
  'user',
  'accessKeyId',
  'tls',
  'hostKeyFingerprint',
];

/**
 * The options that a client sent, complete. Secrets that it left out stay as `current` has them
 * when the link leads to the same place as the same user.
 * @throws ShapeFaultError; DomainError `invalid-argument` for secrets that must be sent anew.
 */
export function readLinkOptions(sent: unknown, current: LinkOptions | null): LinkOptions {
  const options: LinkOptions = readShape(LinkOptionsInput, sent, 'options');
  return current === null ? options : withKeptSecrets(options, sent, current);
}

function withKeptSecrets(options: LinkOptions, sent: unknown, current: LinkOptions): LinkOptions {
  if (options.kind === 'warehouse') {
    if (current.kind !== 'warehouse') return options;
    const { files } = sent as { readonly files: unknown };
    return { ...options, files: kept(options.files, files, current.files) };
  }
  return kept(options, sent, current);
}

function kept<T extends LinkOptions>(options: T, sent: unknown, current: LinkOptions): T {
  const before = new Map(Object.entries(current));
  const after = new Map(Object.entries(options));
  const missing = [...secretNames].filter(
    (member) =>
      after.has(member) &&
      !Object.hasOwn(sent as object, member) &&
      (before.get(member) ?? '') !== '',
  );
  if (missing.length === 0) return options;
  const moved = destinationNames.find(
    (member) => JSON.stringify(before.get(member)) !== JSON.stringify(after.get(member)),
  );
  if (moved === undefined) {
    return { ...options, ...Object.fromEntries(missing.map((m) => [m, before.get(m)])) };
  }
  throw new DomainError(
    'invalid-argument',
    `options/${moved} changes where the link leads or as whom; send ${missing.join(' and ')} with it`,
  );
}

/** The options as answers have them: a secret is only told to be there. */
export function shownOptions(options: LinkOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([member, value]): readonly [string, unknown][] => {
      if (secretNames.has(member)) return [];
      return [[member, isOptions(value) ? shownOptions(value) : value]];
    }),
  );
}

/** Which secrets the link has. */
export function secretsOf(options: LinkOptions): readonly string[] {
  const own = options.kind === 'warehouse' ? options.files : options;
  return Object.entries(own).flatMap(([member, value]) =>
    secretNames.has(member) && value !== '' ? [member] : [],
  );
}

function isOptions(value: unknown): value is LinkOptions {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
