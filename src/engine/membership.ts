import type { Timer } from '../ports/clock.ts';
import type { ReportResult } from '../ports/store.ts';
import type { Runtime } from './runtime.ts';

/** Renewals within one lease: two may fail before others give this server up. */
const RENEWALS_PER_LEASE = 3;
/** Renewals that one question may cost, so that a slow store cannot hold up a claim for ever. */
const MAX_RENEWALS_AT_ONCE = 3;
/** Shortest pause between two renewals. */
const MIN_PAUSE_MS = 50;

/** One moment by both clocks. */
interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface MembershipOptions {
  readonly host: string;
  readonly leaseTtlMs: number;
  /**
   * This server was given up: its fence is void and everything it ran must be looked at anew.
   * Makes `fence` the owner's once nothing can be mistaken for a claim under it.
   */
  readonly onGivenUp: (fence: number) => Promise<void>;
  /** Attempts of another server were ended as lost. */
  readonly onOthersEnded: (result: ReportResult) => void;
  /** A regular moment to look at what other servers asked for. */
  readonly onRenewed: () => Promise<void>;
}

/**
 * This server among those that share the store: it holds a lease and a fencing number, renews the
 * lease, notices when it was given up (a pause longer than the lease), and gives up others whose
 * lease has run out.
 *
 * Invariant: the store refuses claims under a fence that was given up, so a server that slept
 * through its lease can start nothing before it has joined anew.
 */
export class Membership {
  readonly #runtime: Runtime;
  readonly #options: MembershipOptions;
  /** When the lease was last asked for and given, by both clocks. */
  #renewed: Moment | null = null;
  #timer: Timer | null = null;
  #renewing: Promise<void> | null = null;
  #stopped = true;

  constructor(runtime: Runtime, options: MembershipOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  /** Enters the store's servers under a new fence. */
  async join(): Promise<void> {
    const moment = this.#moment();
    this.#runtime.owner.fence = await this.#enter(moment.wallMs);
    this.#renewed = moment;
  }

  start(): void {
    this.#stopped = false;
    this.#arm();
  }

  /**
   * Makes sure that the lease of this fence is held right now; after a pause longer than the lease
   * that takes a renewal. Resolves with whether it is: when not, `onGivenUp` has been called.
   * @throws Error when the store does not confirm it in time.
   */
  async certain(fence: number): Promise<boolean> {
    const { owner } = this.#runtime;
    for (let renewals = 0; owner.fence === fence; renewals += 1) {
      if (this.#fresh()) return true;
      if (renewals === MAX_RENEWALS_AT_ONCE) {
        throw new Error('every renewal of the lease was answered after it had run out');
      }
      // One that was under way already may be answered with what was true long ago.
      await this.renew();
    }
    return false;
  }

  /** Renews now. Calls share one renewal under way. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Ends the membership in good order. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#renewing?.catch(() => undefined);
    const { store, clock, log, owner } = this.#runtime;
    await store.leave(owner.fence, clock.nowMs()).catch((error: unknown) => {
      log.warn({ err: error }, 'leaving failed; the lease will run out instead');
    });
  }

  /** @returns the new fence. */
  async #enter(nowMs: number): Promise<number> {
    const { host, leaseTtlMs } = this.#options;
    const { fence } = await this.#runtime.store.join({ host, leaseTtlMs }, nowMs);
    return fence;
  }

  /** Whether the lease cannot have run out since it was last renewed. */
  /** Whether the lease is in force, as far as this server knows. */
  get held(): boolean {
    return !this.#stopped && this.#fresh();
  }

  #fresh(): boolean {
    if (this.#renewed === null) return false;
    const { leaseTtlMs } = this.#options;
    const now = this.#moment();
    // The wall clock may be set back, the other one stands still while the machine sleeps.
    return (
      now.monotonicMs - this.#renewed.monotonicMs < leaseTtlMs &&
      now.wallMs - this.#renewed.wallMs < leaseTtlMs
    );
  }

  #moment(): Moment {
    const { clock } = this.#runtime;
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  }

  async #renewOnce(): Promise<void> {
    const { store, clock, log, owner } = this.#runtime;
    const { leaseTtlMs, onGivenUp, onOthersEnded, onRenewed } = this.#options;
    const moment = this.#moment();
    const lease = await store.renew(owner.fence, leaseTtlMs, moment.wallMs);
    if (lease.held) {
      this.#renewed = moment;
    } else {
      log.warn(
        { fence: owner.fence },
        'this server was given up by the others after a pause; joining anew',
      );
      // If this fails half-way the old fence stays ours, and the next renewal begins again.
      await onGivenUp(await this.#enter(moment.wallMs));
      this.#renewed = moment;
    }
    for (const fence of lease.expired) {
      const result = await store.giveUp(fence, clock.nowMs());
      log.warn({ fence, ended: result.finished.length }, 'gave up a server whose lease ran out');
      onOthersEnded(result);
    }
    await onRenewed();
  }

  #arm(): void {
    if (this.#stopped) return;
    const pauseMs = Math.max(this.#options.leaseTtlMs / RENEWALS_PER_LEASE, MIN_PAUSE_MS);
    this.#timer = this.#runtime.clock.after(pauseMs, () => {
      this.renew()
        .catch((error: unknown) => {
          this.#runtime.log.error({ err: error }, 'renewing the lease failed; trying again');
        })
        .finally(() => this.#arm());
    });
  }
}
