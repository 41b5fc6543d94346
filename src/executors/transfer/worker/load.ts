import { setTimeout as pause } from 'node:timers/promises';
import type { ColumnType } from '../../../domain/transfer/columns.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { PlannedTable, RowSource } from '../../../ports/connector.ts';
import { batchBytes, queueBytes, restShare, waitMs } from '../limits.ts';
import type { Ends } from '../plan/ends.ts';
import type { Arrival } from '../state/arrivals.ts';
import type { ClaimedChunk, ClaimRules } from '../state/chunks.ts';
import type { KeptTable } from '../state/run.ts';
import type { ReadBatch } from './chunk-work.ts';
import { DirtyRows } from './dirty.ts';
import { ChunkFailure } from './failure.ts';
import type { WorkerParts } from './parts.ts';
import { BoundedQueue } from './queue.ts';
import { takeUp } from './resume.ts';
import type { RowSums } from './row-sums.ts';
import { type Transform, transformOf } from './transform.ts';
import { ChunkWriter } from './writer.ts';

type Step =
  | { readonly kind: 'begin'; readonly chunk: ClaimedChunk; readonly table: KeptTable }
  | { readonly kind: 'rows'; readonly rows: ReadBatch }
  | { readonly kind: 'end' };

/** Whom a load tells what. */
export interface LoadHooks {
  /** Adds up rows for the proof. */
  readonly sums: Pick<RowSums, 'of'>;
  /** No chunk waits to be read; what was read may not be written yet. */
  readonly onRead?: () => void;
  /** A chunk was committed as a whole. */
  readonly onArrived?: (arrival: Arrival, table: KeptTable) => void;
  /** Other work that a load makes for the databases, until it is done; null = none is under way. */
  readonly besides?: () => Promise<void> | null;
}

/**
 * Moves chunks until none is left that this worker could do. Reading goes on while a write is
 * under way. @throws ChunkFailure; what it had is given back then.
 */
export async function loadChunks(
  parts: WorkerParts,
  ends: Ends,
  { sums, onRead = () => undefined, onArrived = () => undefined, besides = () => null }: LoadHooks,
  outer: AbortSignal,
): Promise<void> {
  const { state, definition } = parts;
  const tables = new Map(state.run.tables().map((kept) => [kept.table.index, kept]));
  const controller = new AbortController();
  const signal = AbortSignal.any([outer, controller.signal]);
  const dirty = new DirtyRows(definition.dirtyRows, state);
  const writer = new ChunkWriter({ parts, dirty, onArrived }, ends.target, signal, fail);
  const memory = Math.min(Math.max(definition.queueBytes, queueBytes.least), queueBytes.most);
  const queue = new BoundedQueue<Step>(memory);
  const held = new Set<ClaimedChunk>();
  const onAbort = (): void => queue.fail(outer.reason);
  outer.addEventListener('abort', onAbort, { once: true });
  if (outer.aborted) onAbort();
  const failures: unknown[] = [];
  // Both sides have ended before anything is taken back: a commit may be under way.
  await Promise.all([read(queue).catch(fail), write(queue).catch(fail)]);
  if (failures.length === 0) await writer.close().catch(fail);
  outer.removeEventListener('abort', onAbort);
  if (failures.length === 0) return;
  await writer.abort();
  for (const chunk of held) state.chunks.release(chunk);
  throw failures[0];

  /** The first failure ends both sides. */
  function fail(error: unknown): void {
    failures.push(error);
    queue.fail(error);
    controller.abort(error);
  }

  async function read(into: BoundedQueue<Step>): Promise<void> {
    const reader = new ChunkReader(parts, ends.source, sums);
    const rules = claimRules(parts, ends);
    let isRead = false;
    for (;;) {
      const waiting = state.chunks.waiting();
      if (waiting === 0 && !isRead) {
        isRead = true;
        onRead();
      }
      // What is read ahead of the writer could be done by another worker that has nothing.
      if (waiting < parts.replicas) await into.empty();
      outer.throwIfAborted();
      const claimed = state.chunks.claim(rules);
      if (claimed === 'over') return into.close();
      if (claimed === 'wait') {
        await pause(waitMs, undefined, { signal });
        continue;
      }
      held.add(claimed);
      const table = tables.get(claimed.table);
      try {
        // Nothing of ours is under way while the target is asked what became of a commit.
        if (claimed.before !== null) {
          await into.empty();
          await writer.settled();
        }
        if (table === undefined) throw new TransferError('internal', 'a chunk without a table');
        const chunk = await takeUp(claimed, { state, target: ends.target, me: parts.me });
        if (chunk === null) continue;
        await into.push({ kind: 'begin', chunk, table }, 0);
        for await (const rows of reader.read(chunk, table, signal)) {
          await into.push({ kind: 'rows', rows }, rows.batch.bytes.length);
          // With enough to write, reading can wait: on a machine with few processors it would take
          // turns with that work and the writer's, which is what a load waits for.
          const other = besides();
          if (other !== null) await into.downTo(memory * restShare, other);
        }
        await into.push({ kind: 'end' }, 0);
      } catch (error) {
        throw error instanceof ChunkFailure ? error : new ChunkFailure(claimed, error);
      }
    }
  }

  async function write(from: BoundedQueue<Step>): Promise<void> {
    try {
      for (let step = await from.take(); step !== null; step = await from.take()) {
        if (step.kind === 'begin') await writer.begin(step.chunk, step.table);
        else if (step.kind === 'rows') await writer.rows(step.rows);
        else await writer.end();
      }
    } catch (error) {
      const { chunk } = writer;
      // What was handed over before is committed in peace: then nobody has to ask for its end.
      await writer.giveUp();
      throw error instanceof ChunkFailure ? error : new ChunkFailure(chunk, error);
    }
  }
}

