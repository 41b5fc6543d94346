import { type RawBuilder, sql } from 'kysely';
import type { TriggerKind } from '../../domain/run.ts';
import type { RunState } from '../../domain/states.ts';
import type { SqlFlavor } from './flavor.ts';

/** Places from `from`, inclusive, until `until`, exclusive. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * A way to walk runs from the newest back through an index: the places of at most `limit` of them
 * that may fit, as a query with the one column `n`. All that fit are among those it walks.
 */
export interface Driver {
  walk(span: Span, limit: number): RawBuilder<{ n: number }>;
  /** Each may have to be walked as far as the limit. */
  readonly parts: number;
}

const single = (walk: Driver['walk']): Driver => ({ walk, parts: 1 });

/** States that few runs are in, however many are stored. */
const rareStates: ReadonlySet<RunState> = new Set(['failed', 'canceled']);
const unfinishedStates: ReadonlySet<RunState> = new Set(['queued', 'running', 'stopping']);
const rareTriggers: ReadonlySet<TriggerKind> = new Set(['webhook', 'workflow', 'retry']);

/** Every run. */
export const everyRun: Driver = single(
  ({ from, until }, limit) =>
    sql`select r.n from runs r where r.n >= ${from} and r.n < ${until} order by r.n desc limit ${limit}`,
);

/** Runs of these templates, by their internal numbers. */
export function runsOfTemplates(templates: readonly number[]): Driver {
  return union(
    templates.map((template) =>
      single(
        ({ from, until }, limit) =>
          sql`select r.n from runs r where r.template_n = ${template} and r.n >= ${from} and r.n < ${until}
            order by r.n desc limit ${limit}`,
      ),
    ),
  );
}

/** Exactly these. */
export function theseRuns(positions: readonly number[]): Driver {
  return single(
    ({ from, until }, limit) =>
      sql`select r.n from runs r where r.n in (${sql.join(positions)}) and r.n >= ${from} and r.n < ${until}
      order by r.n desc limit ${limit}`,
  );
}

/** Runs in these states; null when an index has not all of them. */
export function runsInStates(states: readonly RunState[], flavor: SqlFlavor): Driver | null {
  if (states.some((state) => !rareStates.has(state) && !unfinishedStates.has(state))) return null;
  const drivers = states
    .filter((state) => rareStates.has(state))
    .map((state): Driver =>
      partial('state', state, `state in ('failed', 'canceled')`, 'runs_bad', flavor),
    );
  const unfinished = states.filter((state) => unfinishedStates.has(state));
  if (unfinished.length > 0) {
    const by = indexed('runs_unfinished', flavor);
    drivers.push(
      single(
        ({ from, until }, limit) =>
          sql`select r.n from runs r ${by} where r.state in ('queued', 'running', 'stopping')
          and r.state in (${sql.join(unfinished.map((state) => sql.lit(state)))})
          and r.n >= ${from} and r.n < ${until} order by r.n desc limit ${limit}`,
      ),
    );
  }
  return union(drivers);
}

/** Runs that these started; null when an index has not all of them. */
export function runsByTriggers(triggers: readonly TriggerKind[], flavor: SqlFlavor): Driver | null {
  if (triggers.some((trigger) => !rareTriggers.has(trigger))) return null;
  return union(
    triggers.map((trigger) =>
      partial(
        'trigger',
        trigger,
        `trigger in ('webhook', 'workflow', 'retry')`,
        'runs_rare',
        flavor,
      ),
    ),
  );
}

/** What any of them walks. */
export function union(drivers: readonly Driver[]): Driver {
  const [first] = drivers;
  if (first !== undefined && drivers.length === 1) return first;
  return {
    parts: drivers.reduce((sum, { parts }) => sum + parts, 0),
    walk(span, limit) {
      const walks = drivers.map(
        (driver) => sql`select d.n from (${driver.walk(span, limit)}) as d`,
      );
      return sql`select u.n from (${sql.join(walks, sql` union `)}) as u order by u.n desc limit ${limit}`;
    },
  };
}

/** Through a partial index; its condition is written literally, or it would not be used. */
function partial(
  column: string,
  value: string,
  condition: string,
  index: string,
  flavor: SqlFlavor,
): Driver {
  const by = indexed(index, flavor);
  return single(
    ({ from, until }, limit) =>
      sql`select r.n from runs r ${by} where r.${sql.raw(condition)} and r.${sql.raw(column)} = ${sql.lit(value)}
      and r.n >= ${from} and r.n < ${until} order by r.n desc limit ${limit}`,
  );
}

/** SQLite knows nothing about the rows, and is told which index to take. */
export function indexed(index: string, flavor: SqlFlavor): RawBuilder<unknown> {
  return sql.raw(flavor === 'sqlite' ? `indexed by ${index}` : '');
}
