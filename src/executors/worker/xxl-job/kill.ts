import type { Timer } from '../../../ports/clock.ts';
import type { ExecutorClient, Peer } from './client.ts';
import { type AttemptRecord, isOver, type PartRecord } from './journal.ts';
import type { Timing } from './limits.ts';
import { codes } from './protocol.ts';

/** What killing needs of what attempts share. */
export interface KillingShared {
  readonly client: ExecutorClient;
  readonly timing: Timing;
  nowMs(): number;
  after(delayMs: number, task: () => void): Timer;
}

/** What killing asks of its attempt. */
export interface Killed {
  peer(part: PartRecord): Peer;
  /** No callback told the end in time. */
  givenUp(part: PartRecord): void;
}

/**
 * Kills the dispatches of an attempt and waits for their callbacks, for a while (workers.md §1.9).
 * Executors kill by job: another run of the job on the same executor dies too (§1.5).
 */
export class Killing {
  readonly #shared: KillingShared;
  readonly #record: AttemptRecord;
  readonly #attempt: Killed;
  #deadline: Timer | null = null;
  #again: Timer | null = null;
  /** Whether an executor answered the latest kill, but not by killing. */
  #turnedDown = false;
  #ended = false;

  constructor(shared: KillingShared, record: AttemptRecord, attempt: Killed) {
    this.#shared = shared;
    this.#record = record;
    this.#attempt = attempt;
  }

  begin(): void {
    this.#await();
    this.kill(this.#record.parts);
  }

  /** Kills those that are not over, and again while it does not arrive. */
  kill(parts: readonly PartRecord[]): void {
    void this.#kill(parts);
  }

  /** Nothing more is done. */
  end(): void {
    this.#ended = true;
    this.#deadline?.cancel();
    this.#again?.cancel();
  }

  async #kill(parts: readonly PartRecord[]): Promise<void> {
    const open = parts.filter((part) => !isOver(part));
    const byAddress = new Map(open.map((part) => [part.address, part]));
    const outcomes = await Promise.all([...byAddress.values()].map((part) => this.#call(part)));
    this.#turnedDown = outcomes.includes('turned down');
    if (this.#ended || outcomes.every((outcome) => outcome === 'killed')) return;
    this.#again?.cancel();
    this.#again = this.#shared.after(this.#shared.timing.killAgainMs, () =>
      this.kill(this.#record.parts),
    );
  }

  async #call(part: PartRecord): Promise<'killed' | 'turned down' | 'not reached'> {
    try {
      const { jobId } = this.#record;
      const reply = await this.#shared.client.call(this.#attempt.peer(part), 'kill', { jobId });
      return reply.code === codes.success ? 'killed' : 'turned down';
    } catch {
      return 'not reached';
    }
  }

  #await(): void {
    this.#deadline = this.#shared.after(this.#shared.timing.killMs, () => this.#giveUp());
  }

  #giveUp(): void {
    const { timing } = this.#shared;
    const forMs = this.#shared.nowMs() - (this.#record.stopAtMs ?? 0);
    // After a restart its token is unknown until it registers again: it is there and still works.
    if (this.#turnedDown && forMs < timing.registryTtlMs) return this.#await();
    for (const part of this.#record.parts) if (!isOver(part)) this.#attempt.givenUp(part);
  }
}