/** How many may work on what: whole databases by table, others as their shards are. */
function claimRules({ definition }: WorkerParts, { target }: Ends): ClaimRules {
  const { from, extractors, concurrentTables } = definition;
  const wholeDatabase = from.kind === 'tables' && from.wholeDatabase;
  return {
    grain: target.grain,
    tables: wholeDatabase ? concurrentTables : null,
    workersPerTable: extractors,
  };
}

/** What keeps an empty text apart from NULL. */
const textKinds: ReadonlySet<ColumnType['kind']> = new Set(['char', 'varchar', 'text']);

/** By place of what is read: whether the target keeps texts there (cdm.md §5.9). */
function emptyTextsOf({ columns }: PlannedTable): readonly boolean[] {
  return columns.flatMap(({ source, target }) =>
    source === null ? [] : [textKinds.has(target.type.kind)],
  );
}

/** Reads chunks as batches that are ready to be written. */
class ChunkReader {
  readonly #parts: WorkerParts;
  readonly #source: RowSource;
  readonly #sums: Pick<RowSums, 'of'>;
  readonly #transforms = new Map<number, Transform>();

  constructor(parts: WorkerParts, source: RowSource, sums: Pick<RowSums, 'of'>) {
    this.#sums = sums;
    this.#parts = parts;
    this.#source = source;
  }

  async *read(
    chunk: ClaimedChunk,
    kept: KeptTable,
    signal: AbortSignal,
  ): AsyncGenerator<ReadBatch> {
    const { table, details } = kept;
    // Found out while the first rows are on their way.
    const rowSum = this.#sums.of(kept);
    const columns = table.columns.flatMap(({ source }) => (source === null ? [] : [source]));
    const batches = this.#source.read({
      table: table.source,
      columns,
      chunk: chunk.chunk,
      position: chunk.position,
      format: details.read,
      // A file has no types: what is empty there stays as it stood in the source.
      ...(this.#parts.definition.to.kind === 'files' ? {} : { emptyTexts: emptyTextsOf(table) }),
      batchBytes,
      signal,
    });
    // Rows are counted in what they stand in, from where it was taken up.
    let origin: string | null = null;
    let behind = chunk.position;
    let firstRow = 0;
    for await (const batch of batches) {
      const next = batch.origin ?? chunk.chunk.label;
      if (origin !== null && next !== origin) {
        behind = null;
        firstRow = 0;
      }
      origin = next;
      const where = placeIn(origin, behind, firstRow);
      const unreadable = batch.rejected?.length ?? 0;
      const rowsRead = batch.rows + unreadable;
      const { throttle, state } = this.#parts;
      const bytes = batch.sourceBytes ?? batch.bytes.length;
      await throttle.take(bytes, rowsRead, state.pace, signal);
      const changed = details.transforms
        ? this.#transform(table.index, { table, details })(batch, where)
        : batch;
      yield { batch: changed, rowsRead, rowSum: await rowSum, unreadable, where };
      firstRow += rowsRead;
    }
  }

  #transform(index: number, { table, details }: Pick<KeptTable, 'table' | 'details'>): Transform {
    const known = this.#transforms.get(index);
    if (known !== undefined) return known;
    const made = transformOf(this.#parts.definition, table, details.added, this.#parts);
    this.#transforms.set(index, made);
    return made;
  }
}

/**
 * Where a row of a batch stood, in words, counted from 1.
 * @param behind where the first of them was taken up; null = at its beginning.
 * @param firstRow rows before the batch.
 */
function placeIn(origin: string, behind: string | null, firstRow: number): (row: number) => string {
  const from = behind === null ? '' : ` behind ${behind}`;
  return (row) => `${origin}, row ${firstRow + row + 1}${from}`;
}
