import type { AttemptState, InstanceState, RunState } from '../../src/domain/states.ts';
import type { JobSpec } from '../../src/domain/template.ts';
import type { ScheduleDefinition } from '../../src/domain/schedule/definition.ts';
import type { Change } from './observer.ts';
import {
  type AttemptRecord,
  isEnd,
  type Machine,
  mayFollow,
  type RunRecord,
  type ServerRecord,
  type TemplateRecord,
  type Violate,
} from './records.ts';

type Row = Change['row'];

/** Rules that look at one change, with everything as it was right before it. */
export interface ChangeRules {
  runAppears(run: RunRecord): void;
  runStarts(run: RunRecord): void;
  runHidden(run: RunRecord): void;
  runErased(run: RunRecord): void;
  templateDeleted(template: TemplateRecord): void;
  attemptAppears(attempt: AttemptRecord, server: ServerRecord | undefined): void;
  scheduleMoves(template: TemplateRecord, before: TemplateRecord['schedule']): void;
}

/** What the database holds, followed change by change; each step is checked before it is noted. */
export class RecordsKeeper {
  readonly templates = new Map<number, TemplateRecord>();
  readonly runs = new Map<number, RunRecord>();
  readonly runsById = new Map<string, RunRecord>();
  readonly attempts = new Map<string, AttemptRecord>();
  readonly servers = new Map<number, ServerRecord>();
  /** Runs without an end. */
  readonly unfinished = new Set<RunRecord>();
  readonly #violate: Violate;
  readonly #rules: ChangeRules;
  #touched = new Set<RunRecord>();

  constructor(violate: Violate, rules: ChangeRules) {
    this.#violate = violate;
    this.#rules = rules;
  }

  /** Notes the changes of one commit. @returns the runs that they touched. */
  apply(changes: readonly Change[]): ReadonlySet<RunRecord> {
    this.#touched = new Set();
    for (const { kind, row } of changes) this.#note(kind, row);
    return this.#touched;
  }

  /** Attempts without an end, of all runs. */
  liveAttempts(): readonly AttemptRecord[] {
    return [...this.unfinished].flatMap((run) => liveOf(run));
  }

