import type { Column } from '../../domain/transfer/columns.ts';
import type { WarehouseTarget } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type {
  ConnectorContext,
  LoaderRequest,
  PlannedTable,
  RowLoader,
  RowTarget,
  SourceTable,
  TargetTable,
} from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { findPartFolder, makePartFolder, type PartFolder, type PartPlace } from '../files/parts.ts';
import { deliver, namesOf, removeAll } from './delivery.ts';
import { isData, partitionPath } from './partitions.ts';
import { parquetStorage, type Storage, textStorage } from './storage.ts';
import {
  asHiveColumn,
  DEFAULT_FIELD_SEPARATOR,
  hiveColumn,
  readSchema,
  sameName,
  SCHEMA_FILE,
  tableFolder,
  type TableSchema,
  writeSchema,
} from './table-schema.ts';
import { commitNoteName, type CommitToken, WarehouseLoader } from './warehouse-loader.ts';

/** What a target is made of. The store is closed by `close`. */
export interface WarehouseTargetParts {
  readonly store: FileStore;
  /** Root of the warehouse. */
  readonly root: string;
  readonly to: WarehouseTarget;
  readonly context: ConnectorContext;
  readonly signal: AbortSignal;
}

/**
 * Rows into the partitions of a table (cdm.md §5.9): every chunk writes files of its own beside the
 * table, which are moved into it when all rows are in.
 */
export function openWarehouseTarget(parts: WarehouseTargetParts): RowTarget {
  return new WarehouseRowTarget(parts);
}

class WarehouseRowTarget implements RowTarget {
  readonly grain = 'chunk';
  readonly digester = null;
  readonly #parts: WarehouseTargetParts;

  constructor(parts: WarehouseTargetParts) {
    this.#parts = parts;
  }

  async look(source: SourceTable): Promise<TargetTable> {
    const { to } = this.#parts;
    const name = { schema: to.database, name: to.table === '' ? source.name.name : to.table };
    const schema = to.preparation === 'recreate' ? null : await this.#schemaAt(name.name);
    if (schema === null && to.preparation === 'none') throw this.#missing(name.name);
    const columns = schema === null ? null : [...schema.columns, ...schema.partitionColumns];
    return { name, columns, keyed: false };
  }

  columnFor(source: Column): Column {
    return asHiveColumn(source);
  }

  statements(tables: readonly PlannedTable[]): Promise<readonly (readonly string[])[]> {
    const { to } = this.#parts;
    return Promise.resolve(
      tables.map((table) => {
        const folder = this.#folderOf(table);
        return [
          ...(to.preparation === 'recreate' ? [`remove everything in ${folder}`] : []),
          ...(to.preparation === 'none' ? [] : [`write ${folder}/${SCHEMA_FILE} if it is missing`]),
          ...(to.clear === 'truncate'
            ? [`remove the data files of ${this.#scopeWords(folder)}`]
            : []),
          ...(to.clear === 'overwrite'
            ? [`replace the data files of what is written in ${folder}`]
            : []),
        ];
      }),
    );
  }

