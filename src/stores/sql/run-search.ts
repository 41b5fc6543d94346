import { type Kysely, type RawBuilder, sql } from 'kysely';
import {
  type ListedRun,
  type RunSearch,
  type RunSearchPage,
  runScanLimit,
  runScanMs,
} from '../../ports/run-lists.ts';
import type { SqlFlavor } from './flavor.ts';
import { listedColumns, visible } from './listed-columns.ts';
import { contains } from './lists.ts';
import { type RunJoined, toListedRun } from './rows.ts';
import {
  type Driver,
  everyRun,
  runsByTriggers,
  runsInStates,
  runsOfTemplates,
  type Span,
  theseRuns,
  union,
} from './run-drivers.ts';
import type { Database } from './schema.ts';

/** Most templates, and most ids, that are walked one by one. */
const maxWalked = 50;
/** How far candidates are counted to see which index leaves the fewest. */
const countTo = 500;
/** Runs looked at first; then more at a time, up to `runScanLimit`. */
const firstLook = 200;
const growth = 4;
/** How far clocks may have stepped, or differ between servers, for a run to be found by its time. */
const clockSlackMs = 5 * 60_000;

/**
 * Candidates (a query with the column `n`) with their runs as `r` and templates as `t`, looked up
 * one by one whatever the database believes about how many there are. SQLite takes cross joins in
 * the order they are written, and PostgreSQL a limit as it stands.
 */
export function withRuns(candidates: RawBuilder<unknown>, flavor: SqlFlavor): RawBuilder<unknown> {
  return flavor === 'sqlite'
    ? sql`(${candidates}) as c cross join runs r on r.n = c.n cross join templates t on t.n = r.template_n`
    : sql`(${candidates}) as c
        cross join lateral (select o.* from runs o where o.n = c.n limit 1) as r
        cross join lateral (select w.* from templates w where w.n = r.template_n limit 1) as t`;
}

/**
 * A page of runs. Walks the index that leaves the fewest candidates, from the newest back, and
 * looks at a bounded number of them.
 */
export async function searchRuns(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: RunSearch,
): Promise<RunSearchPage> {
  const untilMs = performance.now() + runScanMs;
  const nothing = { rows: [], next: null };
  if (query.states?.length === 0 || query.triggers?.length === 0) return nothing;
  const span = await spanOf(db, query);
  const found = await driversOf(db, flavor, query);
  if (found === null) return nothing;
  const driver = await narrowest(db, found.drivers, span);
  const filters = sql.join([visible, ...filtersOf(query), ...found.filters], sql` and `);

  const rows: ListedRun[] = [];
  let { until } = span;
  const most = Math.max(firstLook, Math.floor(runScanLimit / driver.parts));
  for (
    let look = Math.max(firstLook, query.limit + 1);
    ;
    look = Math.max(look, Math.min(look * growth, most))
  ) {
    const wanted = query.limit - rows.length;
    const candidates = driver.walk({ from: span.from, until }, look);
    const { rows: fitting } = await sql<RunJoined>`
      select ${listedColumns} from ${withRuns(candidates, flavor)}
      where ${filters} order by r.n desc limit ${wanted}`.execute(db);
    rows.push(...fitting.map(toListedRun));
    const last = rows.at(-1);
    if (fitting.length === wanted && last !== undefined) return { rows, next: last.position };
    const { rows: walked } = await sql<{ least: number | null; looked: number }>`
      select min(c.n) as least, count(*) as looked from (${candidates}) as c`.execute(db);
    const least = walked[0]?.least ?? null;
    if (least === null || (walked[0]?.looked ?? 0) < look) return { rows, next: null };
    until = least;
    if (performance.now() > untilMs) return { rows, next: until };
  }
}

/** Places that can hold what the query's times allow. */
async function spanOf(db: Kysely<Database>, query: RunSearch): Promise<Span> {
  const { createdFromMs, createdUntilMs } = query;
  const most = query.before ?? Number.MAX_SAFE_INTEGER;
  if (createdFromMs === undefined && createdUntilMs === undefined) return { from: 0, until: most };
  const from = createdFromMs === undefined ? 0 : await firstSince(db, createdFromMs - clockSlackMs);
  const until =
    createdUntilMs === undefined ? most : await firstSince(db, createdUntilMs + clockSlackMs);
  return { from, until: Math.min(most, until) };
}

/** Place from which on runs were accepted at this time or later: places grow with time. */
async function firstSince(db: Kysely<Database>, atMs: number): Promise<number> {
  const ends = await sql<{ least: number | null; most: number | null }>`
    select (select n from runs order by n limit 1) as least,
      (select n from runs order by n desc limit 1) as most`.execute(db);
  let low = ends.rows[0]?.least ?? 0;
  let high = (ends.rows[0]?.most ?? 0) + 1;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const { rows } = await sql<{ n: number; created_at: number }>`
      select n, created_at from runs where n >= ${middle} order by n limit 1`.execute(db);
    const run = rows[0];
    if (run === undefined || run.created_at >= atMs) high = middle;
    else low = run.n + 1;
  }
  return low;
}

