import { setTimeout as pause } from 'node:timers/promises';
import { waitMs } from '../limits.ts';
import type { Copying } from '../plan/copying.ts';
import { type ClaimedChunk, type Counts, noCounts } from '../state/chunks.ts';
import type { PlannedWork } from '../state/run.ts';
import { ChunkFailure } from './failure.ts';
import type { WorkerParts } from './parts.ts';
import type { Trade } from './trade.ts';

/** Files that are copied as they are: each is a commit of its own. */
export function fileTrade(parts: WorkerParts, copying: Copying): Trade {
  const { state, definition, live, say } = parts;
  return {
    async planAndPrepare(signal) {
      const { files, bytes, chunks } = await copying.plan({
        shards: definition.extractors,
        fine: true,
      });
      signal.throwIfAborted();
      const work = plannedFiles(parts, chunks);
      state.run.savePlan([work], { grain: 'chunk', filesTotal: files, bytesTotal: bytes });
      say(`${files} files, ${bytes} bytes`);
      await copying.prepare();
      state.run.beginLoading(new Map(), 0);
    },

    async load(signal) {
      for (;;) {
        signal.throwIfAborted();
        const claimed = state.chunks.claim({
          grain: 'chunk',
          tables: null,
          workersPerTable: parts.replicas,
        });
        if (claimed === 'over') return;
        if (claimed === 'wait') await pause(waitMs, undefined, { signal });
        else await copyChunk(claimed, signal);
      }
    },

    async finish() {
      await copying.finish();
      state.run.proving();
    },

    async proveAndEnd() {
      await copying.succeeded(state.run.allChunks());
      state.run.done();
    },

    // Files that are there stay: each is whole.
    abandon: () => Promise.resolve(),
    close: () => copying.close(),
  };

  async function copyChunk(chunk: ClaimedChunk, signal: AbortSignal): Promise<void> {
    const { position, before } = chunk;
    if (before !== null && before !== parts.me) {
      const files = position === null ? 'its first file' : `behind file ${position}`;
      state.chunks.note(
        chunk.shard,
        `${chunk.chunk.label}: taken over from worker ${before}, which ended; goes on from ${files}`,
        0,
      );
    }
    try {
      await copying.copy({
        chunk: chunk.chunk,
        position,
        repeats: before !== null,
        onBytes(read, written) {
          live.bytesRead += read;
          live.bytesWritten += written;
        },
        onFile(behind, counts) {
          live.reset();
          state.chunks.committed(chunk, {
            token: behind,
            position: behind,
            counts: of(counts),
            checksum: null,
          });
        },
        signal,
      });
      state.chunks.committed(chunk, {
        token: '',
        position: null,
        counts: noCounts,
        checksum: null,
      });
    } catch (error) {
      live.reset();
      state.chunks.release(chunk);
      throw new ChunkFailure(chunk, error);
    }
  }
}

function of(counts: Partial<Counts>): Counts {
  return { ...noCounts, ...counts, filesRead: 1 };
}

/** The files as the one table that states and reports know. */
export function plannedFiles(
  { definition }: Pick<WorkerParts, 'definition'>,
  chunks: PlannedWork['chunks'],
): PlannedWork {
  const { from, to } = definition;
  const source = from.kind === 'files' ? from.paths.join(', ') : from.link;
  const target = to.kind === 'files' ? to.directory : to.link;
  return {
    table: {
      index: 0,
      source: {
        name: { schema: '', name: source },
        columns: [],
        named: false,
        estimatedRows: null,
        bytes: null,
        files: null,
      },
      target: { schema: '', name: target },
      columns: [],
    },
    details: {
      read: { kind: 'text' },
      write: { kind: 'text' },
      transforms: false,
      added: [],
      keyed: false,
      binary: true,
      toFiles: true,
      estimatedRows: null,
    },
    source,
    target,
    chunks,
  };
}
