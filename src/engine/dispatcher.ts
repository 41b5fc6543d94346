import { DomainError } from '../domain/errors.ts';
import type { JobSpec } from '../domain/template.ts';
import type { Timer } from '../ports/clock.ts';
import type { AttemptReport, AttemptStart, Executor } from '../ports/executor.ts';
import type { ClaimedAttempt } from '../ports/store.ts';
import { Ahead } from './ahead.ts';
import { Pace } from './pace.ts';
import { needsPreparation, plainStart } from './preparation.ts';
import type { Preparing } from './preparing.ts';
import { reconcile } from './recovery.ts';
import { announceFinished, type Runtime, stopAttempts } from './runtime.ts';

/** Wait before claiming again after the store failed. */
const STORE_RETRY_MS = 500;
/** Under load claims gather for this long, so that several share a transaction. */
const CLAIM_WINDOW_MS = 4;
/** Longest sleep: clocks step, so what is due is looked at again at least this often. */
const MAX_SLEEP_MS = 30_000;

/** A call that failed may be executed even after that, up to this much later. */
const LATE_CLAIM_MS = 30_000;

/** The part of the membership that claiming needs. */
interface Lease {
  certain(fence: number): Promise<boolean>;
  renew(): Promise<void>;
}

/**
 * Moves due work to executors: claim in one transaction, then start. It sleeps until something
 * is due, something is accepted or something ends, so its cost grows with what is due.
 *
 * Invariant: an attempt is handed to an executor only after its claim is durable.
 */
export class Dispatcher {
  readonly #runtime: Runtime;
  readonly #lease: Lease;
  readonly #preparing: Preparing;
  readonly #onDeadline: (deadlineMs: number) => void;
  readonly #onClaimed: (attempt: ClaimedAttempt) => void;
  readonly #pace: Pace;
  readonly #live = new Map<string, Set<string>>();
  #timer: Timer | null = null;
  #wakeAtMs: number | null = null;
  #busy = false;
  #again = false;
  #stopped = false;
  /** Whether the store may hold claims of ours that we do not know. */
  #unsure = false;
  #doubtTimer: Timer | null = null;
  #idle: Promise<void> = Promise.resolve();

  /** Claimed attempts that wait for a slot. */
  readonly ahead: Ahead;

