import type { Kysely } from 'kysely';
import type { Attempt, Instance, Run, RunDetail, RunEvent } from '../../domain/run.ts';
import type { RunWithInstances } from '../../ports/run-details.ts';
import type { Page, TemplateQuery, TemplateSummary } from '../../ports/store.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import { toInstances } from '../sql/instances.ts';
import { listTemplates } from '../sql/lists.ts';
import {
  type RunJoined,
  type RunRecord,
  toAttempt,
  toChange,
  toRun,
  toTemplate,
} from '../sql/rows.ts';
import { demandFew, instancesByRun } from '../sql/run-details.ts';
import type {
  AttemptRow,
  Database,
  EventRow,
  InstanceRow,
  TemplateChangeRow,
} from '../sql/schema.ts';
import { runStory } from '../sql/story.ts';
import { runDefinition, type Revisions, type RevisionsOf } from './revisions.ts';
import { tagsOf } from './tags.ts';
import { type Queries, statement } from './transactions.ts';
import { runColumns } from './work.ts';

const visible = 'r.deleted_at is null and t.deleted_at is null';
const runById = statement(
  'run',
  `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.id = $1 and ${visible}`,
);
// Looked up one by one, whatever the database believes about a template's runs; ids are different.
const runsNamed = `unnest($1::text[]) as w(id)
   cross join lateral (select o.* from runs o where o.id = w.id limit 1) as r
   cross join lateral (select m.* from templates m where m.n = r.template_n limit 1) as t`;
// One statement sees one state of all three.
const runsById = statement(
  'runs-with-instances',
  `select ${runColumns},
     (select coalesce(json_agg(a), '[]') from attempts a where a.run_n = r.n) as attempt_rows,
     (select coalesce(json_agg(i), '[]') from instances i where i.run_n = r.n) as instance_rows
   from ${runsNamed} where ${visible}`,
);
const knownRuns = statement('known-runs', `select r.id from ${runsNamed} where ${visible}`);
const latestRuns = statement(
  'latest-runs',
  `select l.* from templates t cross join lateral (
     select ${runColumns} from runs r where r.template_n = t.n and ${visible} order by r.n desc limit 1) as l
   where t.id = any($1::text[])`,
);
const latestChanges = statement(
  'latest-changes',
  `select l.* from unnest($1::text[]) as w(id) cross join lateral (
     select c.* from template_changes c where c.template_id = w.id order by c.n desc limit 1) as l`,
);
const instancesOf = statement('instances', 'select * from instances where run_n = $1 order by idx');
const attemptsOf = statement(
  'attempts',
  'select * from attempts where run_n = $1 order by idx, number',
);
const attemptAt = statement(
  'attempt',
  'select * from attempts where run_n = $1 and idx = $2 and number = $3',
);
// One statement sees one state of all three.
const storyOf = statement(
  'story',
  `select r.*,
     (select coalesce(json_agg(a), '[]') from attempts a where a.run_n = r.n) as attempts,
     (select coalesce(json_agg(e order by e.seq), '[]') from events e where e.run_n = r.n) as written
   from runs r join templates t on t.n = r.template_n
   where r.id = $1 and r.deleted_at is null and t.deleted_at is null`,
);
const countRuns = statement(
  'counts',
  `select count(*) filter (where state = 'queued') as queued, count(*) filter (where state <> 'queued') as running,
     (select count(*) from attempts where state in ('claimed', 'running', 'stopping')) as active_attempts
   from runs where state in ('queued', 'running', 'stopping')`,
);

/** Lists and details. */
export class Reads {
  readonly #db: Queries;
  readonly #sql: Kysely<Database>;
  readonly #revisions: Revisions;

  constructor(db: Queries, sql: Kysely<Database>, revisions: Revisions) {
    this.#db = db;
    this.#sql = sql;
    this.#revisions = revisions;
  }

