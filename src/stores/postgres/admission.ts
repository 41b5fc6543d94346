import {
  type AdmissionLimits,
  decideAdmission,
  unfinishedToCount,
} from '../../domain/admission.ts';
import type { RefusedTrigger } from '../../domain/run.ts';
import { isFinal, type RunState } from '../../domain/states.ts';
import type { AdmissionRequest, AdmissionResult, AttemptHandle } from '../../ports/store.ts';
import { newRun } from '../sql/new-run.ts';
import type { RunJoined, TemplateRecord } from '../sql/rows.ts';
import { deferred } from './batcher.ts';
import { type Answer, type Candidate, existingRuns, rowOf, sift } from './candidates.ts';
import {
  insertRuns,
  lockTemplatesAlone,
  lockTemplatesShared,
  lockUnfinished,
  unfinishedOfTemplates,
} from './admission-sql.ts';
import { rowsJson } from './json-rows.ts';
import { NearLimit, type Quota } from './quota.ts';
import { insertRefusals } from './refusals.ts';
import type { Revisions } from './revisions.ts';
import { releaseReplacing, stopRuns } from './stops.ts';
import type { Transaction } from './transactions.ts';
import { Work } from './work.ts';

/** Templates remembered as needing their lock alone; only a guess that saves starting again. */
const MAX_REMEMBERED = 10_000;

/** Starts of one transaction, each with stronger locks than the one before. */
const MAX_STARTS = 5;

/** The template must be locked alone, and is locked shared: the transaction starts again. */
class NeedsLockAlone extends Error {}

/** What one transaction has decided so far. */
interface Admitting {
  readonly work: Work;
  readonly answers: Answer[];
  /**
   * Unfinished runs by template, in the database and made by this transaction; counted as far as
   * the candidates need.
   */
  readonly ofTemplate: Map<number, number>;
  /** Templates that got a run by this transaction. */
  readonly begun: Set<number>;
  readonly toReplace: ReadonlyMap<number, readonly RunJoined[]>;
  readonly rows: object[];
  readonly held: string[];
  readonly refusals: (RefusedTrigger & { templateN: number })[];
  unfinished: number;
}