  /**
   * `onDeadline` hears of every deadline that a started run brings, `onClaimed` of every attempt
   * before its executor does, `report` of what is claimed and cannot be started.
   */
  constructor(
    runtime: Runtime,
    lease: Lease,
    preparing: Preparing,
    onDeadline: (deadlineMs: number) => void,
    onClaimed: (attempt: ClaimedAttempt) => void,
    report: (reports: readonly AttemptReport[]) => void,
    aheadWindowMs: number,
  ) {
    this.#runtime = runtime;
    this.#lease = lease;
    this.#preparing = preparing;
    this.#onDeadline = onDeadline;
    this.#onClaimed = onClaimed;
    this.#pace = new Pace(runtime.clock, CLAIM_WINDOW_MS, () => {
      this.#idle = this.#work();
    });
    for (const name of runtime.executors.keys()) this.#live.set(name, new Set());
    this.ahead = new Ahead({
      windowMs: aheadWindowMs,
      clock: runtime.clock,
      log: runtime.log,
      certain: (fence) => lease.certain(fence),
      room: () => this.#room(),
      start: (attempts) => this.#start(attempts),
      report,
    });
  }

  /** Something may be due. Cheap and safe to call often. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#pace.request(this.idle);
  }

  /** Something is due at this time; look no later than then. */
  expect(dueMs: number): void {
    // While a claim is under way its result decides when to sleep, so it is asked to look again.
    if (this.#busy || dueMs <= this.#runtime.clock.nowMs()) this.wake();
    else if (this.#wakeAtMs === null || dueMs < this.#wakeAtMs) this.#sleep(dueMs);
  }

  /** Counts an attempt that runs already, so that it takes up room. */
  occupy(executor: string, attemptId: string): void {
    this.#live.get(executor)?.add(attemptId);
  }

  /** How many attempts take up room of an executor. */
  active(executor: string): number {
    return this.#live.get(executor)?.size ?? 0;
  }

  /** Attempts that this server looks after: they take up room, or wait for it. */
  live(): string[] {
    return [...[...this.#live.values()].flatMap((ids) => [...ids]), ...this.ahead.ids()];
  }

  /** Whether no attempt takes up room: then no end can come that would be worth waiting for. */
  get idle(): boolean {
    for (const live of this.#live.values()) if (live.size > 0) return false;
    return this.ahead.size === 0;
  }

  /** An attempt ended: its room is free. */
  release(attemptId: string): void {
    for (const live of this.#live.values()) {
      if (!live.delete(attemptId)) continue;
      this.ahead.ended();
      this.ahead.feed();
      this.wake();
    }
  }

  /** Claims nothing more; resolves when what was claimed has been handed over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#doubtTimer?.cancel();
    await this.#idle;
    this.ahead.giveBack('given back: the server shuts down');
    await this.#preparing.settled();
  }

  async #work(): Promise<void> {
    if (this.#stopped) return;
    this.#busy = true;
    let sleepUntilMs: number | null = null;
    try {
      this.#again = false;
      sleepUntilMs = await this.#claimOnce();
    } catch (error) {
      this.#runtime.log.error({ err: error }, 'claiming due work failed; trying again');
      sleepUntilMs = this.#runtime.clock.nowMs() + STORE_RETRY_MS;
      if (error instanceof DomainError && error.code === 'stale-owner') await this.#renew();
      else this.#doubt();
    } finally {
      this.#busy = false;
    }
    this.#sleep(sleepUntilMs);
    if (this.#again && !this.#stopped) this.#pace.request(this.idle);
  }

  /** Returns when to look again; null = only when woken. */
  async #claimOnce(): Promise<number | null> {
    const { store, clock } = this.#runtime;
    if (this.#unsure) {
      // A claim that failed may have been made all the same: nobody else would look after it.
      await reconcile(this.#runtime, this);
      this.#unsure = false;
    }
    // What waits has a claim on the room already.
    const room = Math.max(this.#room() - this.ahead.size, 0);
    const limit = room + this.ahead.wanted(this.#slots);
    if (limit <= 0) return null;
    const nowMs = clock.nowMs();
    const fence = this.#runtime.owner.fence;
    const result = await store.claim({ nowMs, fence, limit, route: (spec) => this.#route(spec) });
    // A pause right here may have been longer than the lease: then these are no longer ours.
    if (result.attempts.length > 0 && !(await this.#lease.certain(fence))) return nowMs;
    const claimed = this.#runtime.tracing?.claimed(result.attempts, nowMs) ?? result.attempts;
    this.#runtime.measuring?.claimed(claimed);
    const starting = this.ahead.size > 0 ? 0 : room;
    const first = new Set(
      claimed.filter(({ executor }, at) => at < starting || !this.#takesRoom(executor)),
    );
    this.#start([...first]);
    this.ahead.put(claimed.filter((attempt) => !first.has(attempt)));
    stopAttempts(this.#runtime, result.stop);
    announceFinished(this.#runtime, result.finished);
    if (result.more === true) this.#again = true;
    if (result.attempts.length >= limit) return null;
    // Due already and yet not claimed: it waits for something that will wake us.
    return result.nextDueMs !== null && result.nextDueMs > nowMs ? result.nextDueMs : null;
  }

  /** A claim failed and may have been made all the same, or be made yet: look now, and later. */
  #doubt(): void {
    this.#unsure = true;
    this.#doubtTimer?.cancel();
    this.#doubtTimer = this.#runtime.clock.after(LATE_CLAIM_MS, () => {
      this.#unsure = true;
      this.wake();
    });
  }

  async #renew(): Promise<void> {
    try {
      await this.#lease.renew();
    } catch (error) {
      this.#runtime.log.error({ err: error }, 'joining anew failed; the next claim tries again');
    }
  }

  get #slots(): number {
    return [...this.#runtime.executors.values()].reduce((sum, e) => sum + e.maxConcurrent, 0);
  }

  /** All executors together: what is due for a full one waits there, within this bound. */
  #room(): number {
    let room = 0;
    for (const [name, { maxConcurrent }] of this.#runtime.executors) {
      // One without room of its own takes none: what it starts are others' attempts, which must
      // never wait for it.
      if (maxConcurrent > 0) room += maxConcurrent - (this.#live.get(name)?.size ?? 0);
    }
    return room;
  }

  #route(spec: JobSpec): { executor: string } | { refusal: string } {
    const reasons: string[] = [];
    for (const [name, executor] of this.#runtime.executors) {
      const reason = executor.refuses(spec);
      if (reason === null) return { executor: name };
      reasons.push(`${name}: ${reason}`);
    }
    const detail = reasons.length === 0 ? 'this server has no executor' : reasons.join('; ');
    return { refusal: `nothing here can run it: ${detail}` };
  }

  #start(claimed: readonly ClaimedAttempt[]): void {
    const byExecutor = new Map<Executor, AttemptStart[]>();
    const byRun = new Map<string, ClaimedAttempt[]>();
    for (const attempt of claimed) {
      this.occupy(attempt.executor, attempt.attemptId);
      this.#onClaimed(attempt);
      if (needsPreparation(attempt.run.spec)) {
        // What attempts of one run refer to is read once for all that start together.
        append(byRun, `${attempt.executor} ${attempt.run.id}`, attempt);
      } else {
        append(byExecutor, this.#executor(attempt), plainStart(attempt));
      }
      this.#runtime.counters.attemptsStarted += 1;
      if (attempt.run.deadlineAtMs !== null) this.#onDeadline(attempt.run.deadlineAtMs);
      this.#runtime.signals.notify(attempt.run.id);
    }
    for (const [executor, batch] of byExecutor) executor.start(batch);
    for (const [first, ...others] of byRun.values()) {
      if (first === undefined) continue;
      const executor = this.#executor(first);
      this.#preparing.begin([first, ...others], this.#lease, (starts) => executor.start(starts));
    }
  }

  #takesRoom(executor: string): boolean {
    return (this.#runtime.executors.get(executor)?.maxConcurrent ?? 0) > 0;
  }

  #executor(attempt: ClaimedAttempt): Executor {
    const executor = this.#runtime.executors.get(attempt.executor);
    if (executor === undefined) throw new Error(`claimed for unknown executor ${attempt.executor}`);
    return executor;
  }

  #sleep(untilMs: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#wakeAtMs = untilMs;
    if (this.#stopped || untilMs === null) return;
    const delayMs = Math.min(Math.max(untilMs - this.#runtime.clock.nowMs(), 0), MAX_SLEEP_MS);
    this.#timer = this.#runtime.clock.after(delayMs, () => {
      this.#wakeAtMs = null;
      this.wake();
    });
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
