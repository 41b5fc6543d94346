import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerState, EngineApi } from './api.ts';
import { AttemptLogs } from './attempt-logs.ts';
import { EngineUnreachable } from './client.ts';
import { FileCollector } from './collect.ts';
import { collectEveryMs, drainMs, followBackoffMs } from './limits.ts';

interface Watched {
  readonly api: EngineApi;
  readonly container: string;
  readonly attemptId: string;
  readonly folder: string;
  readonly maxLogBytes: number;
  /** Paths of files to collect. */
  readonly collect: readonly string[];
  /** Ends with the executor: everything is let go as it is. */
  readonly closing: AbortSignal;
  /** Asks the engine, again when it was away meanwhile. */
  engine<T>(ask: () => Promise<T>): Promise<T>;
  warn(fields: object, message: string): void;
}

/** What is known of a container after its end. */
export interface Watch {
  /** Null when it was removed by somebody else. */
  readonly state: ContainerState | null;
  /** What could not be read or collected. */
  readonly problems: readonly string[];
}

/** Follows a running container until its end: its output and the files to collect. */
export class ContainerWatch {
  readonly #watched: Watched;
  readonly #exited = Promise.withResolvers<void>();
  #hasExited = false;
  #follow: AbortController | null = null;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** The engine says that the container has ended, or may have. */
  exited(): void {
    this.#hasExited = true;
    this.#exited.resolve();
    if (this.#follow !== null) endLater(this.#follow);
  }

  /**
   * Resolves when the container has ended and everything of it is written.
   * @throws the reason of `closing`; an Error of the file system.
   */
  async run(): Promise<Watch> {
    const { api, folder, maxLogBytes, container, collect, closing, engine } = this.#watched;
    const logs = new AttemptLogs(api, folder, maxLogBytes);
    const collector = new FileCollector(api, folder, collect);
    const running = new AbortController();
    const collecting = this.#collect(collector, AbortSignal.any([closing, running.signal]));
    const problems: string[] = [];
    try {
      const state = await this.#followToEnd(logs);
      if (state === null) return { state, problems };
      running.abort(new Error('over'));
      await collecting;
      await this.#try(problems, 'its last output could not be read', () =>
        engine(() => logs.drain(container, closing)),
      );
      await this.#try(problems, 'files could not be collected', async () => {
        problems.push(...(await engine(() => collector.fetch(container, true, closing))));
      });
      return { state, problems };
    } finally {
      running.abort(new Error('over'));
      await collecting;
      await logs.close();
    }
  }

  async #try(problems: string[], words: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#watched.closing.aborted) throw error;
      problems.push(`${words}: ${(error as Error).message}`);
    }
  }

  /** @returns null when the container is gone. */
  async #followToEnd(logs: AttemptLogs): Promise<ContainerState | null> {
    const { api, container, attemptId, closing, engine, warn } = this.#watched;
    let backoffMs: number = followBackoffMs.first;
    for (;;) {
      const follow = new AbortController();
      this.#follow = follow;
      if (this.#hasExited) endLater(follow);
      try {
        await logs.follow(container, AbortSignal.any([closing, follow.signal]));
      } catch (error) {
        if (closing.aborted) throw error;
        if (!(error instanceof EngineUnreachable) && !follow.signal.aborted) {
          warn({ err: error, attemptId }, 'following the output of a container failed');
        }
      }
      this.#follow = null;
      const state = await engine(() => api.inspect(container));
      if (state === null || state.phase !== 'running') return state;
      await Promise.race([
        this.#exited.promise,
        pause(backoffMs, undefined, { ref: false, signal: closing }),
      ]);
      // Once known, only the engine's word about the state is waited for.
      if (this.#hasExited) await pause(backoffMs, undefined, { signal: closing });
      backoffMs = Math.min(backoffMs * 2, followBackoffMs.longest);
    }
  }

  /** While it runs; what fails now is tried again, at the latest after the end. */
  async #collect(collector: FileCollector, signal: AbortSignal): Promise<void> {
    const { collect, container } = this.#watched;
    while (collect.length > 0 && !signal.aborted) {
      await pause(collectEveryMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (!signal.aborted) await collector.fetch(container, false, signal).catch(() => undefined);
    }
  }
}

/** The stream ends by itself a moment after the end; when not, the rest is fetched otherwise. */
function endLater(follow: AbortController): void {
  setTimeout(() => follow.abort(new Error('ended')), drainMs).unref();
}