/**
 * Starting runs: the decisions of a whole batch in one transaction of a few statements.
 *
 * Templates are locked shared, so that several servers admit side by side and only a change of the
 * template waits; where Forbid, Replace or an idempotency key makes runs depend on each other,
 * alone.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #quota: Quota;
  readonly #revisions: Revisions;
  readonly #alone = new Set<string>();

  constructor(limits: AdmissionLimits, quota: Quota, revisions: Revisions) {
    this.#limits = limits;
    this.#quota = quota;
    this.#revisions = revisions;
  }

  /** Admits a batch in one transaction of its own. At least the first request is not deferred. */
  admit(
    requests: readonly AdmissionRequest[],
    shard: number,
    transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>,
  ): Promise<readonly Answer[]> {
    const careful = requests.some(
      ({ idempotencyKey, templateId }) =>
        idempotencyKey !== null || this.remembersAlone(templateId),
    );
    return this.starting(careful, (alone) =>
      transaction(async (tx) => {
        const work = new Work(tx, shard);
        const answers = await this.#decideAll(
          work,
          requests,
          alone,
          await this.#quota.unfinished(tx),
        );
        await work.finish();
        return answers;
      }),
    );
  }

  /** Runs `attempt`, and again with stronger locks where the first look was too weak. */
  async starting<T>(alone: boolean, attempt: (alone: boolean) => Promise<T>): Promise<T> {
    let lockAlone = alone;
    // Each kind of new start can happen once or twice; the bound is for a defect.
    for (let starts = 1; ; starts += 1) {
      try {
        return await attempt(lockAlone);
      } catch (error) {
        const again = error instanceof NeedsLockAlone || error instanceof NearLimit;
        if (!again || starts >= MAX_STARTS) throw error;
        if (error instanceof NeedsLockAlone) lockAlone = true;
      }
    }
  }

  /** Unfinished runs of all servers; the first statement of a transaction that admits. */
  unfinished(tx: Transaction): Promise<number> {
    return this.#quota.unfinished(tx);
  }

  /** Whether runs of the template are known to depend on each other. */
  remembersAlone(templateId: string): boolean {
    return this.#alone.has(templateId);
  }

  /** Locks templates in their order: shared, or so that nobody else admits runs of them. */
  lockTemplates(
    tx: Transaction,
    ids: readonly string[],
    alone: boolean,
  ): Promise<TemplateRecord[]> {
    return tx.rows<TemplateRecord>(alone ? lockTemplatesAlone : lockTemplatesShared, [ids]);
  }

  /**
   * Admits every request within a transaction that goes on afterwards, and began with
   * `unfinished`. It is run through `starting`.
   */
  async admitAll(
    work: Work,
    requests: readonly AdmissionRequest[],
    alone: boolean,
    unfinished: number,
  ): Promise<AdmissionResult[]> {
    const results = new Map<AdmissionRequest, AdmissionResult>();
    let waiting = requests;
    let count = unfinished;
    while (waiting.length > 0) {
      const answers = await this.#decideAll(work, waiting, alone, count);
      for (const [index, request] of waiting.entries()) {
        const answer = answers[index];
        if (answer === undefined || answer === deferred) continue;
        results.set(request, answer);
        if (answer.kind === 'created') count += 1;
      }
      waiting = waiting.filter((request) => !results.has(request));
    }
    return requests.flatMap((request) => results.get(request) ?? []);
  }

  /** The order is the contract's (sae.md §4.4): template, idempotency key, overrides, then the policies. */
  async #decideAll(
    work: Work,
    requests: readonly AdmissionRequest[],
    alone: boolean,
    unfinished: number,
  ): Promise<readonly Answer[]> {
    const { tx } = work;
    const ids = [...new Set(requests.map(({ templateId }) => templateId))];
    const rows = await this.lockTemplates(tx, ids, alone);
    const templates = new Map(rows.map((row) => [row.id, row]));
    const revisions = await this.#revisions.load(
      tx,
      rows.map(({ n, revision }) => ({ template_n: n, revision })),
    );
    const answers = Array.from<Answer>({ length: requests.length }).fill(deferred);
    const known = await existingRuns(tx, requests, templates);
    const candidates = sift(requests, templates, known, revisions, answers);
    const caring = candidates.filter(({ spec }) => unfinishedToCount(spec) > 0);
    this.#remember(caring);
    if (caring.length > 0 && !alone) throw new NeedsLockAlone();

    const admitting: Admitting = {
      work,
      answers,
      ...(await unfinishedOf(work, caring)),
      begun: new Set(),
      rows: [],
      held: [],
      refusals: [],
      unfinished,
    };
    for (const candidate of candidates) await this.#decide(admitting, candidate);
    await write(admitting, requests);
    return answers;
  }

  async #decide(admitting: Admitting, candidate: Candidate): Promise<void> {
    const { work, answers, ofTemplate, begun } = admitting;
    const { index, request, template, spec } = candidate;
    const delayed = request.notBeforeMs > request.nowMs;
    // What it would replace is not written yet: it goes into the next batch.
    if (spec.concurrency === 'replace' && !delayed && begun.has(template.n)) return;
    const decision = decideAdmission(
      {
        templateId: template.id,
        templateName: template.name,
        suspended: template.suspended === 1,
        policy: spec.concurrency,
        replicas: spec.replicas,
        delayed,
        maxUnfinished: spec.maxUnfinished,
        unfinishedOfTemplate: unfinishedToCount(spec) === 0 ? 0 : (ofTemplate.get(template.n) ?? 0),
        unfinishedRuns: admitting.unfinished,
      },
      this.#limits,
    );
    if (decision.kind === 'refuse') {
      answers[index] = { kind: 'refused', error: decision.error };
      admitting.refusals.push({
        templateN: template.n,
        templateId: template.id,
        atMs: request.nowMs,
        trigger: request.trigger,
        by: request.by,
        code: decision.error.code,
        reason: decision.error.message,
      });
      return;
    }
    const stop: AttemptHandle[] = [];
    let { hold } = decision;
    if (decision.replaces) {
      const others = admitting.toReplace.get(template.n) ?? [];
      const message = `replaced by ${request.runId}`;
      const handles = await stopRuns(work, others, 'replaced', () => message, request.nowMs);
      stop.push(...[...handles.values()].flat());
      // Runs that were only queued are gone already; then nothing is left to wait for.
      const ended = others.filter(({ state }) => isFinal('run', state as RunState)).length;
      if (ended === others.length) hold = null;
      ofTemplate.set(template.n, (ofTemplate.get(template.n) ?? 0) - ended);
    }
    const run = newRun(request, template, spec, hold);
    admitting.rows.push(rowOf(candidate, run));
    if (hold === null) work.tx.wake = true;
    else admitting.held.push(run.id);
    admitting.unfinished += 1;
    work.countUnfinished(1);
    ofTemplate.set(template.n, (ofTemplate.get(template.n) ?? 0) + 1);
    begun.add(template.n);
    answers[index] = { kind: 'created', run, stop };
  }

  #remember(caring: readonly Candidate[]): void {
    if (this.#alone.size > MAX_REMEMBERED) this.#alone.clear();
    for (const { template } of caring) this.#alone.add(template.id);
  }
}

