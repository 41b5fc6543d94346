import { sql } from 'kysely';
import type { Attempt, Instance, Run, RunDetail, RunEvent } from '../../domain/run.ts';
import type { InstanceState } from '../../domain/states.ts';
import type { TemplateChange } from '../../domain/template.ts';
import type { Page, RunQuery, TemplateQuery, TemplateSummary } from '../../ports/store.ts';
import {
  acceptedEvent,
  type RunJoined,
  type TemplateRecord,
  toAttempt,
  toChange,
  toEvent,
  toRun,
  toTemplate,
} from '../sql/rows.ts';
import type { AttemptRow, EventRow, InstanceRow, TemplateChangeRow } from '../sql/schema.ts';
import { lazy, runColumns, type Session } from './session.ts';

/** Lists and details. Point look-ups are prepared by hand, filters are composed with Kysely. */
export class Reads {
  readonly #session: Session;
  readonly #run;
  readonly #latest;
  readonly #latestChange;
  readonly #instances;
  readonly #attempts;
  readonly #events;
  readonly #counts;

  constructor(session: Session) {
    this.#session = session;
    const { db } = session;
    const visible = 'r.deleted_at is null and t.deleted_at is null';
    this.#run = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.id = ? and ${visible}`,
      ),
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
    if (row === undefined) return null;
    return { ...toRun(row), ...this.#session.runDefinition(row), templateName: row.template_name };
  }

  latestRun(templateId: string): Run | null {
    const row = this.#latest().get(templateId) as RunJoined | undefined;
    return row === undefined ? null : toRun(row);
  }

  instances(runId: string): Instance[] {
    const row = this.#find(runId);
    if (row === undefined) return [];
    const attempts = this.#attempts().all(row.n) as AttemptRow[];
    return (this.#instances().all(row.n) as InstanceRow[]).map((instance) => ({
      id: `${runId}.${instance.idx}`,
      runId,
      index: instance.idx,
      state: instance.state as InstanceState,
      attempts: attempts.filter((a) => a.idx === instance.idx).map((a) => toAttempt(runId, a)),
    }));
  }

  attempt(attemptIdText: string): (Attempt & { runId: string }) | null {
    const match = /^(.+)\.(\d{1,9})\.(\d{1,9})$/.exec(attemptIdText);
    const row = match === null ? undefined : this.#find(match[1] ?? '');
    if (match === null || row === undefined) return null;
    const attempt = (this.#attempts().all(row.n) as AttemptRow[]).find(
      (a) => a.idx === Number(match[2]) && a.number === Number(match[3]),
    );
    return attempt === undefined ? null : { ...toAttempt(row.id, attempt), runId: row.id };
  }

  events(runId: string): RunEvent[] {
    const row = this.#find(runId);
    if (row === undefined) return [];
    return [
      acceptedEvent(row),
      ...(this.#events().all(row.n) as EventRow[]).map((e) => toEvent(runId, e)),
    ];
  }

  counts(): { queued: number; running: number; activeAttempts: number } {
    return this.#counts().get() as { queued: number; running: number; activeAttempts: number };
  }

  async runs(query: RunQuery): Promise<Page<Run>> {
    let base = this.#session.sql
      .selectFrom('runs as r')
      .innerJoin('templates as t', 't.n', 'r.template_n')
      .where('r.deleted_at', 'is', null)
      .where('t.deleted_at', 'is', null);
    if (query.templateId !== undefined) base = base.where('t.id', '=', query.templateId);
    if (query.dialect !== undefined) base = base.where('t.dialect', '=', query.dialect);
    if (query.states !== undefined) base = base.where('r.state', 'in', [...query.states]);
    const { total } = await base.select(countAll).executeTakeFirstOrThrow();
    if (query.limit === 0) return { rows: [], total };
    const rows = await base
      .selectAll('r')
      .select([
        't.id as template_id',
        't.name as template_name',
        't.dialect as dialect',
        't.namespace as namespace',
      ])
      .orderBy('r.n', 'desc')
      .offset(query.offset)
      .limit(query.limit)
      .execute();
    return { rows: rows.map((row) => toRun(row as RunJoined)), total };
  }

  async templates(query: TemplateQuery): Promise<Page<TemplateSummary>> {
    let base = this.#session.sql.selectFrom('templates as t').where('t.deleted_at', 'is', null);
    if (query.dialect !== undefined) base = base.where('t.dialect', '=', query.dialect);
    if (query.namespace !== undefined) base = base.where('t.namespace', '=', query.namespace);
    if (query.ids !== undefined) base = base.where('t.id', 'in', [...query.ids]);
    if (query.nameContains !== undefined && query.nameContains !== '') {
      base = base.where(sql<boolean>`instr(t.name, ${query.nameContains}) > 0`);
    }
    const { total } = await base.select(countAll).executeTakeFirstOrThrow();
    if (query.limit === 0) return { rows: [], total };
    const direction = query.ascending === true ? 'asc' : 'desc';
    let ordered = base.selectAll('t');
    if (query.orderBy === 'active') {
      ordered = ordered.orderBy(
        sql`coalesce((select l.active from runs as l where l.template_n = t.n and l.deleted_at is null order by l.n desc limit 1), 0)`,
        direction,
      );
    } else if (query.orderBy === 'replicas') {
      ordered = ordered.orderBy(
        sql`(select json_extract(v.spec, '$.replicas') from template_revisions as v where v.template_n = t.n and v.revision = t.revision)`,
        direction,
      );
    }
    const rows = await ordered
      .orderBy('t.n', direction)
      .offset(query.offset)
      .limit(query.limit)
      .execute();
    return { rows: rows.map((row) => this.#summary(row as TemplateRecord)), total };
  }

  async changes(templateId: string, offset: number, limit: number): Promise<Page<TemplateChange>> {
    const base = this.#session.sql
      .selectFrom('template_changes as c')
      .where('c.template_id', '=', templateId);
    const { total } = await base.select(countAll).executeTakeFirstOrThrow();
    const rows = await base
      .selectAll('c')
      .orderBy('c.n', 'desc')
      .offset(offset)
      .limit(limit)
      .execute();
    return { rows: rows.map(toChange), total };
  }

  #summary(row: TemplateRecord): TemplateSummary {
    const change = this.#latestChange().get(row.id) as TemplateChangeRow | undefined;
    return {
      ...toTemplate(row, this.#session.revision(row.n, row.revision)),
      latestRun: this.latestRun(row.id),
      latestChange: change === undefined ? null : toChange(change),
    };
  }

  #find(id: string): RunJoined | undefined {
    return this.#run().get(id) as RunJoined | undefined;
  }
}

const countAll = sql<number>`count(*)`.as('total');