  async run(id: string): Promise<RunDetail | null> {
    const row = await this.#find(id);
    if (row === undefined) return null;
    return toDetail(row, await this.#revisionsOf([row]));
  }

  async runsWithInstances(ids: readonly string[]): Promise<RunWithInstances[]> {
    demandFew(ids);
    if (ids.length === 0) return [];
    type Row = RunJoined & {
      readonly attempt_rows: AttemptRow[];
      readonly instance_rows: InstanceRow[];
    };
    const rows = await this.#db.rows<Row>(runsById, [[...new Set(ids)]]);
    const revisions = await this.#revisionsOf(rows);
    const instances = rows.flatMap(({ instance_rows }) => instance_rows);
    const attempts = rows.flatMap(({ attempt_rows }) => attempt_rows);
    const byRun = instancesByRun(rows, instances, attempts);
    return rows.map((row) => ({
      run: toDetail(row, revisions),
      instances: byRun.get(row.n) ?? [],
    }));
  }

  async known(ids: readonly string[]): Promise<string[]> {
    demandFew(ids);
    if (ids.length === 0) return [];
    const rows = await this.#db.rows<{ id: string }>(knownRuns, [[...new Set(ids)]]);
    return rows.map(({ id }) => id);
  }

  async latestRun(templateId: string): Promise<Run | null> {
    const [row] = await this.#db.rows<RunJoined>(latestRuns, [[templateId]]);
    return row === undefined ? null : toRun(row);
  }

  async instances(runId: string): Promise<Instance[]> {
    const row = await this.#find(runId);
    if (row === undefined) return [];
    // Attempts first: an instance is never behind its attempts.
    const attempts = await this.#db.rows<AttemptRow>(attemptsOf, [row.n]);
    const instances = await this.#db.rows<InstanceRow>(instancesOf, [row.n]);
    return toInstances(row, instances, attempts);
  }

  async attempt(id: string): Promise<(Attempt & { runId: string }) | null> {
    const at = parseAttemptId(id);
    const row = at === null ? undefined : await this.#find(at.runId);
    if (at === null || row === undefined) return null;
    const [attempt] = await this.#db.rows<AttemptRow>(attemptAt, [row.n, at.index, at.number]);
    return attempt === undefined ? null : { ...toAttempt(row.id, attempt), runId: row.id };
  }

  async events(runId: string): Promise<RunEvent[]> {
    type Row = RunRecord & { readonly attempts: AttemptRow[]; readonly written: EventRow[] };
    const [row] = await this.#db.rows<Row>(storyOf, [runId]);
    return row === undefined ? [] : runStory(row, row.attempts, row.written);
  }

  async counts(): Promise<{ queued: number; running: number; activeAttempts: number }> {
    type Row = { queued: number; running: number; active_attempts: number };
    const [row] = await this.#db.rows<Row>(countRuns);
    return {
      queued: row?.queued ?? 0,
      running: row?.running ?? 0,
      activeAttempts: row?.active_attempts ?? 0,
    };
  }

  async templates(query: TemplateQuery): Promise<Page<TemplateSummary>> {
    const { rows, total } = await listTemplates(this.#sql, 'postgres', query);
    if (rows.length === 0) return { rows: [], total };
    const ids = rows.map(({ id }) => id);
    const refs = rows.map(({ n, revision }) => ({ template_n: n, revision }));
    const revisions = await this.#revisions.load(this.#db, refs);
    const runs = await this.#db.rows<RunJoined>(latestRuns, [ids]);
    const changes = await this.#db.rows<TemplateChangeRow & { n: number }>(latestChanges, [ids]);
    const tags = await tagsOf(this.#db, rows);
    const runOf = new Map(runs.map((run) => [run.template_id, run]));
    const changeOf = new Map(changes.map((change) => [change.template_id, change]));
    return {
      total,
      rows: rows.map((row) => {
        const run = runOf.get(row.id);
        const change = changeOf.get(row.id);
        return {
          ...toTemplate(row, revisions({ template_n: row.n, revision: row.revision })),
          latestRun: run === undefined ? null : toRun(run),
          latestChange: change === undefined ? null : toChange(change),
          tags: tags.get(row.id) ?? [],
        };
      }),
    };
  }

  /** What those of them run by that have no definition of their own. */
  #revisionsOf(rows: readonly RunJoined[]): Promise<RevisionsOf> {
    return this.#revisions.load(
      this.#db,
      rows.filter(({ spec }) => spec === null),
    );
  }

  async #find(id: string): Promise<RunJoined | undefined> {
    const [row] = await this.#db.rows<RunJoined>(runById, [id]);
    return row;
  }
}

function toDetail(row: RunJoined, revisions: RevisionsOf): RunDetail {
  return {
    ...toRun(row),
    ...runDefinition(row, revisions),
    templateName: row.template_name,
    traceparent: row.traceparent,
  };
}
