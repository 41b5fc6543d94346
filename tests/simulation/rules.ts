import type { ClientLedger } from './client-ledger.ts';
import type { Change } from './observer.ts';
import type { Reality } from './reality.ts';
import { type ChangeRules, liveOf, RecordsKeeper } from './records-keeper.ts';
import { isEnd, type RunRecord, type TemplateRecord, type Violate } from './records.ts';
import { ScheduleRules } from './schedule-rules.ts';

/** The invariants, held against every commit of the database. */
export class Rules {
  readonly records: RecordsKeeper;
  readonly schedules: ScheduleRules;
  readonly #violate: Violate;
  readonly #reality: Reality;
  readonly #runLimit: number | null;

  constructor(
    violate: Violate,
    ledger: ClientLedger,
    reality: Reality,
    limit: number,
    runLimit: number | null,
  ) {
    this.#violate = violate;
    this.#runLimit = runLimit;
    this.#reality = reality;
    this.schedules = new ScheduleRules(violate);
    this.records = new RecordsKeeper(violate, this.#onChanges(ledger, limit));
    reality.compareWith(this.records);
  }

  /** Checks what one commit did. */
  committed(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const run of this.records.apply(changes)) this.#runAgrees(run);
    this.schedules.committed();
  }

  #onChanges(ledger: ClientLedger, limit: number): ChangeRules {
    const violate = this.#violate;
    return {
      runAppears: (run) => {
        ledger.appears(run);
        this.#admitted(run, limit);
      },
      runStarts: (run) => this.#starts(run),
      runHidden: (run) => ledger.hidden(run),
      runErased: (run) => {
        ledger.erased(run);
        if (!isEnd('run', run.state)) violate('durable', `run ${run.id} was erased ${run.state}`);
        if (!run.hidden && !run.template.deleted) {
          violate('durable', `run ${run.id} was erased and nobody deleted it`);
        }
      },
      templateDeleted: (template) => ledger.templateDeleted(template),
      attemptAppears: (attempt, server) => {
        if (server === undefined || server.ended) {
          violate('once', `${attempt.id} was claimed under the void fence ${attempt.fence}`);
        }
        if (attempt.run.state !== 'running') {
          violate('once', `${attempt.id} was claimed for a run that is ${attempt.run.state}`);
        }
        const others = [...attempt.run.attempts.values()].filter(
          ({ index }) => index === attempt.index,
        );
        const live = others.find(({ state }) => !isEnd('attempt', state));
        if (live !== undefined) violate('once', `${attempt.id} was claimed beside ${live.id}`);
        if (attempt.number !== others.length + 1) {
          violate('once', `${attempt.id} follows ${others.length} attempts`);
        }
      },
      scheduleMoves: (template, before) => this.schedules.moves(template, before),
    };
  }

  /** Policy, suspension and quota at the moment a run appears. */
  #admitted(run: RunRecord, limit: number): void {
    const { template, spec } = run;
    const violate = this.#violate;
    if (template.deleted) violate('admission', `run ${run.id} of the deleted ${template.id}`);
    if (template.suspended) violate('admission', `run ${run.id} of the suspended ${template.id}`);
    const others = unfinishedOf(template);
    if (spec.concurrency === 'forbid' && others.length > 0) {
      violate('admission', `run ${run.id} was admitted beside ${ids(others)}, which it forbids`);
    }
    if (this.records.unfinished.size >= limit) {
      violate('admission', `run ${run.id} is one more than the ${limit} that may be unfinished`);
    }
    if (run.scheduledAtMs === null) return;
    for (const other of template.runs) {
      if (other.scheduledAtMs === run.scheduledAtMs) {
        violate('firing', `the firing at ${run.scheduledAtMs} made ${other.id} and ${run.id}`);
      }
    }
  }

  #starts(run: RunRecord): void {
    const { template, spec } = run;
    if (template.suspended) {
      this.#violate('admission', `run ${run.id} starts while ${template.id} is suspended`);
    }
    const running = [...this.records.unfinished].filter(({ state }) => state !== 'queued');
    if (this.#runLimit !== null && running.length >= this.#runLimit) {
      this.#violate('admission', `run ${run.id} starts beside ${ids(running)}, more than may`);
    }
    if (spec.concurrency === 'allow') return;
    const others = unfinishedOf(template).filter(({ state }) => state !== 'queued');
    if (others.length > 0) {
      this.#violate(
        'admission',
        `run ${run.id} (${spec.concurrency}) starts beside ${ids(others)}`,
      );
    }
  }

  /** What one commit left of a run agrees with itself and with what really ran. */
  #runAgrees(run: RunRecord): void {
    const live = liveOf(run);
    const done = isEnd('run', run.state);
    if (run.active !== live.length) {
      this.#violate('truth', `run ${run.id} counts ${run.active} active and has ${live.length}`);
    }
    if (done && live.length > 0) {
      this.#violate('truth', `run ${run.id} is ${run.state} and ${live[0]?.id} is not over`);
    }
    const budget = run.replicas + run.spec.retry.limit;
    const starts = this.#reality.starts(run.id, run.replicas);
    if (starts > budget) {
      this.#violate('truth', `run ${run.id} may start ${budget} attempts and started ${starts}`);
    }
    if (run.state === 'succeeded') {
      for (let index = 0; index < run.replicas; index += 1) {
        if (!this.#reality.endedWell(run.id, index)) {
          this.#violate('truth', `run ${run.id} succeeded, but not its instance ${index}`);
        }
      }
    }
    if (run.scheduledAtMs === null) return;
    const firing = run.template.firings.get(run.scheduledAtMs);
    if (firing?.runId !== run.id) {
      this.#violate('firing', `run ${run.id} is not in the ledger at ${run.scheduledAtMs}`);
    }
  }
}

function unfinishedOf(template: TemplateRecord): RunRecord[] {
  return [...template.runs].filter((run) => !isEnd('run', run.state));
}

function ids(runs: readonly RunRecord[]): string {
  return runs.map(({ id, state }) => `${id} (${state})`).join(', ');
}
