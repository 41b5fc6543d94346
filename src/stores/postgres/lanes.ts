import type pg from 'pg';
import type { RefusedTrigger } from '../../domain/run.ts';
import type {
  AdmissionRequest,
  AdmissionResult,
  ClaimRequest,
  ClaimResult,
  FireRequest,
  FireResult,
  ReportResult,
} from '../../ports/store.ts';
import type { Admission } from './admission.ts';
import { Batcher } from './batcher.ts';
import type { Claimed, Claims } from './claims.ts';
import { fireSchedules } from './firing.ts';
import { recordRefusals } from './refusals.ts';
import { demandAlive } from './servers.ts';
import type { ReportBatch, Reports } from './reports.ts';
import type { Transaction, Transactions } from './transactions.ts';
import { Work } from './work.ts';

/** When to look again for runs that stayed blocked although a claim waited for them. */
const BLOCKED_RETRY_MS = 100;

type Ask =
  | { readonly kind: 'report'; readonly batch: ReportBatch }
  | { readonly kind: 'claim'; readonly request: ClaimRequest };

type Told =
  | { readonly kind: 'reported'; readonly result: ReportResult }
  | { readonly kind: 'claimed'; readonly result: ClaimResult };

/** Which shards of the counter of unfinished runs the writers add to, so that none waits for another. */
export interface Shards {
  readonly admissions: number;
  readonly progress: number;
  readonly firings: number;
}

export interface LaneParts {
  readonly pool: pg.Pool;
  readonly transactions: Transactions;
  readonly shards: () => Shards;
  readonly admission: Admission;
  readonly claims: Claims;
  readonly reports: Reports;
}

/**
 * The hot writes, each kind in batches on a connection of its own: admissions in one lane, claims
 * and reports in the other, so that work is accepted while other work ends.
 */
export class Lanes {
  readonly #parts: LaneParts;
  readonly #admissions: Batcher<AdmissionRequest, AdmissionResult>;
  readonly #progress: Batcher<Ask, Told>;
  readonly #refusals: Batcher<RefusedTrigger, null>;
  readonly #firing = new Set<Promise<FireResult>>();

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#admissions = new Batcher((requests) =>
      parts.admission.admit(requests, parts.shards().admissions, (work) => this.#run(work)),
    );
    this.#progress = new Batcher((asks) => this.#advance(asks));
    this.#refusals = new Batcher(async (refusals) => {
      await this.#run((tx) => recordRefusals(tx, refusals));
      return refusals.map(() => null);
    });
  }

  admit(request: AdmissionRequest): Promise<AdmissionResult> {
    return this.#admissions.run(request);
  }

  async report(batch: ReportBatch): Promise<ReportResult> {
    const told = await this.#progress.run({ kind: 'report', batch });
    if (told.kind !== 'reported') throw new Error('a report was answered as a claim');
    return told.result;
  }

  async claim(request: ClaimRequest): Promise<ClaimResult> {
    const told = await this.#progress.run({ kind: 'claim', request });
    if (told.kind !== 'claimed') throw new Error('a claim was answered as a report');
    return told.result;
  }

  /** Decides due schedules; calls at the same time take turns over the same rows. */
  fire(request: FireRequest): Promise<FireResult> {
    const { admission, shards } = this.#parts;
    const done = fireSchedules(admission, shards().firings, request, (work) => this.#run(work));
    this.#firing.add(done);
    const forget = (): void => void this.#firing.delete(done);
    done.then(forget, forget);
    return done;
  }

  async recordRefusal(refusal: RefusedTrigger): Promise<void> {
    await this.#refusals.run(refusal);
  }

  /** Resolves when everything asked so far has been answered. */
  async idle(): Promise<void> {
    await Promise.all([this.#admissions.idle(), this.#progress.idle(), this.#refusals.idle()]);
    await Promise.allSettled(this.#firing);
  }

  /** Reports first, so that the claims of the same transaction find what they made claimable. */
  async #advance(asks: readonly Ask[]): Promise<readonly Told[]> {
    const batches = asks.flatMap((ask) => (ask.kind === 'report' ? [ask.batch] : []));
    const requests = asks.flatMap((ask) => (ask.kind === 'claim' ? [ask.request] : []));
    const fences = requests.map(({ fence }) => fence);
    const { reported, claimed } = await this.#run(async (tx) => {
      await demandAlive(tx, fences);
      const work = this.#work(tx);
      const results = batches.length === 0 ? [] : await this.#parts.reports.apply(work, batches);
      const taken: Claimed[] = [];
      for (const request of requests) taken.push(await this.#parts.claims.claim(work, request));
      await work.finish();
      return { reported: results, claimed: taken };
    });
    const results: ClaimResult[] = [];
    for (const [index, request] of requests.entries()) {
      const first = claimed[index];
      if (first !== undefined) results.push(await this.#withBlocked(request, first));
    }
    return asks.map((ask): Told => {
      const told: Told | null =
        ask.kind === 'report'
          ? wrap('reported', reported.shift())
          : wrap('claimed', results.shift());
      if (told === null) throw new Error(`a ${ask.kind} was left unanswered`);
      return told;
    });
  }

  /** Claims again, now waiting for templates that others had locked. What is claimed stays so if that fails. */
  async #withBlocked(request: ClaimRequest, { result, blocked }: Claimed): Promise<ClaimResult> {
    const limit = request.limit - result.attempts.length;
    if (blocked.length === 0 || limit <= 0) return result;
    try {
      const { result: more, blocked: still } = await this.#run(async (tx) => {
        await demandAlive(tx, [request.fence]);
        const work = this.#work(tx);
        const claimed = await this.#parts.claims.claim(work, { ...request, limit }, blocked);
        await work.finish();
        return claimed;
      });
      return {
        attempts: [...result.attempts, ...more.attempts],
        stop: [...result.stop, ...more.stop],
        finished: [...result.finished, ...more.finished],
        nextDueMs: still.length > 0 ? request.nowMs + BLOCKED_RETRY_MS : more.nextDueMs,
      };
    } catch {
      return { ...result, nextDueMs: request.nowMs + BLOCKED_RETRY_MS };
    }
  }

  #work(tx: Transaction): Work {
    return new Work(tx, this.#parts.shards().progress);
  }

  #run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#parts.transactions.run(this.#parts.pool, work);
  }
}

function wrap(kind: 'reported', result: ReportResult | undefined): Told | null;
function wrap(kind: 'claimed', result: ClaimResult | undefined): Told | null;
function wrap(
  kind: 'reported' | 'claimed',
  result: ReportResult | ClaimResult | undefined,
): Told | null {
  return result === undefined ? null : ({ kind, result } as Told);
}
