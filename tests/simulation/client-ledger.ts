import type { Run } from '../../src/domain/run.ts';
import type { RecordsKeeper } from './records-keeper.ts';
import { isEnd, type RunRecord, type TemplateRecord, type Violate } from './records.ts';

/** What clients asked for and were told; the database is held to it. */
export class ClientLedger {
  readonly #violate: Violate;
  readonly #calls = new Set<string>();
  readonly #acknowledged = new Map<string, string>();
  readonly #deletions = new Set<string>();
  readonly #finals = new Map<string, string>();
  /** Run ids that a key has made, by template and key; more than one after a deletion only. */
  readonly #keys = new Map<string, string[]>();
  readonly #erased = new Set<string>();

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  /** A client sends a wish for a run; `call` is unique and comes back as the run's `by`. */
  wishes(call: string): void {
    this.#calls.add(call);
  }

  /** A client sends a deletion of a run or a template. */
  asksDeletion(id: string): void {
    this.#deletions.add(id);
  }

  askedDeletion(id: string): boolean {
    return this.#deletions.has(id);
  }

  /** A run appears in the database: somebody must have asked for it, for each time of asking once. */
  appears(run: RunRecord): void {
    if (run.trigger !== 'manual') return;
    if (!this.#calls.delete(run.by)) {
      this.#violate('durable', `run ${run.id} appears, and ${run.by} did not ask or has its run`);
    }
    if (run.key === null) return;
    const key = `${run.template.id} ${run.key}`;
    const made = this.#keys.get(key) ?? [];
    for (const other of run.template.runs) {
      if (other.key === run.key && !other.hidden) {
        this.#violate('key', `key ${key} made ${run.id} beside ${other.id}`);
      }
    }
    this.#keys.set(key, [...made, run.id]);
  }

  erased(run: RunRecord): void {
    this.#erased.add(run.id);
  }

  /** A client reads the id of its run. */
  acknowledged(run: Run, records: RecordsKeeper): void {
    this.#acknowledged.set(run.id, run.templateId);
    if (!records.runsById.has(run.id) && !this.#erased.has(run.id)) {
      this.#violate('durable', `a client was told of run ${run.id}, which does not exist`);
    }
    if (run.idempotencyKey === null) return;
    const key = `${run.templateId} ${run.idempotencyKey}`;
    if (this.#keys.get(key)?.includes(run.id) !== true) {
      const made = this.#keys.get(key) ?? [];
      this.#violate('key', `key ${key} was answered with ${run.id}, but made ${made.join(', ')}`);
    }
  }

  /** A client reads a run. */
  seen(run: Run): void {
    const final = this.#finals.get(run.id);
    if (final !== undefined && final !== run.state) {
      this.#violate('final', `a client saw run ${run.id} ${final} and then ${run.state}`);
    }
    if (isEnd('run', run.state)) this.#finals.set(run.id, run.state);
  }

  /** At the end: every acknowledged run that nobody deleted is there. */
  settle(records: RecordsKeeper): void {
    for (const [runId, templateId] of this.#acknowledged) {
      if (records.runsById.has(runId)) continue;
      if (this.#deletions.has(runId) || this.#deletions.has(templateId)) continue;
      this.#violate('durable', `the accepted run ${runId} is gone and nobody deleted it`);
    }
  }

  hidden(run: RunRecord): void {
    if (!this.#deletions.has(run.id)) {
      this.#violate('durable', `run ${run.id} was hidden and nobody deleted it`);
    }
  }

  templateDeleted(template: TemplateRecord): void {
    if (!this.#deletions.has(template.id)) {
      this.#violate('durable', `template ${template.id} is gone and nobody deleted it`);
    }
  }
}