interface Found {
  /** Each walks all that fit. */
  readonly drivers: readonly Driver[];
  readonly filters: readonly RawBuilder<unknown>[];
}

/** Ways to walk what fits; null when nothing can. */
async function driversOf(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: RunSearch,
): Promise<Found | null> {
  const drivers: Driver[] = [];
  const filters: RawBuilder<unknown>[] = [];
  const { templateId, dialect, namespace, states, triggers, text } = query;
  const ofTemplate = [
    ...(templateId === undefined ? [] : [sql`t.id = ${templateId}`]),
    ...(dialect === undefined ? [] : [sql`t.dialect = ${dialect}`]),
    ...(namespace === undefined ? [] : [sql`t.namespace = ${namespace}`]),
  ];
  if (ofTemplate.length > 0) {
    const templates = await templatesWhere(db, ofTemplate);
    if (templates.length === 0) return null;
    if (templates.length <= maxWalked) drivers.push(runsOfTemplates(templates));
    filters.push(...ofTemplate);
  }
  if (text !== undefined && text !== '') {
    const called = contains(flavor, 't.name', text);
    const templates = await templatesWhere(db, [called]);
    const ids = await runsCalled(db, flavor, text);
    if (templates.length <= maxWalked && ids !== null) {
      if (templates.length + ids.length === 0) return null;
      drivers.push(
        union([
          ...(templates.length === 0 ? [] : [runsOfTemplates(templates)]),
          ...(ids.length === 0 ? [] : [theseRuns(ids)]),
        ]),
      );
    }
    filters.push(sql`(${called} or substr(r.id, 1, ${[...text].length}) = ${text})`);
  }
  if (states !== undefined) {
    const inStates = runsInStates(states, flavor);
    if (inStates !== null) drivers.push(inStates);
  }
  if (triggers !== undefined) {
    const byTriggers = runsByTriggers(triggers, flavor);
    if (byTriggers !== null) drivers.push(byTriggers);
  }
  return { drivers, filters };
}

/** Numbers of visible templates that fit, one more than are walked at most. */
async function templatesWhere(
  db: Kysely<Database>,
  filters: readonly RawBuilder<unknown>[],
): Promise<readonly number[]> {
  const { rows } = await sql<{ n: number }>`
    select t.n from templates t where t.deleted_at is null and ${sql.join(filters, sql` and `)}
    limit ${maxWalked + 1}`.execute(db);
  return rows.map(({ n }) => n);
}

/** Runs whose id begins so; null when they are many, or no index finds beginnings. */
async function runsCalled(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  text: string,
): Promise<readonly number[] | null> {
  const isExact = flavor === 'postgres' && !(await sortsByBytes(db));
  const pattern = text.replace(/[\\%_]/g, String.raw`\$&`);
  const called = isExact
    ? sql`r.id = ${text}`
    : flavor === 'postgres'
      ? sql`r.id like ${`${pattern}%`}`
      : sql`r.id >= ${text} and r.id < ${`${text}\u{10ffff}`}`;
  const { rows } = await sql<{ n: number }>`
    select r.n from runs r where ${called} limit ${maxWalked + 1}`.execute(db);
  if (rows.length > maxWalked || (isExact && rows.length === 0)) return null;
  return rows.map(({ n }) => n);
}

/** Whether an index of this database finds texts by their beginning. */
async function sortsByBytes(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ collation: string }>`
    select datcollate as collation from pg_database where datname = current_database()`.execute(db);
  return ['C', 'POSIX'].includes(rows[0]?.collation ?? '');
}

function filtersOf(query: RunSearch): RawBuilder<unknown>[] {
  const { states, triggers, createdFromMs, createdUntilMs } = query;
  return [
    ...(states === undefined ? [] : [sql`r.state in (${sql.join([...states])})`]),
    ...(triggers === undefined ? [] : [sql`r.trigger in (${sql.join([...triggers])})`]),
    ...(createdFromMs === undefined ? [] : [sql`r.created_at >= ${createdFromMs}`]),
    ...(createdUntilMs === undefined ? [] : [sql`r.created_at < ${createdUntilMs}`]),
  ];
}

/** The driver that leaves the fewest candidates; all runs when there is none to choose. */
async function narrowest(
  db: Kysely<Database>,
  drivers: readonly Driver[],
  span: Span,
): Promise<Driver> {
  if (drivers.length <= 1) return drivers[0] ?? everyRun;
  let best = { driver: everyRun, count: Number.POSITIVE_INFINITY };
  for (const driver of drivers) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from (${driver.walk(span, countTo)}) as c`.execute(db);
    const count = rows[0]?.count ?? 0;
    if (count < best.count) best = { driver, count };
  }
  return best.driver;
}
