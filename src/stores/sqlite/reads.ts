import type { Attempt, Instance, Run, RunDetail, RunEvent } from '../../domain/run.ts';
import type { DialectName, TemplateChange } from '../../domain/template.ts';
import type { ListedRun } from '../../ports/run-lists.ts';
import type { RunWithInstances } from '../../ports/run-details.ts';
import type { Page, RunQuery, TemplateQuery, TemplateSummary } from '../../ports/store.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import { toInstances } from '../sql/instances.ts';
import { listChanges, listRunRows, listRuns, listTemplates } from '../sql/lists.ts';
import {
  type RunJoined,
  type TemplateRecord,
  toAttempt,
  toChange,
  toRun,
  toTemplate,
} from '../sql/rows.ts';
import { demandFew, instancesByRun } from '../sql/run-details.ts';
import type { AttemptRow, EventRow, InstanceRow, TemplateChangeRow } from '../sql/schema.ts';
import { runStory } from '../sql/story.ts';
import { lazy, runColumns, type Session } from './session.ts';
import type { Tags } from './tags.ts';

/** A run with its rows of `instances`, as JSON. */
interface SomeRun extends RunJoined {
  instance_rows: string;
}

/** Lists and details. Point look-ups are prepared by hand, filters are composed with Kysely. */
export class Reads {
  readonly #session: Session;
  readonly #tags: Tags;
  readonly #run;
  readonly #someRuns;
  readonly #known;
  readonly #latest;
  readonly #latestChange;
  readonly #instances;
  readonly #attempts;
  readonly #attemptsOfSome;
  readonly #events;
  readonly #counts;

  constructor(session: Session, tags: Tags) {
    this.#session = session;
    this.#tags = tags;
    const { db } = session;
    const visible = 'r.deleted_at is null and t.deleted_at is null';
    this.#run = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.id = ? and ${visible}`,
      ),
    );
    this.#someRuns = lazy(() =>
      db.prepare(
        // Few runs have rows of instances, so they come along; attempts are many and come as rows.
        `select ${runColumns}, (select json_group_array(json_object('run_n', i.run_n, 'idx', i.idx,
           'state', i.state, 'attempt', i.attempt, 'due_at', i.due_at)) from instances i where i.run_n = r.n) as instance_rows
         from runs r join templates t on t.n = r.template_n
         where r.id in (select value from json_each(?)) and ${visible}`,
      ),
    );
    this.#known = lazy(() =>
      db
        .prepare(
          `select r.id from runs r join templates t on t.n = r.template_n
           where r.id in (select value from json_each(?)) and ${visible}`,
        )
        .pluck(),
    );
    this.#latest = lazy(() =>
      db.prepare(
        `select ${runColumns} from templates t join runs r on r.template_n = t.n where t.id = ? and ${visible} order by r.n desc limit 1`,
      ),
    );
    this.#latestChange = lazy(() =>
      db.prepare('select * from template_changes where template_id = ? order by n desc limit 1'),
    );
    this.#instances = lazy(() =>
      db.prepare('select * from instances where run_n = ? order by idx'),
    );
    this.#attempts = lazy(() =>
      db.prepare('select * from attempts where run_n = ? order by idx, number'),
    );
    this.#attemptsOfSome = lazy(() =>
      db.prepare('select * from attempts where run_n in (select value from json_each(?))'),
    );
    this.#events = lazy(() => db.prepare('select * from events where run_n = ? order by seq'));
    this.#counts = lazy(() =>
      db.prepare(
        `select count(*) filter (where state = 'queued') as queued, count(*) filter (where state <> 'queued') as running,
                (select count(*) from attempts where state in ('claimed', 'running', 'stopping')) as activeAttempts
         from runs where state in ('queued', 'running', 'stopping')`,
      ),
    );
  }

  run(id: string): RunDetail | null {
    const row = this.#find(id);
    return row === undefined ? null : this.#detail(row);
  }

  /** Both statements see one state: nothing is written between the reads of one turn. */
  runsWithInstances(ids: readonly string[]): RunWithInstances[] {
    demandFew(ids);
    const rows = this.#someRuns().all(JSON.stringify(ids)) as SomeRun[];
    const places = JSON.stringify(rows.map(({ n }) => n));
    const attempts = this.#attemptsOfSome().all(places) as AttemptRow[];
    const instances = rows.flatMap((row) => JSON.parse(row.instance_rows) as InstanceRow[]);
    const byRun = instancesByRun(rows, instances, attempts);
    return rows.map((row) => ({ run: this.#detail(row), instances: byRun.get(row.n) ?? [] }));
  }

  known(ids: readonly string[]): string[] {
    demandFew(ids);
    return this.#known().all(JSON.stringify(ids)) as string[];
  }

  latestRun(templateId: string): Run | null {
    const row = this.#latest().get(templateId) as RunJoined | undefined;
    return row === undefined ? null : toRun(row);
  }

  instances(runId: string): Instance[] {
    const row = this.#find(runId);
    if (row === undefined) return [];
    const attempts = this.#attempts().all(row.n) as AttemptRow[];
    return toInstances(row, this.#instances().all(row.n) as InstanceRow[], attempts);
  }

  attempt(attemptIdText: string): (Attempt & { runId: string }) | null {
    const at = parseAttemptId(attemptIdText);
    const row = at === null ? undefined : this.#find(at.runId);
    if (at === null || row === undefined) return null;
    const attempt = (this.#attempts().all(row.n) as AttemptRow[]).find(
      (a) => a.idx === at.index && a.number === at.number,
    );
    return attempt === undefined ? null : { ...toAttempt(row.id, attempt), runId: row.id };
  }

  events(runId: string): RunEvent[] {
    const row = this.#find(runId);
    if (row === undefined) return [];
    const attempts = this.#attempts().all(row.n) as AttemptRow[];
    return runStory(row, attempts, this.#events().all(row.n) as EventRow[]);
  }

  counts(): { queued: number; running: number; activeAttempts: number } {
    return this.#counts().get() as { queued: number; running: number; activeAttempts: number };
  }

  runs(query: RunQuery): Promise<Page<ListedRun>> {
    return listRuns(this.#session.sql, query);
  }

  runRows(query: RunQuery): Promise<readonly ListedRun[]> {
    return listRunRows(this.#session.sql, query);
  }

  async templates(query: TemplateQuery): Promise<Page<TemplateSummary>> {
    const { rows, total } = await listTemplates(this.#session.sql, 'sqlite', query);
    return { rows: rows.map((row) => this.#summary(row)), total };
  }

  changes(templateId: string, offset: number, limit: number): Promise<Page<TemplateChange>> {
    return listChanges(this.#session.sql, templateId, offset, limit);
  }

  #summary(row: TemplateRecord): TemplateSummary {
    const change = this.#latestChange().get(row.id) as TemplateChangeRow | undefined;
    return {
      ...toTemplate(row, this.#session.revision(row.n, row.revision)),
      latestRun: this.latestRun(row.id),
      latestChange: change === undefined ? null : toChange(change),
      tags: this.#tags.of(row.dialect as DialectName, row.id),
    };
  }

  #detail(row: RunJoined): RunDetail {
    return {
      ...toRun(row),
      ...this.#session.runDefinition(row),
      templateName: row.template_name,
      traceparent: row.traceparent,
    };
  }

  #find(id: string): RunJoined | undefined {
    return this.#run().get(id) as RunJoined | undefined;
  }
}
