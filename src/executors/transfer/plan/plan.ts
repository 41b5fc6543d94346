import type { ConverterSpec, TransferDefinition } from '../../../domain/transfer/definition.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { TableName } from '../../../domain/transfer/columns.ts';
import type { PlannedTable, RowFormat, SourceTable } from '../../../ports/connector.ts';
import { chunkRows } from '../limits.ts';
import type { PlannedWork, TableDetails } from '../state/run.ts';
import type { Ends } from './ends.ts';
import { mapColumns } from './mapping.ts';

/** What is to be done, found out without doing any of it. */
export interface Plan {
  readonly tables: readonly PlannedWork[];
  /** Tables of a whole database that cannot be loaded; the others are. */
  readonly failed: readonly { readonly work: PlannedWork; readonly error: TransferError }[];
  readonly grain: 'chunk' | 'shard';
  readonly filesTotal: number | null;
  readonly bytesTotal: number | null;
}

/** Plans a data job. @throws TransferError what is wrong with it. */
export async function planTransfer(
  definition: TransferDefinition,
  { source, target }: Pick<Ends, 'source' | 'target'>,
): Promise<Plan> {
  const { from } = definition;
  const found = await source.tables();
  const wholeDatabase = from.kind === 'tables' && from.wholeDatabase;
  const tables: PlannedWork[] = [];
  const failed: { work: PlannedWork; error: TransferError }[] = [];
  for (const [index, table] of found.entries()) {
    try {
      tables.push(await planTable(definition, index, table, { source, target }));
    } catch (error) {
      if (!wholeDatabase || !(error instanceof TransferError) || error.transient) throw error;
      failed.push({ work: unplanned(index, table), error });
    }
  }
  const nothing = from.kind === 'files' || from.kind === 'warehouse' ? 0 : null;
  return {
    tables,
    failed,
    grain: target.grain,
    filesTotal: totalOf(found.map(({ files }) => files)) ?? nothing,
    bytesTotal:
      totalOf(found.map(({ files, bytes }) => (files === null ? null : (bytes ?? 0)))) ?? nothing,
  };
}

async function planTable(
  definition: TransferDefinition,
  index: number,
  table: SourceTable,
  { source, target }: Pick<Ends, 'source' | 'target'>,
): Promise<PlannedWork> {
  const { from } = definition;
  const there = await target.look(table);
  const name = shown(table.name);
  // Files without rows tell no columns: the target's stand for them, so that it is cleared and made
  // as for any other load.
  const empty = table.files !== null && table.columns.length === 0;
  if (empty && there.columns === null) {
    throw new TransferError(
      'column-mismatch',
      `the files of ${name} hold no rows, so nothing tells which columns ${shown(there.name)} should have`,
    );
  }
  const read = empty ? { ...table, columns: there.columns ?? [], named: true } : table;
  const mapping = mapColumns({
    source: read,
    target: there.columns,
    from: empty ? null : from.columns,
    to: empty ? null : definition.to.columns,
    addedFields: definition.addedFields,
    chosenBySource: from.kind === 'files' || from.kind === 'warehouse',
    orderTells: from.kind === 'files',
    columnFor: (column) => target.columnFor(column),
    table: name,
  });
  const columns = mapping.map(({ source: origin, target: written }) => ({
    source: origin,
    target: written,
  }));
  if (columns.length === 0) {
    throw new TransferError('column-mismatch', `table ${name} has no columns to move`);
  }
  const planned: PlannedTable = { index, source: read, target: there.name, columns };
  const converters = convertersOf(definition.converters, columns, name);
  const transforms = converters.length > 0 || columns.some(({ source: origin }) => origin === null);
  const formats = chooseFormats(planned, transforms, source, target);
  const chunks = await source.chunks(table, {
    shards: definition.extractors,
    // Files are written in the order of their source, which smaller pieces keep.
    fine: true,
    chunkRows: target.overlaps === true ? chunkRows.overlapping : chunkRows.others,
  });
  const added = mapping.map((column) => column.added);
  const details: TableDetails = {
    ...formats,
    transforms,
    added,
    keyed: there.keyed,
    binary: false,
    toFiles: definition.to.kind !== 'table',
    estimatedRows: table.estimatedRows,
  };
  return { table: planned, details, source: name, target: shown(there.name), chunks };
}

/** The fastest format that both sides have; `text` is what can be changed on its way. */
function chooseFormats(
  planned: PlannedTable,
  transforms: boolean,
  source: Ends['source'],
  target: Ends['target'],
): { readonly read: RowFormat; readonly write: RowFormat } {
  const columns = planned.columns.flatMap(({ source: column }) =>
    column === null ? [] : [column],
  );
  const taken = target.formats(planned);
  const text = taken.find(({ kind }) => kind === 'text');
  if (transforms) {
    if (text === undefined) throw noFormat(planned);
    return { read: { kind: 'text' }, write: text };
  }
  for (const kind of source.formats(columns)) {
    const same = taken.find((format) => format.kind === kind);
    // Only equal types may pass untouched as the database itself keeps them.
    if (same !== undefined) return { read: same, write: same };
  }
  throw noFormat(planned);
}

function noFormat({ source, target }: PlannedTable): TransferError {
  return new TransferError(
    'invalid-definition',
    `rows of ${shown(source.name)} cannot travel to ${shown(target)}: both sides have no format in common`,
  );
}

/** Converters of columns that travel. @throws TransferError for one of a column that does not. */
export function convertersOf(
  converters: readonly ConverterSpec[],
  columns: PlannedTable['columns'],
  table: string,
): readonly { readonly place: number; readonly spec: ConverterSpec }[] {
  return converters.map((spec) => {
    const lower = spec.column.toLowerCase();
    const place = columns.findIndex(
      ({ source, target }) => (source?.name ?? target.name).toLowerCase() === lower,
    );
    if (place >= 0) return { place, spec };
    throw new TransferError(
      'column-mismatch',
      `a converter names column ${spec.column}, which ${table} does not bring`,
    );
  });
}

/** Enough of a table to tell why it failed. */
function unplanned(index: number, source: SourceTable): PlannedWork {
  return {
    table: { index, source, target: source.name, columns: [] },
    details: {
      read: { kind: 'text' },
      write: { kind: 'text' },
      transforms: false,
      added: [],
      keyed: false,
      binary: false,
      toFiles: false,
      estimatedRows: null,
    },
    source: shown(source.name),
    target: shown(source.name),
    chunks: [],
  };
}

/** `schema.name`. */
export function shown({ schema, name }: TableName): string {
  return schema === '' ? name : `${schema}.${name}`;
}

/** Null unless every part is known. */
function totalOf(parts: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const part of parts) {
    if (part === null) return null;
    sum += part;
  }
  return parts.length === 0 ? null : sum;
}
