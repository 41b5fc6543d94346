/** Schema of what a data job does, and the job that a client sent with all defaults. */
import { Type, type Static } from 'typebox';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import { closed } from '../views/common.ts';
import {
  bucketName,
  columnNames,
  FileSourceInput,
  FileTargetInput,
  lineBreaks,
  linkName,
} from './file-schemas.ts';
import { given, readShape } from './shape.ts';

const maxExtractors = 1_000;
const maxTables = 100;

const statement = Type.String({ minLength: 1, maxLength: 65_536 });
const identifier = Type.String({ maxLength: 1_024 });
const bytesEncoding = given(Type.String({ minLength: 1, maxLength: 40 }), 'utf-8');
const noneOr = <const S extends Parameters<typeof given>[0]>(schema: S) =>
  given(Type.Union([schema, Type.Null()]), null);
const positive = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

const TableSource = Type.Object(
  {
    kind: Type.Literal('tables'),
    link: linkName,
    schema: given(identifier, ''),
    table: given(
      Type.String({
        maxLength: 65_536,
        description:
          'A name; with `*` or as a regular expression several. With `wholeDatabase` names joined by `&`, empty = all.',
      }),
      '',
    ),
    wholeDatabase: given(
      Type.Boolean({ description: 'Every table becomes a table of its own in the target.' }),
      false,
    ),
    columns: given(columnNames, null),
    where: noneOr(statement),
    partitionColumn: noneOr(Type.String({ minLength: 1, maxLength: 1_024 })),
    partitionColumnNullable: given(Type.Boolean(), false),
    tablePartitions: noneOr(Type.Object({ names: given(columnNames, null) }, closed)),
    bytesEncoding,
  },
  { ...closed, title: 'TableSource' },
);

const QuerySource = Type.Object(
  {
    kind: Type.Literal('query'),
    link: linkName,
    sql: statement,
    columns: given(columnNames, null),
    bytesEncoding,
  },
  { ...closed, title: 'QuerySource' },
);

const WarehouseSource = Type.Object(
  {
    kind: Type.Literal('warehouse'),
    link: linkName,
    database: given(identifier, 'default'),
    table: identifier,
    columns: given(columnNames, null),
    partitions: given(
      Type.Record(Type.String(), Type.Union([Type.Array(Type.String()), Type.String()]), {
        description: 'By partition column: values, or a condition on `${value}`.',
      }),
      {},
    ),
  },
  { ...closed, title: 'WarehouseSource' },
);

const preparation = given(Type.Enum(['none', 'create', 'recreate']), 'none');

const TableTarget = Type.Object(
  {
    kind: Type.Literal('table'),
    link: linkName,
    schema: given(identifier, ''),
    table: given(Type.String({ maxLength: 1_024, description: 'Empty = the source’s name.' }), ''),
    columns: given(columnNames, null),
    preparation,
    clear: given(
      Type.Union([
        Type.Object({ kind: Type.Enum(['none', 'all']) }, closed),
        Type.Object({ kind: Type.Literal('where'), where: statement }, closed),
      ]),
      { kind: 'none' },
    ),
    conflict: given(Type.Enum(['insert', 'replace', 'update']), 'insert'),
    stage: given(
      Type.Boolean({ description: 'Load beside the table, then move within one transaction.' }),
      false,
    ),
    characterFactor: given(Type.Integer({ minimum: 1, maximum: 4 }), 1),
    keepNotNull: given(Type.Boolean(), true),
    before: noneOr(statement),
    after: noneOr(statement),
  },
  { ...closed, title: 'TableTarget' },
);

const WarehouseTarget = Type.Object(
  {
    kind: Type.Literal('warehouse'),
    link: linkName,
    database: given(identifier, 'default'),
    table: identifier,
    columns: given(columnNames, null),
    preparation,
    clear: given(Type.Enum(['none', 'truncate', 'overwrite']), 'none'),
    partitions: given(
      Type.Array(Type.Record(Type.String(), Type.String()), { maxItems: 1_000 }),
      [],
    ),
    partitionColumns: given(Type.Array(identifier, { maxItems: 100 }), []),
    storage: given(Type.Enum(['text', 'parquet']), 'parquet'),
    nulls: given(Type.Enum(['null', 'empty', 'null-word']), 'null'),
    lineBreaks,
  },
  { ...closed, title: 'WarehouseTarget' },
);

const DirtyRows = Type.Object(
  {
    tolerate: given(Type.Boolean({ description: 'False: the first one fails the job.' }), false),
    maxPerShard: given(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), 10_000),
    maxPercent: noneOr(Type.Number({ minimum: 0, maximum: 100 })),
    copyTo: noneOr(
      Type.Object(
        {
          link: linkName,
          bucket: given(bucketName, ''),
          directory: Type.String({ maxLength: 4_096 }),
        },
        closed,
      ),
    ),
  },
  { ...closed, title: 'DirtyRows' },
);

/** What a data job does; `name` is the template's. */
export const TransferInput = Type.Object(
  {
    from: Type.Union([TableSource, QuerySource, FileSourceInput, WarehouseSource]),
    to: Type.Union([TableTarget, FileTargetInput, WarehouseTarget]),
    addedFields: given(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 1_024 }),
            value: Type.String({
              maxLength: 65_536,
              description: 'A text, or `#{expression}` for each row.',
            }),
          },
          closed,
        ),
        { maxItems: 1_000 },
      ),
      [],
    ),
    converters: given(
      Type.Array(
        Type.Object(
          {
            column: Type.String({ minLength: 1, maxLength: 1_024 }),
            type: Type.String({ minLength: 1, maxLength: 64 }),
            params: given(Type.Record(Type.String(), Type.Unknown()), {}),
          },
          closed,
        ),
        { maxItems: 1_000 },
      ),
      [],
    ),
    extractors: given(
      Type.Integer({
        minimum: 1,
        maximum: maxExtractors,
        description: 'Shards that work at the same time, each in a process of its own.',
      }),
      1,
    ),
    concurrentTables: given(Type.Integer({ minimum: 1, maximum: maxTables }), 1),
    dirtyRows: given(DirtyRows, {}),
    throttle: given(
      Type.Object({ bytesPerSecond: noneOr(positive), rowsPerSecond: noneOr(positive) }, closed),
      {},
    ),
    queueBytes: given(
      Type.Integer({
        minimum: 1_048_576,
        maximum: 268_435_456,
        description: 'Most bytes of a shard that are read and not written yet.',
      }),
      16_777_216,
    ),
    errorRetries: given(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description:
          'Further tries after a failure that is no crash; crashes are always gone on after.',
      }),
      0,
    ),
    retryDelaysMs: given(
      Type.Array(Type.Integer({ minimum: 0, maximum: 86_400_000 }), { maxItems: 100 }),
      [10_000, 60_000],
    ),
    proof: given(
      Type.Enum(['none', 'counts', 'checksums', 'rows'], {
        description:
          'How source and target are compared after the load: `checksums` where both databases compute the same, else counts; `rows` reads both sides once more where they do not.',
      }),
      'checksums',
    ),
  },
  { ...closed, title: 'Transfer', description: 'Texts of `from` and `to` may hold macros.' },
);
export type TransferInput = Static<typeof TransferInput>;

/**
 * The definition that a client sent, complete.
 * @throws ShapeFaultError with every fault.
 */
export function readDefinition(
  sent: unknown,
  name: string,
  place = 'definition',
): TransferDefinition {
  const definition: Omit<TransferDefinition, 'name'> = readShape(TransferInput, sent, place);
  return { name, ...definition };
}
