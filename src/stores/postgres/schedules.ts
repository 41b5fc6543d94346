import type { Firing } from '../../domain/firing.ts';
import { skipFirings, replaceSchedule } from '../../domain/schedule/decide.ts';
import type { ScheduleDefinition } from '../../domain/schedule/definition.ts';
import type { Page, ScheduleState } from '../../ports/store.ts';
import { toFiring } from '../sql/rows.ts';
import type { FiringRow, ScheduleRow } from '../sql/schema.ts';
import { rowsJson } from './json-rows.ts';
import {
  countFirings,
  firingsOf,
  insertFirings,
  latestDecided,
  lockSchedule,
  moveSchedules,
  putSchedule,
  removeSchedule,
  scheduleOf,
  setPaused,
} from './schedules-sql.ts';
import type { Queries, Transaction } from './transactions.ts';

/**
 * Sets what a locked template runs by. The same definition again changes nothing, so that a firing
 * that is due but not yet decided is not lost with an unrelated change of the template.
 */
export async function placeSchedule(
  tx: Transaction,
  templateN: number,
  definition: ScheduleDefinition | null,
  suspended: boolean,
  nowMs: number,
): Promise<void> {
  if (definition === null) {
    await tx.rows(removeSchedule, [templateN]);
    return;
  }
  const text = JSON.stringify(definition);
  const [old] = await tx.rows<ScheduleRow>(lockSchedule, [templateN]);
  if (old?.definition === text) return;
  // The ledger remembers what was decided by a schedule that was taken away meanwhile.
  const [ledger] =
    old === undefined ? await tx.rows<{ at: number | null }>(latestDecided, [templateN]) : [];
  const lastMs = old?.last_at ?? ledger?.at ?? null;
  const before = old === undefined ? null : { paused: old.paused === 1, nextMs: old.next_at };
  const { nextMs, delayMs, note } = replaceSchedule(definition, before, lastMs, nowMs);
  const paused = suspended ? 1 : 0;
  await tx.rows(putSchedule, [templateN, text, nowMs, nextMs, lastMs, paused, delayMs, note]);
  // Another server may sleep longer than until its first firing.
  tx.wake = true;
}

/** Fires nothing until it is resumed. */
export async function pauseSchedule(tx: Transaction, templateN: number): Promise<void> {
  await tx.rows(setPaused, [templateN, 1]);
}

/** Goes on with the next firing after now; those of the pause are written down as skipped. */
export async function resumeSchedule(
  tx: Transaction,
  templateN: number,
  nowMs: number,
): Promise<void> {
  const [row] = await tx.rows<ScheduleRow>(lockSchedule, [templateN]);
  if (row === undefined) return;
  await tx.rows(setPaused, [templateN, 0]);
  tx.wake = true;
  if (row.next_at === null || row.next_at > nowMs) return;
  const plan = skipFirings(
    JSON.parse(row.definition) as ScheduleDefinition,
    { dueMs: row.next_at, sinceMs: row.since_at, nowMs },
    { rule: 'suspended', reason: 'the template was suspended' },
  );
  await writeFirings(
    tx,
    plan.left.map((left) => firingRow(templateN, { ...left, runId: null, decidedAtMs: nowMs })),
  );
  const { nextMs, lastMs, note } = plan;
  const last = lastMs ?? row.last_at;
  await moveOn(tx, [{ template_n: templateN, next_at: nextMs, last_at: last, note }]);
}

/** Where a schedule goes on. */
export type ScheduleMove = Pick<ScheduleRow, 'template_n' | 'next_at' | 'last_at' | 'note'>;

/** Moves schedules on; their rows are locked. */
export async function moveOn(tx: Transaction, moves: readonly ScheduleMove[]): Promise<void> {
  if (moves.length > 0) await tx.rows(moveSchedules, [rowsJson(moves)]);
}

/** Adds lines to the ledger; a line that is there stays as it is. */
export async function writeFirings(tx: Transaction, rows: readonly FiringRow[]): Promise<void> {
  if (rows.length > 0) await tx.rows(insertFirings, [rowsJson(rows)]);
}

/** A line of the ledger as it is stored. */
export function firingRow(templateN: number, firing: Omit<Firing, 'templateId'>): FiringRow {
  return {
    template_n: templateN,
    nominal_at: firing.nominalMs,
    until_at: firing.untilMs,
    count: firing.count,
    outcome: firing.outcome,
    run_id: firing.runId,
    decided_at: firing.decidedAtMs,
    rule: firing.rule,
    reason: firing.reason,
  };
}

/** Ledger of a template's schedule, newest nominal time first. */
export async function listFirings(
  db: Queries,
  templateId: string,
  offset: number,
  limit: number,
): Promise<Page<Firing>> {
  const rows = await db.rows<FiringRow>(firingsOf, [templateId, limit, offset]);
  const [count] = await db.rows<{ total: number }>(countFirings, [templateId]);
  return { rows: rows.map((row) => toFiring(templateId, row)), total: count?.total ?? 0 };
}

/** Null when the template has no schedule. */
export async function scheduleState(
  db: Queries,
  templateId: string,
): Promise<ScheduleState | null> {
  const [row] = await db.rows<ScheduleRow>(scheduleOf, [templateId]);
  if (row === undefined) return null;
  return row.paused === 1
    ? { nextAtMs: null, lastAtMs: row.last_at, note: 'the template is suspended' }
    : { nextAtMs: row.next_at, lastAtMs: row.last_at, note: row.note };
}