  async prepare(tables: readonly PlannedTable[], runId: string): Promise<number> {
    const { store, to, signal } = this.#parts;
    for (const table of tables) {
      const folder = this.#folderOf(table);
      // Prepared by a try that was cut short.
      if ((await findPartFolder(this.#place(table, runId))) !== null) continue;
      if (to.preparation === 'recreate') await store.removeTree(folder, signal);
      let schema = await readSchema(store, folder, signal);
      if (schema === null) {
        if (to.preparation === 'none') throw this.#missing(table.target.name);
        schema = this.#newSchema(table);
        await writeSchema(store, folder, schema, signal);
      }
      if (to.clear === 'truncate') {
        await removeAll(store, await this.#dataFiles(folder, schema), signal);
      }
      await makePartFolder(this.#place(table, runId));
    }
    return 0;
  }

  formats(): readonly [{ readonly kind: 'text' }] {
    return [{ kind: 'text' }];
  }

  async open({ table, runId }: LoaderRequest): Promise<RowLoader> {
    const schema = await this.#schemaAt(table.target.name);
    if (schema === null) throw this.#missing(table.target.name);
    return new WarehouseLoader({
      folder: await makePartFolder(this.#place(table, runId)),
      storage: this.#storageOf(schema),
      runId,
      table: table.index,
      name: table.target.name,
      split: this.#splitter(table, schema),
    });
  }

  async outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'> {
    const { run, table, transaction, name } = JSON.parse(token) as CommitToken;
    const folder = await this.#folderOfRun(run, name);
    if (folder === null) return 'unknown';
    const note = await folder.readNote(commitNoteName(table, transaction));
    return note === null ? 'rolled-back' : 'committed';
  }

  async finish(tables: readonly PlannedTable[], runId: string): Promise<null> {
    const { store, to, signal } = this.#parts;
    for (const table of tables) {
      const folder = await findPartFolder(this.#place(table, runId));
      // It was finished before.
      if (folder === null) continue;
      const schema = await this.#schemaAt(table.target.name);
      if (schema === null) throw this.#missing(table.target.name);
      const names = await namesOf(folder, {
        table: table.index,
        folder: this.#folderOf(table),
        runId,
        suffix: this.#storageOf(schema).suffix,
        replaced: async (partitions) =>
          to.clear === 'overwrite'
            ? this.#dataFiles(this.#folderOf(table), schema, partitions)
            : [],
      });
      await deliver(store, folder, names, signal);
      await folder.clear();
    }
    return null;
  }

  async abandon(tables: readonly PlannedTable[], runId: string): Promise<void> {
    // What was aborted is cleared all the same.
    const { signal } = new AbortController();
    for (const table of tables) {
      await (await findPartFolder({ ...this.#place(table, runId), signal }))?.clear();
    }
  }

  async close(): Promise<void> {
    await this.#parts.store.close();
  }

  #newSchema({ columns }: PlannedTable): TableSchema {
    const { to } = this.#parts;
    const fixed = Object.keys(to.partitions[0] ?? {});
    const names = to.partitionColumns.length > 0 ? to.partitionColumns : fixed;
    const targets = columns.map(({ target }) => asHiveColumn(target));
    return {
      columns: targets.filter(({ name }) => !names.some((other) => sameName(other, name))),
      partitionColumns: names.map(
        (name) => targets.find((other) => sameName(other.name, name)) ?? hiveColumn(name, 'STRING'),
      ),
      storage: to.storage,
      fieldSeparator: DEFAULT_FIELD_SEPARATOR,
    };
  }

  /** Takes rows apart into what files hold and where they belong. */
  #splitter(
    table: PlannedTable,
    schema: TableSchema,
  ): ConstructorParameters<typeof WarehouseLoader>[0]['split'] {
    const placeOf = ({ name }: Column): number =>
      table.columns.findIndex(({ target }) => sameName(target.name, name));
    const inFiles = schema.columns.map(placeOf);
    const { partitions } = this.#parts.to;
    const fixed = partitions.length === 1 ? Object.entries(partitions[0] ?? {}) : [];
    const inFolders = schema.partitionColumns.map((column) => {
      const place = placeOf(column);
      const given = fixed.find(([name]) => sameName(name, column.name))?.[1];
      if (place >= 0 || given !== undefined) return { place, given: given ?? null };
      throw new TransferError(
        'partition-column',
        `no column of the source fills the partition column ${column.name}, and the job gives it no value`,
      );
    });
    return (fields) => ({
      row: inFiles.map((place) => (place < 0 ? null : (fields[place] ?? null))),
      partition: partitionPath(
        schema.partitionColumns,
        inFolders.map(({ place, given }) => (place < 0 ? given : (fields[place] ?? null))),
      ),
    });
  }

  #storageOf(schema: TableSchema): Storage {
    if (schema.storage === 'parquet') return parquetStorage(schema.columns);
    const { nulls, lineBreaks } = this.#parts.to;
    return textStorage(schema.columns, {
      fieldSeparator: schema.fieldSeparator,
      nulls,
      lineBreaks,
    });
  }

  /**
   * Data files of the partitions that the job names; without any of the whole table.
   * `written` = folders that were written: then of these too, and only of them when none is named.
   */
  async #dataFiles(
    folder: string,
    { partitionColumns }: TableSchema,
    written: ReadonlySet<string> | null = null,
  ): Promise<readonly string[]> {
    const { store, to, signal } = this.#parts;
    const named = to.partitions.map((values) =>
      partitionColumns.flatMap(({ name }) => {
        const given = Object.entries(values).find(([other]) => sameName(other, name));
        return given === undefined
          ? []
          : [partitionPath([{ ...hiveColumn(name, 'STRING') }], [given[1]])];
      }),
    );
    const wanted = (partition: string): boolean => {
      if (written?.has(partition) === true || partitionColumns.length === 0) return true;
      const parts = partition.split('/');
      if (named.length > 0) return named.some((all) => all.every((part) => parts.includes(part)));
      return written === null;
    };
    if ((await store.stat(folder)) === null) return [];
    const found: string[] = [];
    for await (const { path } of store.list(folder, signal)) {
      const below = path.slice(folder.length + 1);
      const partition = below.slice(0, Math.max(below.lastIndexOf('/'), 0));
      if (isData(below) && wanted(partition)) found.push(path);
    }
    return found;
  }

  #scopeWords(folder: string): string {
    const named = this.#parts.to.partitions.map((values) =>
      Object.entries(values)
        .map(([name, value]) => `${name}=${value}`)
        .join('/'),
    );
    return named.length === 0 ? folder : `${named.join(', ')} in ${folder}`;
  }

  #schemaAt(table: string): Promise<TableSchema | null> {
    const { store, root, to, signal } = this.#parts;
    return readSchema(store, tableFolder(root, to.database, table), signal);
  }

  async #folderOfRun(runId: string, table: string): Promise<PartFolder | null> {
    const { root, to } = this.#parts;
    const directory = tableFolder(root, to.database, table);
    return findPartFolder({ ...this.#parts, directory, runId: `${runId}-${table}` });
  }

  #folderOf({ target }: PlannedTable): string {
    const { root, to } = this.#parts;
    return tableFolder(root, to.database, target.name);
  }

  /** Each table of a run has a place of its own: of whole databases there are several. */
  #place(table: PlannedTable, runId: string): PartPlace {
    const { store, context, signal } = this.#parts;
    const directory = this.#folderOf(table);
    return { store, directory, runId: `${runId}-${table.target.name}`, context, signal };
  }

  #missing(table: string): TransferError {
    const { to } = this.#parts;
    const words = `there is no table ${to.database}.${table}; let the job create it`;
    return new TransferError('table-missing', words);
  }
}