  #note(kind: string, row: Row): void {
    const [word, sign] = [kind.slice(0, -1), kind.slice(-1)];
    if (word === 'template') this.#template(sign, row);
    else if (word === 'revision') this.#revision(sign, row);
    else if (word === 'run') this.#run(sign, row);
    else if (word === 'instance') this.#instance(sign, row);
    else if (word === 'attempt') this.#attempt(sign, row);
    else if (word === 'firing') this.#firing(sign, row);
    else if (word === 'schedule') this.#schedule(sign, row);
    else if (word === 'server') this.#server(sign, row);
  }

  #template(sign: string, row: Row): void {
    const n = number(row, 'n');
    if (sign === '+') {
      this.templates.set(n, {
        n,
        id: text(row, 'id'),
        suspended: false,
        deleted: false,
        revisions: new Map(),
        runs: new Set(),
        firings: new Map(),
        schedule: null,
      });
      return;
    }
    const template = this.#templateOf(n);
    if (sign === '-') {
      if (!template.deleted) this.#violate('durable', `template ${template.id} vanished`);
      this.templates.delete(n);
      return;
    }
    template.suspended = row['suspended'] === 1;
    if (row['deleted_at'] !== null && !template.deleted) {
      this.#rules.templateDeleted(template);
      template.deleted = true;
    }
  }

  #revision(sign: string, row: Row): void {
    if (sign !== '+') return;
    const template = this.#templateOf(number(row, 'template_n'));
    template.revisions.set(number(row, 'revision'), JSON.parse(text(row, 'spec')) as JobSpec);
  }

  #run(sign: string, row: Row): void {
    const n = number(row, 'n');
    if (sign === '+') {
      const template = this.#templateOf(number(row, 'template_n'));
      const own = row['spec'];
      const spec =
        typeof own === 'string'
          ? (JSON.parse(own) as JobSpec)
          : template.revisions.get(number(row, 'revision'));
      if (spec === undefined) throw new Error(`run ${text(row, 'id')} of an unknown revision`);
      const run: RunRecord = {
        n,
        id: text(row, 'id'),
        template,
        trigger: text(row, 'trigger'),
        by: text(row, 'by'),
        key: row['idempotency_key'] as string | null,
        spec,
        replicas: number(row, 'replicas'),
        scheduledAtMs: row['scheduled_at'] as number | null,
        state: text(row, 'state') as RunState,
        hold: row['hold'] as string | null,
        hidden: false,
        active: 0,
        instances: new Map(),
        attempts: new Map(),
      };
      this.#rules.runAppears(run);
      this.runs.set(n, run);
      this.runsById.set(run.id, run);
      this.unfinished.add(run);
      template.runs.add(run);
      this.#touched.add(run);
      return;
    }
    const run = this.#runOf(n);
    this.#touched.add(run);
    if (sign === '-') {
      this.#rules.runErased(run);
      for (const id of run.attempts.keys()) this.attempts.delete(id);
      this.runs.delete(n);
      this.runsById.delete(run.id);
      this.unfinished.delete(run);
      run.template.runs.delete(run);
      this.#touched.delete(run);
      return;
    }
    const state = text(row, 'state') as RunState;
    this.#step('run', run.id, run.state, state);
    if (run.state === 'queued' && state === 'running') this.#rules.runStarts(run);
    run.state = state;
    run.hold = row['hold'] as string | null;
    run.active = number(row, 'active');
    if (isEnd('run', state)) this.unfinished.delete(run);
    if (row['deleted_at'] !== null && !run.hidden) {
      this.#rules.runHidden(run);
      run.hidden = true;
    }
  }

  #instance(sign: string, row: Row): void {
    if (sign === '-') return;
    const run = this.#runOf(number(row, 'run_n'));
    const index = number(row, 'idx');
    const state = text(row, 'state') as InstanceState;
    this.#touched.add(run);
    const known = run.instances.get(index);
    if (known === undefined) {
      run.instances.set(index, { index, state, newest: number(row, 'attempt') });
      return;
    }
    this.#step('instance', `${run.id}.${index}`, known.state, state);
    known.state = state;
    known.newest = number(row, 'attempt');
  }

  #attempt(sign: string, row: Row): void {
    if (sign === '-') return;
    const run = this.#runOf(number(row, 'run_n'));
    const [index, count] = [number(row, 'idx'), number(row, 'number')];
    const id = `${run.id}.${index}.${count}`;
    const state = text(row, 'state') as AttemptState;
    const fence = number(row, 'fence');
    this.#touched.add(run);
    const known = run.attempts.get(id);
    if (known === undefined) {
      const attempt: AttemptRecord = { id, index, number: count, run, state, fence };
      this.#rules.attemptAppears(attempt, this.servers.get(fence));
      run.attempts.set(id, attempt);
      this.attempts.set(id, attempt);
      return;
    }
    this.#step('attempt', id, known.state, state);
    if (fence < known.fence) {
      this.#violate('once', `${id} went back from fence ${known.fence} to ${fence}`);
    }
    known.state = state;
    known.fence = fence;
  }

  #firing(sign: string, row: Row): void {
    const template = this.templates.get(number(row, 'template_n'));
    if (template === undefined) return;
    const nominalMs = number(row, 'nominal_at');
    const at = `firing of ${template.id} at ${nominalMs}`;
    if (sign === '-') {
      if (!template.deleted) this.#violate('firing', `${at} vanished from the ledger`);
      return;
    }
    if (sign === '~' || template.firings.has(nominalMs)) {
      this.#violate('firing', `${at} was decided twice`);
    }
    template.firings.set(nominalMs, {
      nominalMs,
      untilMs: number(row, 'until_at'),
      outcome: text(row, 'outcome'),
      runId: row['run_id'] as string | null,
    });
  }

  #schedule(sign: string, row: Row): void {
    const template = this.templates.get(number(row, 'template_n'));
    if (template === undefined) return;
    const before = template.schedule;
    if (sign === '-') {
      template.schedule = null;
      return;
    }
    const definition = text(row, 'definition');
    template.schedule = {
      definition: JSON.parse(definition) as ScheduleDefinition,
      text: definition,
      sinceMs: number(row, 'since_at'),
      nextMs: row['next_at'] as number | null,
      lastMs: row['last_at'] as number | null,
      paused: row['paused'] === 1,
      delayMs: row['delay_ms'] as number | null,
      note: text(row, 'note'),
    };
    this.#rules.scheduleMoves(template, before);
  }

  #server(sign: string, row: Row): void {
    if (sign === '-') return;
    const fence = number(row, 'fence');
    const known = this.servers.get(fence);
    if (known !== undefined) {
      known.ended ||= row['ended_at'] !== null;
      return;
    }
    for (const older of this.servers.keys()) {
      if (older >= fence) this.#violate('once', `fence ${fence} was handed out after ${older}`);
    }
    this.servers.set(fence, { fence, host: text(row, 'host'), ended: false });
  }

  #step(machine: Machine, id: string, from: string, to: string): void {
    if (from === to || mayFollow(machine, from, to)) return;
    this.#violate('final', `${machine} ${id} went from ${from} to ${to}`);
  }

  #templateOf(n: number): TemplateRecord {
    const template = this.templates.get(n);
    if (template === undefined) throw new Error(`a row refers to the unknown template ${n}`);
    return template;
  }

  #runOf(n: number): RunRecord {
    const run = this.runs.get(n);
    if (run === undefined) throw new Error(`a row refers to the unknown run ${n}`);
    return run;
  }
}

/** A run's attempts without an end. */
export function liveOf(run: RunRecord): readonly AttemptRecord[] {
  return [...run.attempts.values()].filter((attempt) => !isEnd('attempt', attempt.state));
}

function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`${column} is no number: ${String(value)}`);
  return value;
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`${column} is no text: ${String(value)}`);
  return value;
}
