import { CallError, type ExecutorClient, type Peer } from './client.ts';
import { isOver, type AttemptRecord } from './journal.ts';
import { codes } from './protocol.ts';
import { type Registration, workerAddress } from './registry.ts';

/** How long a kill waits for its executor to register. */
const waitMs = 120_000;
/** Kills that wait. */
const maxWaiting = 10_000;

/**
 * Dispatches that nobody asks for any more are killed. Right after a restart no executor's token is
 * known, so a kill that is turned down waits until the executor has registered again.
 */
export class Strays {
  readonly #client: ExecutorClient;
  readonly #nowMs: () => number;
  /** Whether the executor has a dispatch of this job that is wanted: a kill would hit it too. */
  readonly #wanted: (group: number, address: string, jobId: number) => boolean;
  /** By group and address: which jobs, and until when. */
  readonly #waiting = new Map<string, { readonly jobs: Set<number>; readonly untilMs: number }>();

  constructor(
    client: ExecutorClient,
    nowMs: () => number,
    wanted: (group: number, address: string, jobId: number) => boolean,
  ) {
    this.#client = client;
    this.#nowMs = nowMs;
    this.#wanted = wanted;
  }

  /** Kills what is not over of an attempt that was given up. */
  kill({ group, jobId, parts }: AttemptRecord): void {
    for (const part of parts.filter((one) => !isOver(one))) {
      const { address, url, appName } = part;
      if (this.#wanted(group, address, jobId)) continue;
      void this.#call({ url, appName, token: '' }, jobId).then((killed) => {
        if (!killed) this.#wait(group, address, jobId);
      });
    }
  }

  /** An executor registered: now it can be told. */
  registered(worker: Registration): void {
    if (this.#waiting.size === 0) return;
    const address = workerAddress(worker.ip, worker.port);
    const key = `${worker.group} ${address}`;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    if (waiting.untilMs < this.#nowMs()) return;
    for (const jobId of waiting.jobs) {
      if (!this.#wanted(worker.group, address, jobId)) void this.#call(worker, jobId);
    }
  }

  #wait(group: number, address: string, jobId: number): void {
    const key = `${group} ${address}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) waiting.jobs.add(jobId);
    else if (this.#waiting.size < maxWaiting) {
      this.#waiting.set(key, { jobs: new Set([jobId]), untilMs: this.#nowMs() + waitMs });
    }
  }

  async #call(peer: Peer, jobId: number): Promise<boolean> {
    try {
      return (await this.#client.call(peer, 'kill', { jobId })).code === codes.success;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      // It may be away for a moment only.
      return false;
    }
  }
}