/** Only the definitions that care pay for the look; Replace locks what it is going to stop. */
async function unfinishedOf(
  work: Work,
  caring: readonly Candidate[],
): Promise<Pick<Admitting, 'ofTemplate' | 'toReplace'>> {
  const ofTemplate = new Map<number, number>();
  const toReplace = new Map<number, RunJoined[]>();
  const replacing = new Set(
    caring.filter(({ spec }) => spec.concurrency === 'replace').map(({ template }) => template.n),
  );
  if (replacing.size > 0) {
    for (const run of await work.lockRuns(lockUnfinished, [[...replacing]])) {
      const others = toReplace.get(run.template_n);
      if (others === undefined) toReplace.set(run.template_n, [run]);
      else others.push(run);
    }
    for (const [n, others] of toReplace) ofTemplate.set(n, others.length);
  }
  const counted = new Map<number, number>();
  for (const { template, spec } of caring) {
    if (replacing.has(template.n)) continue;
    const most = Math.max(counted.get(template.n) ?? 0, unfinishedToCount(spec));
    counted.set(template.n, most);
  }
  if (counted.size > 0) {
    const wanted = [...counted].map(([n, most]) => ({ n, most }));
    const rows = await work.tx.rows<{ n: number; unfinished: number }>(unfinishedOfTemplates, [
      rowsJson(wanted),
    ]);
    for (const { n, unfinished } of rows) ofTemplate.set(n, unfinished);
  }
  return { ofTemplate, toReplace };
}

async function write(admitting: Admitting, requests: readonly AdmissionRequest[]): Promise<void> {
  const { work, rows, held } = admitting;
  const nowMs = requests[0]?.nowMs ?? 0;
  // What was replaced ends before its successor appears.
  await work.flush();
  if (rows.length > 0) {
    const ns = await work.tx.rows<{ n: number; id: string }>(insertRuns, [rowsJson(rows), held]);
    for (const { n } of ns) {
      const reason = 'waits until the runs it replaces have stopped';
      work.event(n, nowMs, 'run', 'queued', 'queued', reason);
    }
  }
  await insertRefusals(work.tx, admitting.refusals);
  await releaseReplacing(work, nowMs);
  await work.flush();
}
