import { type Kysely, sql } from 'kysely';
import type { TriggerKind } from '../../domain/run.ts';
import type { RunState } from '../../domain/states.ts';
import type { DialectName } from '../../domain/template.ts';
import type { RunOutcome, UnfinishedRuns } from '../../ports/observing.ts';
import type { Database } from './schema.ts';

export async function unfinishedByDialect(
  db: Kysely<Database>,
  limit: number,
): Promise<readonly UnfinishedRuns[]> {
  const unfinished = db
    .selectFrom('runs')
    .select(['template_n', 'state'])
    .where('state', 'in', ['queued', 'running', 'stopping'])
    .limit(limit)
    .as('r');
  const rows = await db
    .selectFrom(unfinished)
    .innerJoin('templates as t', 't.n', 'r.template_n')
    .select(['t.dialect', 'r.state', sql<number>`count(*)`.as('runs')])
    .groupBy(['t.dialect', 'r.state'])
    .execute();
  return rows.map(({ dialect, state, runs }) => ({
    dialect: dialect as DialectName,
    state: state as RunState,
    runs,
  }));
}

export async function runOutcomes(
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<readonly RunOutcome[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('runs as r')
    .innerJoin('templates as t', 't.n', 'r.template_n')
    .select(['r.id', 'r.state', 'r.trigger', 'r.started_at', 'r.ended_at', 't.dialect'])
    .where('r.id', 'in', [...ids])
    .execute();
  return rows.map((row) => ({
    runId: row.id,
    dialect: row.dialect as DialectName,
    state: row.state as RunState,
    trigger: row.trigger as TriggerKind,
    durationMs:
      row.started_at === null || row.ended_at === null ? null : row.ended_at - row.started_at,
  }));
}
