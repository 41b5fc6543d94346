import type { RowLoader, RowTarget } from '../../../ports/connector.ts';
import type { ClaimedChunk } from '../state/chunks.ts';
import type { KeptTable } from '../state/run.ts';
import type { WorkerParts } from './parts.ts';

/** A shard's file cannot be gone on with after what it was committed with. */
export class ShardRestart extends Error {
  readonly table: number;
  readonly shard: number;

  constructor(table: number, shard: number) {
    super(`shard ${shard} is written anew`);
    this.name = 'ShardRestart';
    this.table = table;
    this.shard = shard;
  }
}

/** A loader, and what it is good for. */
export interface OpenLoader {
  readonly key: string;
  readonly loader: RowLoader;
}

/** The loaders of a worker, kept from chunk to chunk of the same shard and table. */
export class Loaders {
  readonly #parts: WorkerParts;
  readonly #target: RowTarget;
  readonly #signal: AbortSignal;
  readonly #idle: OpenLoader[] = [];
  readonly #busy = new Set<OpenLoader>();

  constructor(parts: WorkerParts, target: RowTarget, signal: AbortSignal) {
    this.#parts = parts;
    this.#target = target;
    this.#signal = signal;
  }

  /** One for this chunk, until it is given back. @throws TransferError, ShardRestart */
  async take(chunk: ClaimedChunk, table: KeptTable): Promise<OpenLoader> {
    const { grain } = this.#target;
    const shard = grain === 'shard' ? chunk.shard : this.#parts.index;
    const inOneGo = this.#parts.care.inOneGo(chunk);
    const key = `${chunk.table} ${shard} ${chunk.repeats} ${inOneGo}`;
    const known = this.#idle.findIndex((idle) => idle.key === key);
    const [found] = known < 0 ? [] : this.#idle.splice(known, 1);
    // Of another table or shard nothing more comes.
    if (found === undefined) await this.close();
    const open = found ?? { key, loader: await this.#open(chunk, table, shard, inOneGo) };
    this.#busy.add(open);
    return open;
  }

  /** What it was taken for is committed. */
  giveBack(open: OpenLoader): void {
    this.#busy.delete(open);
    this.#idle.push(open);
  }

  /** Closes those that wait for more. */
  async close(): Promise<void> {
    for (const { loader } of this.#idle.splice(0)) await loader.close();
  }

  /** Takes back what is not committed, and lets go of the target. */
  async abort(): Promise<void> {
    const open = [...this.#busy, ...this.#idle.splice(0)];
    this.#busy.clear();
    for (const { loader } of open) {
      await loader.rollback().catch(() => undefined);
      await loader.close().catch(() => undefined);
    }
  }

  async #open(
    chunk: ClaimedChunk,
    table: KeptTable,
    shard: number,
    inOneGo: boolean,
  ): Promise<RowLoader> {
    const { grain } = this.#target;
    const { state, definition, replicas, runId } = this.#parts;
    const after = state.chunks.mark(chunk.table, shard);
    if (grain === 'shard' && after !== null) {
      const there = await this.#target.outcome(after);
      if (there !== 'committed') throw new ShardRestart(chunk.table, chunk.shard);
    }
    return this.#target.open({
      table: table.table,
      format: table.details.write,
      shard,
      shards: grain === 'shard' ? Math.max(definition.extractors, shard + 1) : replicas,
      runId,
      after,
      repeats: chunk.repeats,
      inOneGo,
      signal: this.#signal,
    });
  }
}
