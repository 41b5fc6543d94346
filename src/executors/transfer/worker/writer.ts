import { TransferError } from '../../../domain/transfer/errors.ts';
import type { RowTarget } from '../../../ports/connector.ts';
import type { ClaimedChunk } from '../state/chunks.ts';
import type { KeptTable } from '../state/run.ts';
import { type ChunkContext, ChunkWork, type ReadBatch } from './chunk-work.ts';
import { ChunkFailure } from './failure.ts';
import { Loaders } from './loaders.ts';

/** How many chunks may be on their last way in while the next one is written. */
const MAX_COMMITTING = 1;

/**
 * Writes one chunk after the other. Where the target allows it, the next one begins while the last
 * rows of a chunk are still worked on and committed: else the target would have nothing to do for as
 * long as a commit takes, which is that of several disk writes.
 */
export class ChunkWriter {
  readonly #context: ChunkContext;
  readonly #target: RowTarget;
  readonly #loaders: Loaders;
  readonly #onFault: (error: unknown) => void;
  #hand: ChunkWork | null = null;
  /** Commits under way, by what they are of. Never rejected. */
  readonly #committing = new Map<ChunkWork, Promise<void>>();
  #fault: unknown = null;

  /** @param onFault told when a commit fails that nobody waits for: a ChunkFailure. */
  constructor(
    context: ChunkContext,
    target: RowTarget,
    signal: AbortSignal,
    onFault: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#target = target;
    this.#loaders = new Loaders(context.parts, target, signal);
    this.#onFault = onFault;
  }

  /** The chunk that is being written; null between chunks. */
  get chunk(): ClaimedChunk | null {
    return this.#hand?.chunk ?? null;
  }

  async begin(chunk: ClaimedChunk, table: KeptTable): Promise<void> {
    while (this.#committing.size > MAX_COMMITTING) {
      await Promise.race(this.#committing.values());
    }
    this.#throwFault();
    try {
      const open = await this.#loaders.take(chunk, table);
      this.#hand = new ChunkWork(this.#context, chunk, table, open);
    } catch (error) {
      throw new ChunkFailure(chunk, error);
    }
  }

  async rows(read: ReadBatch): Promise<void> {
    this.#throwFault();
    const work = this.#current();
    await work.rows(read);
    this.#tell();
    const { position } = read.batch;
    if (position === undefined || !work.isDue) return;
    await work.commit(position);
    this.#tell();
  }

  /** The chunk is written: commits it, or begins to. */
  async end(): Promise<void> {
    const work = this.#current();
    const committed = this.#commit(work);
    if (this.#target.overlaps !== true) {
      await committed;
      this.#hand = null;
      return;
    }
    this.#hand = null;
    const settled = committed
      .catch((error: unknown) => {
        this.#fault ??= new ChunkFailure(work.chunk, error);
        this.#onFault(this.#fault);
      })
      .finally(() => this.#committing.delete(work));
    this.#committing.set(work, settled);
  }

  /** No commit is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#committing.values());
  }

  /** Waits for commits that are under way, when what is being written is lost. */
  async giveUp(): Promise<void> {
    if (this.#committing.size === 0) return;
    // A commit may wait for rows of it.
    await this.#hand?.open.loader.rollback().catch(() => undefined);
    await this.settled();
  }

  /** Takes back what is not committed and lets go of the target. */
  async abort(): Promise<void> {
    await this.giveUp();
    this.#hand = null;
    this.#context.parts.live.reset();
    await this.#loaders.abort();
  }

  /** Nothing more comes: all is committed, and what that left open is closed. @throws ChunkFailure */
  async close(): Promise<void> {
    await this.settled();
    this.#throwFault();
    await this.#loaders.close();
  }

  async #commit(work: ChunkWork): Promise<void> {
    await work.commit(null);
    this.#tell();
    this.#loaders.giveBack(work.open);
  }

  /** What was read ahead of the writer counts when it is written. */
  #tell(): void {
    const works = [...this.#committing.keys(), ...(this.#hand === null ? [] : [this.#hand])];
    this.#context.parts.live.show(works.map(({ counts }) => counts));
  }

  #throwFault(): void {
    if (this.#fault !== null) throw this.#fault;
  }

  #current(): ChunkWork {
    if (this.#hand === null) throw new TransferError('internal', 'rows came before their chunk');
    return this.#hand;
  }
}
