import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../domain/template.ts';
import {
  binsPerE,
  type EndedCell,
  type ListedRun,
  type RunListStore,
  runScanLimit,
} from '../../ports/run-lists.ts';
import type { SqlFlavor } from './flavor.ts';
import { listedColumns, visible } from './listed-columns.ts';
import { type RunJoined, toFiring, toListedRun } from './rows.ts';
import { indexed } from './run-drivers.ts';
import { searchRuns, withRuns } from './run-search.ts';
import type { Database, FiringRow } from './schema.ts';

/** Lists of runs of either database. `guard` wraps each read. */
export function runListsOf(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  guard: <T>(read: () => Promise<T>) => Promise<T>,
): RunListStore {
  const listed = async (query: RawBuilder<RunJoined>): Promise<readonly ListedRun[]> =>
    (await query.execute(db)).rows.map(toListedRun);
  /** Runs at the places that `places` (a query with the column `n`) gives. */
  const at = (places: RawBuilder<unknown>, more: RawBuilder<unknown>): RawBuilder<RunJoined> =>
    sql<RunJoined>`select ${listedColumns} from ${withRuns(places, flavor)} where ${visible} ${more}`;
  const ofTemplate = (id: string | undefined): RawBuilder<unknown> =>
    id === undefined
      ? sql``
      : sql`and r.template_n in (select w.n from templates w where w.id = ${id})`;

  return {
    searchRuns: (query) => guard(() => searchRuns(db, flavor, query)),

    unfinishedRuns: ({ templateId, limit }) =>
      guard(() =>
        listed(
          at(
            sql`select r.n from runs r ${indexed('runs_unfinished', flavor)}
              where r.state in ('queued', 'running', 'stopping') ${ofTemplate(templateId)}
              order by r.n desc limit ${limit}`,
            sql`order by r.n desc`,
          ),
        ),
      ),

    changedRuns: ({ templateId, after, endedFromMs, limit }) =>
      guard(async () => {
        const fresh = sql`select r.n from runs r where r.n > ${after} order by r.n limit ${limit}`;
        const ended = sql`select r.n from runs r ${indexed('runs_ended', flavor)}
          where r.ended_at is not null and r.ended_at >= ${endedFromMs} order by r.ended_at, r.n limit ${limit}`;
        return listed(
          at(
            sql`select a.n from (${fresh}) as a union select b.n from (${ended}) as b`,
            sql`${ofTemplate(templateId)} order by r.n`,
          ),
        );
      }),

    runsAt: (positions) =>
      guard(async () =>
        positions.length === 0
          ? []
          : listed(
              at(sql`select r.n from runs r where r.n in (${sql.join([...positions])})`, sql``),
            ),
      ),

    newestPosition: () =>
      guard(async () => {
        const { rows } = await sql<{
          n: number;
        }>`select n from runs order by n desc limit 1`.execute(db);
        return rows[0]?.n ?? 0;
      }),

    lateRuns: (dueBeforeMs, limit) =>
      guard(() => {
        const free = sql`select r.n from runs r ${indexed('runs_due', flavor)}
          where r.state = 'queued' and r.hold is null and r.not_before < ${dueBeforeMs}
          order by r.not_before, r.n limit ${limit}`;
        const held = sql`select r.n from runs r ${indexed('runs_held', flavor)}
          where r.state = 'queued' and r.hold in ('suspended', 'replacing') and r.not_before < ${dueBeforeMs}
          order by r.n limit ${limit}`;
        const limited = sql`select r.n from runs r ${indexed('runs_waiting', flavor)}
          where r.state = 'queued' and r.hold = 'limited' and r.not_before < ${dueBeforeMs}
          order by r.n limit ${limit}`;
        const parts = [free, held, limited].map((part) => sql`select p.n from (${part}) as p`);
        return listed(
          at(sql.join(parts, sql` union all `), sql`order by r.not_before, r.n limit ${limit}`),
        );
      }),

    endedRuns: ({ fromMs, untilMs, after, limit }) =>
      guard(async () => {
        const begin =
          after === null
            ? sql`r.ended_at >= ${fromMs}`
            : sql`(r.ended_at, r.n) > (${after.endedAtMs}, ${after.position})`;
        const slice = sql`select r.ended_at, r.n, r.state, r.started_at from runs r ${indexed('runs_ended', flavor)}
          where r.ended_at is not null and ${begin} and r.ended_at < ${untilMs}
          order by r.ended_at, r.n limit ${limit}`;
        // The last one says where to go on; when there are as many as asked for, there may be more.
        const { rows: lasts } = await sql<{ ended_at: number; n: number; counted: number }>`
          select s.ended_at, s.n, (select count(*) from (${slice}) as c) as counted from (${slice}) as s
          order by s.ended_at desc, s.n desc limit 1`.execute(db);
        const last = lasts[0];
        if (last === undefined) return { cells: [], next: null };
        const { minute, bin } = cellColumns(flavor);
        const { rows } = await sql<EndedCell>`
          select ${minute} as minute, s.state as state, ${bin} as bin, count(*) as runs
          from (${slice}) as s group by 1, 2, 3`.execute(db);
        return {
          cells: rows,
          next: last.counted < limit ? null : { endedAtMs: last.ended_at, position: last.n },
        };
      }),

    missedFirings: (fromMs, untilMs, limit) =>
      guard(async () => {
        const looked = sql`select f.* from firings f where f.decided_at >= ${fromMs} and f.decided_at < ${untilMs}
          order by f.decided_at desc limit ${runScanLimit}`;
        const { rows } = await sql<FiringRow & { template_id: string; template_name: string }>`
          select f.*, t.id as template_id, t.name as template_name from (${looked}) as f
          join templates t on t.n = f.template_n
          where f.outcome in ('refused', 'skipped') and t.deleted_at is null
          order by f.decided_at desc, f.nominal_at desc limit ${limit}`.execute(db);
        return rows.map((row) => ({
          ...toFiring(row.template_id, row),
          templateName: row.template_name,
        }));
      }),

    nextFirings: (limit) =>
      guard(async () => {
        const { rows } = await sql<NextRow>`
          select s.next_at, t.id, t.name, t.dialect, t.namespace
          from schedules s join templates t on t.n = s.template_n
          where s.next_at is not null and s.paused = 0 and t.deleted_at is null
          order by s.next_at, s.template_n limit ${limit}`.execute(db);
        return rows.map(({ next_at, id, name, dialect, namespace }) => ({
          templateId: id,
          templateName: name,
          dialect: dialect as DialectName,
          namespace,
          nextAtMs: next_at,
        }));
      }),

    activeByExecutor: () =>
      guard(async () => {
        const { rows } = await sql<{ executor: string; active: number }>`
          select a.executor as executor, count(*) as active from attempts a
          where a.state in ('claimed', 'running', 'stopping') group by a.executor`.execute(db);
        return rows;
      }),
  };
}

interface NextRow {
  readonly next_at: number;
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly namespace: string;
}

/** The cell that a run falls in, in the words of each database. */
function cellColumns(flavor: SqlFlavor): {
  readonly minute: RawBuilder<unknown>;
  readonly bin: RawBuilder<unknown>;
} {
  const tookMs =
    flavor === 'sqlite'
      ? 'max(s.ended_at - s.started_at, 1)'
      : 'greatest(s.ended_at - s.started_at, 1)';
  const whole = (text: string): string =>
    flavor === 'sqlite' ? `cast(${text} as integer)` : `floor(${text})::integer`;
  return {
    minute: sql.raw(`s.ended_at / 60000`),
    // `greatest` leaves null out.
    bin: sql.raw(
      `case when s.started_at is not null then ${whole(`ln(${tookMs}) * ${binsPerE}`)} end`,
    ),
  };
}
