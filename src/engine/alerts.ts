import {
  type AlertKind,
  type AlertPlan,
  endAlert,
  failureIsDue,
  type FailureRule,
  runsToCount,
  targetsOf,
} from '../domain/alerts.ts';
import type { RunDetail } from '../domain/run.ts';
import { isFinal } from '../domain/states.ts';
import type { DialectName } from '../domain/template.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ClaimedAttempt } from '../ports/store.ts';
import { AlertDelivery } from './alerts-delivery.ts';
import { AlertMarks } from './alerts-marks.ts';
import { AlertWatch } from './alerts-watch.ts';
import { noticeOf } from './alerts-words.ts';
import type { Runtime } from './runtime.ts';

/** Runs that wait to be looked at; of further ones nothing is told. */
const MAX_QUEUED = 10_000;
/** Alerts that are being delivered or wait for another try; further ones are not delivered. */
const MAX_DELIVERING = 1_000;
/** Looks at a run when the store fails, and the wait between them. */
const MAX_LOOKS = 5;
const STORE_RETRY_MS = 500;
/** How long ago something may have happened that a new life of the server still tells. */
const CATCH_UP_MS = 15 * 60_000;
/** Runs that are looked at for that, of those created in the last day. */
const MAX_CAUGHT_UP = 2_000;
const DAY_MS = 86_400_000;
/** Runs read in one go. */
const PAGE = 200;
/** Runs of a template that may have ended since the one that is looked at. */
const MAX_NEWER = 100;
/** Waits between tries of a delivery. */
const RETRY_DELAYS_MS = [1_000, 10_000, 60_000, 300_000] as const;

/** What a dialect says about alerts of its templates. */
export interface AlertRules {
  /** How long a run may take before that is told, from its start; null = any time. Cheap. */
  timeoutMs(run: RunDetail): number | null;
  /** What is told about this run, and to whom; null = nothing. */
  plan(run: RunDetail): Promise<AlertPlan | null>;
  /** Whether a failed run failed because no worker took it. */
  lacksWorker(run: RunDetail): boolean;
}

export interface AlertOptions {
  /** Dialects whose templates may ask for alerts. */
  readonly rules: Readonly<Partial<Record<DialectName, AlertRules>>>;
  readonly notifiers: readonly Notifier[];
  /** Whether a run of this id may be one of theirs, so that others are not read; absent = any. */
  readonly concerns?: (runId: string) => boolean;
  /** Absent = four, from a second to five minutes. */
  readonly retryDelaysMs?: readonly number[];
}

type AlertRuntime = Pick<Runtime, 'store' | 'clock' | 'log'>;

interface Question {
  readonly runId: string;
  readonly why: 'ended' | 'overdue';
}

/**
 * Tells people about runs (schedulerx.md §5.12). It hears of runs and never holds one up: what it
 * does happens behind them, with bounds on everything. Each alert is marked durably before it is
 * sent, so that neither another server nor a restart sends it again; after a crash in the middle of
 * a delivery the next life of the host delivers it once more rather than never.
 */
export class Alerts {
  readonly #runtime: AlertRuntime;
  readonly #options: AlertOptions;
  readonly #marks: AlertMarks;
  readonly #delivery: AlertDelivery;
  readonly #watch: AlertWatch;
  readonly #queue: Question[] = [];
  readonly #delivering = new Set<Promise<void>>();
  #working: Promise<void> | null = null;
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `host` names this server's marks through all its lives. */
  constructor(runtime: AlertRuntime, host: string, options: AlertOptions) {
    const { clock, log } = runtime;
    this.#runtime = runtime;
    this.#options = options;
    this.#marks = new AlertMarks(runtime.store, host);
    const { notifiers, retryDelaysMs = RETRY_DELAYS_MS } = options;
    this.#delivery = new AlertDelivery({ notifiers, retryDelaysMs, clock, log });
    this.#watch = new AlertWatch(clock, (runId) => this.#ask({ runId, why: 'overdue' }));
  }

