import { isFinal } from '../../domain/states.ts';
import type { Engine } from '../../engine/index.ts';
import type { StreamEvent } from './operation.ts';
import { waitFor } from './wait.ts';

/** Bytes of output in one event: keeps memory small whatever the job wrote. */
const eventBytes = 64 * 1024;

/** How often a quiet attempt is looked at, where its output cannot be watched. */
const lookAgainMs = 250;

/** A comment after this many quiet looks keeps proxies from closing the line: 15 s. */
const looksPerComment = 60;

/** Streams of output, as the wire names them. */
export type FollowedStream = 'stdout' | 'stderr';

/**
 * An attempt's output as it grows. Event `chunk` carries bytes in base64 and has the offset after
 * them as its id, so `Last-Event-ID` resumes without a gap; event `end` tells how it ended. Ends
 * without `end` when the server drains: the client comes back with the last id.
 */
export async function* followLog(
  engine: Engine,
  attemptId: string,
  stream: FollowedStream,
  from: number,
  closing: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let offset = from;
  let quietLooks = 0;
  let grown = Promise.withResolvers<void>();
  let unwatch: (() => void) | null = null;
  try {
    while (!closing.aborted) {
      // Asked for before reading, so that growth in between is not missed.
      grown = Promise.withResolvers();
      unwatch ??= await engine.runs.watchLog(attemptId, stream, () => grown.resolve());
      // Read first: what is final now has no more output than what is read after.
      const attempt = await engine.runs.attempt(attemptId);
      const chunk = await engine.runs.readLog(attemptId, stream, offset, eventBytes);
      if (chunk !== null && chunk.bytes.length > 0) {
        quietLooks = 0;
        offset = chunk.nextOffset;
        yield {
          event: 'chunk',
          id: String(offset),
          data: {
            offset: chunk.offset,
            nextOffset: offset,
            base64: Buffer.from(chunk.bytes).toString('base64'),
          },
        };
        continue;
      }
      if (attempt === null || isFinal('attempt', attempt.state)) {
        const { state, exitCode, signal } = attempt ?? {
          state: 'lost',
          exitCode: null,
          signal: null,
        };
        yield { event: 'end', id: String(offset), data: { state, exitCode, signal, offset } };
        return;
      }
      quietLooks += 1;
      if (quietLooks % looksPerComment === 0) {
        yield { event: null, id: null, data: null };
      }
      const changed = engine.runs.changed(attempt.runId, lookAgainMs);
      await waitFor(Promise.race([changed, grown.promise]), closing);
    }
  } finally {
    unwatch?.();
  }
}
