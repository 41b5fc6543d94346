import type pg from 'pg';
import type { RefusedTrigger } from '../../domain/run.ts';
import { isFinal, type RunState } from '../../domain/states.ts';
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
 * The hot writes, each kind in batches on a connection of its own: work is accepted, begun and
 * ended side by side.
 *
 * A claim passes over what a report has locked at that moment, which can only be a further
 * instance of the same run: the report then asks for another claim.
 */
export class Lanes {
  readonly #parts: LaneParts;
  readonly #admissions: Batcher<AdmissionRequest, AdmissionResult>;
  readonly #claims: Batcher<ClaimRequest, ClaimResult>;
  readonly #reports: Batcher<ReportBatch, ReportResult>;
  readonly #refusals: Batcher<RefusedTrigger, null>;
  readonly #firing = new Set<Promise<FireResult>>();
  /** Batches of claims that have begun, and those of them that have ended. */
  #claimsBegun = 0;
  #claimsEnded = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#admissions = new Batcher((requests) =>
      parts.admission.admit(requests, parts.shards().admissions, (work) => this.#run(work)),
    );
    this.#claims = new Batcher((requests) => this.#claimAll(requests));
    this.#reports = new Batcher((batches) => this.#reportAll(batches));
    this.#refusals = new Batcher(async (refusals) => {
      await this.#run((tx) => recordRefusals(tx, refusals));
      return refusals.map(() => null);
    });
  }

  admit(request: AdmissionRequest): Promise<AdmissionResult> {
    return this.#admissions.run(request);
  }

  report(batch: ReportBatch): Promise<ReportResult> {
    return this.#reports.run(batch);
  }

  claim(request: ClaimRequest): Promise<ClaimResult> {
    return this.#claims.run(request);
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
    const lanes = [this.#admissions, this.#claims, this.#reports, this.#refusals];
    await Promise.all(lanes.map((lane) => lane.idle()));
    await Promise.allSettled(this.#firing);
  }

  async #reportAll(batches: readonly ReportBatch[]): Promise<readonly ReportResult[]> {
    // A claim that is under way now, or begins before this is committed, may pass over its runs.
    const ended = this.#claimsEnded;
    const { results, unfinished } = await this.#run(async (tx) => {
      const work = this.#work(tx);
      const applied = await this.#parts.reports.apply(work, batches);
      await work.finish();
      return { results: applied, unfinished: leavesInstances(work) };
    });
    const crossed = this.#claimsBegun > ended;
    return unfinished && crossed ? results.map((result) => ({ ...result, wake: true })) : results;
  }

  async #claimAll(requests: readonly ClaimRequest[]): Promise<readonly ClaimResult[]> {
    this.#claimsBegun += 1;
    try {
      const claimed = await this.#claimTogether(requests);
      const results: ClaimResult[] = [];
      for (const [index, request] of requests.entries()) {
        const first = claimed[index];
        if (first !== undefined) results.push(await this.#withBlocked(request, first));
      }
      return results;
    } finally {
      this.#claimsEnded += 1;
    }
  }

  #claimTogether(requests: readonly ClaimRequest[]): Promise<readonly Claimed[]> {
    const fences = requests.map(({ fence }) => fence);
    return this.#run(async (tx) => {
      await demandAlive(tx, fences);
      const work = this.#work(tx);
      const claimed: Claimed[] = [];
      for (const request of requests) claimed.push(await this.#parts.claims.claim(work, request));
      await work.finish();
      return claimed;
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

/** Whether a locked run goes on that has instances beside the reported ones: they may be pending. */
function leavesInstances(work: Work): boolean {
  for (const { replicas, state } of work.runs.values()) {
    if (replicas > 1 && !isFinal('run', state as RunState)) return true;
  }
  return false;
}