  /**
   * Goes on with what an earlier life of this host began, and with what ended while nobody looked.
   * A fault of the store is logged.
   */
  start(): void {
    this.#starting = this.#findMissed();
  }

  /** An attempt was claimed: its run begins, or goes on. */
  claimed({ run }: ClaimedAttempt): void {
    this.#expect(run);
  }

  /** Runs reached a final state. */
  finished(runIds: readonly string[]): void {
    for (const runId of runIds) {
      this.#watch.forget(runId);
      if (this.#options.concerns?.(runId) ?? true) this.#ask({ runId, why: 'ended' });
    }
  }

  /** Nothing of the template will be told any more. */
  async templateDeleted(dialect: DialectName, templateId: string): Promise<void> {
    if (this.#options.rules[dialect] === undefined) return;
    await this.#marks.forget(dialect, templateId, this.#runtime.clock.nowMs());
  }

  /** Resolves when everything that was heard of so far is told or given up. */
  async settled(): Promise<void> {
    await this.#starting;
    while (this.#working !== null || this.#delivering.size > 0) {
      await Promise.all([this.#working, ...this.#delivering]);
    }
  }

  /** Ends deliveries; those that are not over are the next life's. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#watch.stop();
    this.#delivery.stop();
    await this.settled();
  }

  async #findMissed(): Promise<void> {
    try {
      const nowMs = this.#runtime.clock.nowMs();
      for (const dialect of this.#dialects()) {
        for (const { run, kind } of await this.#marks.unfinished(dialect, nowMs - CATCH_UP_MS)) {
          await this.#resume(run, kind);
        }
        await this.#catchUp(dialect, nowMs);
        await this.#watchRunning(dialect);
      }
    } catch (error) {
      this.#runtime.log.error({ err: error }, 'looking for alerts that were missed failed');
    }
  }

  #dialects(): readonly DialectName[] {
    return Object.keys(this.#options.rules) as DialectName[];
  }

  #expect(run: RunDetail): void {
    const timeoutMs = this.#options.rules[run.dialect]?.timeoutMs(run) ?? null;
    if (timeoutMs === null || this.#stopped) return;
    this.#watch.expect(run.id, (run.startedAtMs ?? this.#runtime.clock.nowMs()) + timeoutMs);
  }

  #ask(question: Question): void {
    if (this.#stopped) return;
    if (this.#queue.length >= MAX_QUEUED) {
      this.#runtime.log.error(
        question,
        'too many runs wait to be told about: this one is left out',
      );
      return;
    }
    this.#queue.push(question);
    this.#working ??= this.#work();
  }

  /** One after the other, so that failures in a row are counted in their order. */
  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#answer(next);
    }
    // In the same turn as the last look at the queue: what comes now begins anew.
    this.#working = null;
  }

  async #answer(question: Question): Promise<void> {
    const { clock, log } = this.#runtime;
    for (let look = 1; look <= MAX_LOOKS && !this.#stopped; look += 1) {
      try {
        await this.#decide(question);
        return;
      } catch (error) {
        log.error({ err: error, ...question, look }, 'deciding what to tell about a run failed');
        await new Promise<void>((resolve) => void clock.after(STORE_RETRY_MS, resolve));
      }
    }
  }

  async #decide({ runId, why }: Question): Promise<void> {
    const run = await this.#runtime.store.run(runId);
    if (run === null) return;
    const rules = this.#options.rules[run.dialect];
    if (rules === undefined) return;
    const ended = isFinal('run', run.state);
    // It ended just now: that is told by its end.
    if (why === 'overdue' && ended) return;
    const plan = await rules.plan(run);
    if (plan === null) return;
    if (why === 'overdue') {
      if (plan.timeout) await this.#tell('timeout', run, plan);
      return;
    }
    const kind = endAlert(plan, run, ended && rules.lacksWorker(run));
    if (kind === null) return;
    const { failures } = plan;
    if (kind === 'failed' && failures !== null && !(await this.#isDue(failures, run))) return;
    await this.#tell(kind, run, plan);
  }

  async #isDue(rule: FailureRule, run: RunDetail): Promise<boolean> {
    const { templateId, dialect } = run;
    const { rows } = await this.#runtime.store.runs({
      dialect,
      templateId,
      states: ['succeeded', 'failed'],
      offset: 0,
      limit: runsToCount(rule) + MAX_NEWER,
    });
    // Others may have ended since: each failure is judged by what came before it.
    const at = Math.max(
      0,
      rows.findIndex(({ id }) => id === run.id),
    );
    const upToIt = rows.slice(at);
    const toldId = await this.#marks.lastFailure(run);
    const told = rows.findIndex(({ id }) => id === toldId);
    const untold = told < 0 ? upToIt.length : Math.max(0, told - at);
    const failures = upToIt.map(({ state, verdict }) => state === 'failed' && verdict === null);
    return failureIsDue(rule, failures, untold);
  }

  async #tell(kind: AlertKind, run: RunDetail, plan: AlertPlan): Promise<void> {
    const { clock, log } = this.#runtime;
    const nowMs = clock.nowMs();
    const about = { run: run.id, kind };
    const { targets, unused } = targetsOf(plan, nowMs);
    if (unused.length > 0) log.warn({ ...about, unused }, 'an alert has nobody to tell this way');
    if (targets.length === 0) return;
    if (this.#delivering.size >= MAX_DELIVERING) {
      log.error(about, 'too many alerts are being delivered: this one is left out');
      return;
    }
    const aboutMs = run.endedAtMs ?? nowMs;
    if (await this.#marks.claim(run, kind, aboutMs, nowMs)) this.#deliver(kind, run, plan);
  }

  /** Begins to deliver what is marked. */
  #deliver(kind: AlertKind, run: RunDetail, plan: AlertPlan): void {
    const { clock, log } = this.#runtime;
    const timezone = plan.times?.timezone ?? run.spec.timezone;
    const notice = noticeOf(kind, run, { timezone, atAll: plan.atAll });
    const { targets } = targetsOf(plan, clock.nowMs());
    const delivering = this.#delivery
      .deliver(targets, notice)
      .then(async (over) => {
        if (over) await this.#marks.done(run, kind, clock.nowMs());
      })
      .catch((error: unknown) => {
        log.error({ err: error, run: run.id, kind }, 'noting that an alert was delivered failed');
      })
      .finally(() => this.#delivering.delete(delivering));
    this.#delivering.add(delivering);
  }

  async #resume(runId: string, kind: AlertKind): Promise<void> {
    const run = await this.#runtime.store.run(runId);
    const plan = run === null ? null : await this.#options.rules[run.dialect]?.plan(run);
    if (run === null || plan === null || plan === undefined) return;
    if (this.#delivering.size < MAX_DELIVERING) this.#deliver(kind, run, plan);
  }

  async #catchUp(dialect: DialectName, nowMs: number): Promise<void> {
    const missed: string[] = [];
    for (let offset = 0; offset < MAX_CAUGHT_UP; offset += PAGE) {
      const { rows, total } = await this.#runtime.store.runs({
        dialect,
        states: ['succeeded', 'failed'],
        createdFromMs: nowMs - DAY_MS,
        offset,
        limit: PAGE,
      });
      for (const { id, endedAtMs } of rows) {
        if ((endedAtMs ?? 0) >= nowMs - CATCH_UP_MS) missed.push(id);
      }
      if (offset + rows.length >= total || rows.length === 0) break;
    }
    this.finished(missed.toReversed());
  }

  async #watchRunning(dialect: DialectName): Promise<void> {
    for (let offset = 0; offset < MAX_CAUGHT_UP; offset += PAGE) {
      const { rows, total } = await this.#runtime.store.runs({
        dialect,
        states: ['running'],
        offset,
        limit: PAGE,
      });
      for (const { id } of rows) {
        const run = await this.#runtime.store.run(id);
        if (run !== null) this.#expect(run);
      }
      if (offset + rows.length >= total || rows.length === 0) return;
    }
  }
}
