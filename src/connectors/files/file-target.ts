import type { Column } from '../../domain/transfer/columns.ts';
import type { FileFormat, FileTarget } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type {
  ConnectorContext,
  FinishedFiles,
  LoaderRequest,
  PlannedTable,
  RowFormat,
  RowLoader,
  RowTarget,
  SourceTable,
  TargetTable,
} from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { badDefinition } from './errors.ts';
import { type FileToken, openFileLoader } from './file-loader.ts';
import type { WritableFormat } from './formats/format.ts';
import type { WrittenTable } from './formats/written-table.ts';
import { clearFolder, isEmptyFolder, writeMarker } from './folders.ts';
import {
  baseNameOf,
  compressionSuffix,
  deliveriesOf,
  type Delivery,
  folderOfTable,
  partName,
} from './output-names.ts';
import { findPartFolder, makePartFolder, once, type PartFolder, type PartPlace } from './parts.ts';
import { cleanPath } from './selection.ts';

/** Makes what writes a format. */
export type WritableOf = (format: FileFormat, table: WrittenTable) => WritableFormat;

/** What a target of files is made of. */
export interface FileTargetParts {
  readonly store: FileStore;
  readonly to: FileTarget;
  /** The job's. */
  readonly name: string;
  readonly context: ConnectorContext;
  readonly writableOf: WritableOf;
  readonly signal: AbortSignal;
}

const NAMES = 'names.json';

/**
 * Rows into files of any store. Every shard writes parts of its own; when all rows are in, they
 * get their final names, and the marker comes last.
 * @throws TransferError `invalid-definition` for what cannot be written.
 */
export function openFileTarget(parts: FileTargetParts): Promise<RowTarget> {
  const { to } = parts;
  if (to.format.kind === 'binary') {
    throw badDefinition('rows cannot be written as binary files; choose CSV or JSON');
  }
  if (to.encrypt !== null && 'key' in to.encrypt) {
    throw badDefinition('files of rows cannot be encrypted by AES-256-GCM; binary files can');
  }
  compressionSuffix(to.compression);
  return Promise.resolve(new FileRowTarget(parts));
}

class FileRowTarget implements RowTarget {
  readonly grain = 'shard';
  readonly digester = null;
  readonly #parts: FileTargetParts;

  constructor(parts: FileTargetParts) {
    this.#parts = parts;
  }

  look(source: SourceTable): Promise<TargetTable> {
    const { to, name } = this.#parts;
    return Promise.resolve({
      name: { schema: '', name: baseNameOf(to, source, name) },
      columns: null,
      keyed: false,
    });
  }

  columnFor(source: Column): Column {
    return { ...source, keyPosition: 0 };
  }

  statements(tables: readonly PlannedTable[]): Promise<readonly (readonly string[])[]> {
    const { to } = this.#parts;
    const folder = cleanPath(to.directory) || '/';
    return Promise.resolve(
      tables.map((table) => {
        const { folder: own, base, suffix } = this.#fileOf(table);
        const file = `${own === '' ? '' : `${own}/`}${base}${suffix}`;
        return [...(to.clear ? [`remove everything in ${folder}`] : []), `write ${file}`];
      }),
    );
  }

  async prepare(tables: readonly PlannedTable[], runId: string): Promise<number> {
    const { store, to, signal } = this.#parts;
    const directory = cleanPath(to.directory);
    if ((await findPartFolder(this.#place(runId))) !== null) return 0;
    for (const table of tables) this.#formatOf(table);
    if (to.clear) await clearFolder(store, directory, signal);
    else if (!to.append && !(await isEmptyFolder(store, directory, signal))) {
      throw new TransferError(
        'file-exists',
        `the folder ${directory || '/'} holds files already; allow it to (append mode) or empty it`,
      );
    }
    if (store.hasFolders) await store.makeFolder(directory);
    await makePartFolder(this.#place(runId));
    return 0;
  }

  formats(table: PlannedTable): readonly RowFormat[] {
    return this.#formatOf(table).takes;
  }

  async open(request: LoaderRequest): Promise<RowLoader> {
    const { to } = this.#parts;
    const { runId, table, shard, after } = request;
    const begun: FileToken = { run: runId, table: table.index, shard, part: 0, bytes: 0 };
    return openFileLoader({
      folder: await makePartFolder(this.#place(runId, request.signal)),
      format: this.#formatOf(table),
      rows: request.format,
      maxFileBytes: to.maxFileBytes,
      gzip: to.compression === 'gzip',
      from: after === null ? begun : readToken(after),
    });
  }

  /** A token is given out when everything is durable, so what is there tells the outcome. */
  async outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'> {
    const { run, table, shard, part, bytes } = readToken(token);
    const folder = await findPartFolder(this.#place(run));
    if (folder === null) return 'unknown';
    if (part === 0) return 'committed';
    const found = (await folder.list()).get(partName({ table, shard, number: part }));
    return found !== undefined && found >= bytes ? 'committed' : 'rolled-back';
  }

  async finish(tables: readonly PlannedTable[], runId: string): Promise<FinishedFiles | null> {
    const { store, to, signal } = this.#parts;
    const folder = await findPartFolder(this.#place(runId));
    // It was finished before.
    if (folder === null) return null;
    const known = await folder.readNote(NAMES);
    const deliveries =
      known === null
        ? await this.#decideNames(tables, folder)
        : (JSON.parse(known) as readonly Delivery[]);
    const left = await folder.list();
    const kms = to.encrypt !== null && 'kmsKeyId' in to.encrypt ? to.encrypt : {};
    // Counted by what was decided, so that a repeated finish comes to the same.
    const empty = deliveries.filter(({ part }) => part === null).length;
    let skipped = 0;
    for (const { part, table, path } of deliveries) {
      signal.throwIfAborted();
      if (part === null) {
        const planned = tables.find(({ index }) => index === table);
        if (planned !== undefined) await this.#writeEmpty(planned, path);
      } else if (left.has(part)) {
        if (to.duplicates === 'skip' && (await this.#isThere(path, left.get(part)))) skipped += 1;
        else await folder.deliver(part, path, kms);
      }
    }
    if (to.marker !== null) await writeMarker(store, to, signal);
    await folder.clear();
    return { empty, skipped };
  }

  async abandon(_tables: readonly PlannedTable[], runId: string): Promise<void> {
    // What was aborted is cleared all the same.
    const place = { ...this.#place(runId), signal: new AbortController().signal };
    await (await findPartFolder(place))?.clear();
  }

  async close(): Promise<void> {
    await this.#parts.store.close();
  }

  /** Decides once which part becomes which file, so that a repeated finish does the same. */
  async #decideNames(
    tables: readonly PlannedTable[],
    folder: PartFolder,
  ): Promise<readonly Delivery[]> {
    const parts = await folder.list();
    const deliveries = deliveriesOf(tables, [...parts.keys()], (table) => this.#fileOf(table));
    if (this.#parts.to.duplicates === 'abort') {
      for (const { part, path } of deliveries) {
        if (part !== null && (await this.#isThere(path, parts.get(part)))) {
          throw new TransferError(
            'file-exists',
            `file ${path} is there already with the same size, and the job shall stop then`,
          );
        }
      }
    }
    await folder.writeNote(NAMES, JSON.stringify(deliveries));
    return deliveries;
  }

  async #isThere(path: string, bytes: number | undefined): Promise<boolean> {
    const found = await this.#parts.store.stat(path);
    return found !== null && !found.folder && found.bytes === bytes;
  }

  async #writeEmpty(table: PlannedTable, path: string): Promise<void> {
    const { store, to, signal } = this.#parts;
    const format = this.#formatOf(table);
    const [rows] = format.takes;
    if (rows === undefined) return;
    const writer = format.writer(rows);
    const bytes = Buffer.concat([writer.begin(), await writer.end()]);
    const { gzipSync } = await import('node:zlib');
    const content = to.compression === 'gzip' ? gzipSync(bytes) : bytes;
    await store.write(path, once(content), { signal });
  }

  #fileOf(table: PlannedTable): {
    readonly folder: string;
    readonly base: string;
    readonly suffix: string;
  } {
    const { to, name } = this.#parts;
    return {
      folder: folderOfTable(to, table.source),
      base: baseNameOf(to, table.source, name),
      suffix: this.#formatOf(table).suffix + compressionSuffix(to.compression),
    };
  }

  #formatOf(table: PlannedTable): WritableFormat {
    const { to, writableOf } = this.#parts;
    return writableOf(to.format, {
      columns: table.columns.map(({ target }) => target),
      nulls: to.nulls,
      bytesEncoding: to.bytesEncoding,
    });
  }

  #place(runId: string, signal = this.#parts.signal): PartPlace {
    const { store, to, context } = this.#parts;
    return { store, directory: cleanPath(to.directory), runId, context, signal };
  }
}

function readToken(token: string): FileToken {
  return JSON.parse(token) as FileToken;
}
