import {
  type ErasableRun,
  fitting,
  justBefore,
  later,
  mayErase,
  nextStage,
  type Position,
  type RetentionCursor,
  type RetentionHorizons,
  retentionHorizons,
} from '../../domain/retention.ts';
import type { RetainRequest, RetainResult } from '../../ports/retention.ts';
import { eraseLocked } from './purge.ts';
import * as statements from './retention-sql.ts';
import type { Bound, Statement, Transaction } from './transactions.ts';

/** Rows looked through in one step to find the templates with something new. */
const WINDOW = 1_000;
/** Templates whose count is looked at in one step. */
const MAX_LOOKS = 50;
/** Runs of a template looked at in one step; many of the oldest may be protected. */
const MAX_EXAMINED = 2_000;

interface CandidateRow {
  readonly n: number;
  readonly id: string;
  readonly replicas: number;
  readonly created_at: number;
  readonly idempotency_key: string | null;
  readonly ended_at: number;
  readonly newest: boolean;
}

/** One step under way. */
interface Step {
  readonly tx: Transaction;
  readonly request: RetainRequest;
  readonly horizons: RetentionHorizons;
  readonly looked: number[];
  runs: number;
  firings: number;
  leftovers: number;
}

/**
 * One bounded step of a round of retention. Bounds and protections are the domain's; here they
 * find their rows.
 */
export async function retain(tx: Transaction, request: RetainRequest): Promise<RetainResult> {
  const horizons = retentionHorizons(request.policy, request.nowMs);
  const step: Step = { tx, request, horizons, looked: [], runs: 0, firings: 0, leftovers: 0 };
  const [lock] = await tx.rows<{ alone: boolean }>(statements.alone);
  const busy = lock?.alone !== true;
  const cursor = busy ? request.cursor : await take(step, request.cursor);
  const { runs, firings, leftovers, looked } = step;
  return { busy, erased: { runs, firings, leftovers }, cursor, looked };
}

async function take(step: Step, cursor: RetentionCursor): Promise<RetentionCursor> {
  switch (cursor.stage) {
    case 'templates':
      return keepCounts(step, cursor);
    case 'ended':
      return eraseEnded(step, cursor);
    case 'ledgers':
      return trimLedgers(step, cursor);
    case 'firings':
      return eraseFirings(step, cursor);
    case 'leftovers':
      step.leftovers = await eraseLeftovers(step, cursor.thorough);
      return step.leftovers === 0 ? nextStage(cursor) : cursor;
    case 'over':
      return cursor;
  }
}

/** Runs beyond the count of their template, of templates in which runs ended. */
async function keepCounts(step: Step, cursor: RetentionCursor): Promise<RetentionCursor> {
  const most = step.request.policy.runs.maxPerTemplate;
  if (most === null) return nextStage(cursor);
  const { atMs, n } = cursor.finished;
  type Row = { readonly atMs: number; readonly n: number; readonly template: number };
  const window = await step.tx.rows<Row>(statements.newlyEnded, [atMs, n, WINDOW]);
  const templates = unseen(
    window.map((row) => row.template),
    step,
  );
  for (const template of templates) {
    if (!(await keepCount(step, template, most))) return cursor;
    step.looked.push(template);
    if (step.looked.length >= MAX_LOOKS) return cursor;
  }
  const finished = window.at(-1) ?? cursor.finished;
  return window.length < WINDOW ? nextStage(cursor) : { ...cursor, finished };
}

/** False when there is more to erase than fits into this step. */
async function keepCount(step: Step, template: number, most: number): Promise<boolean> {
  const { tx, request, horizons } = step;
  const [cut] = await tx.rows<{ n: number }>(statements.countCut, [template, most]);
  if (cut === undefined) return true;
  const left = request.limit - step.runs;
  if (left <= 0) return false;
  const values = [template, cut.n, MAX_EXAMINED];
  const rows = await tx.rows<CandidateRow>(statements.beyondCount, values);
  const erasable = rows.filter((row) => mayErase(toErasable(row), horizons));
  const taken = fitting(erasable, left);
  const erased = await erase(step, taken);
  // What somebody else has locked is not waited for.
  return taken.length === erasable.length || erased < taken.length;
}

/** Runs beyond the age, and beyond the total, in order of their end. */
async function eraseEnded(step: Step, cursor: RetentionCursor): Promise<RetentionCursor> {
  const { policy, limit } = step.request;
  const until = cursor.endedUntil ?? (await endedUntil(step, policy.runs.maxTotal));
  if (until === null) return nextStage(cursor);
  const { atMs, n } = cursor.ended;
  const values = [atMs, n, until.atMs, until.n, limit];
  const window = fitting(await step.tx.rows<CandidateRow>(statements.endedWindow, values), limit);
  await erase(
    step,
    window.filter((row) => mayErase(toErasable(row), step.horizons)),
  );
  const last = window.at(-1);
  if (last === undefined) return nextStage(cursor);
  return { ...cursor, endedUntil: until, ended: { atMs: last.ended_at, n: last.n } };
}

async function endedUntil({ tx, horizons }: Step, maxTotal: number): Promise<Position | null> {
  const old = justBefore(horizons.runsEndedBeforeMs);
  // Numbers have gaps, so there are at most this many runs: usually nobody has to count.
  const [most] = await tx.rows<{ span: number | null }>(statements.span);
  if (most === undefined || most.span === null || most.span <= maxTotal) return old;
  const [cut] = await tx.rows<Position & Record<string, unknown>>(statements.totalCut, [maxTotal]);
  return later(old, cut === undefined ? null : { atMs: cut.atMs, n: cut.n });
}

/** Erases those that nobody else has locked; returns how many. */
async function erase(step: Step, rows: readonly CandidateRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const ns = rows.map(({ n }) => n);
  const locked = await step.tx.rows<{ n: number; id: string }>(statements.lockEnded, [ns]);
  await eraseLocked(step.tx, locked);
  step.runs += locked.length;
  return locked.length;
}

/** Firings beyond the count of their template, of templates that fired. */
async function trimLedgers(step: Step, cursor: RetentionCursor): Promise<RetentionCursor> {
  const { policy, limit } = step.request;
  const { atMs, n } = cursor.decided;
  type Row = { readonly atMs: number; readonly n: number };
  const window = await step.tx.rows<Row>(statements.newFirings, [atMs, n, WINDOW]);
  const templates = unseen(
    window.map((row) => row.n),
    step,
  );
  for (const template of templates) {
    const values = [template, policy.firings.maxPerTemplate];
    const [cut] = await step.tx.rows<{ nominal_at: number }>(statements.ledgerCut, values);
    if (cut !== undefined) {
      const left = limit - step.firings;
      if (left <= 0) return cursor;
      const gone = await count(step, statements.trimLedger, [template, cut.nominal_at, left]);
      step.firings += gone;
      if (gone === left) return cursor;
    }
    step.looked.push(template);
    if (step.looked.length >= MAX_LOOKS) return cursor;
  }
  const decided = window.at(-1) ?? cursor.decided;
  return window.length < WINDOW ? nextStage(cursor) : { ...cursor, decided };
}

async function eraseFirings(step: Step, cursor: RetentionCursor): Promise<RetentionCursor> {
  const beforeMs = step.horizons.firingsDecidedBeforeMs;
  if (beforeMs === null) return nextStage(cursor);
  const { limit } = step.request;
  step.firings = await count(step, statements.eraseFirings, [beforeMs, limit]);
  return step.firings < limit ? nextStage(cursor) : cursor;
}

/** At most `limit` rows of each kind; returns how many went, 0 = nothing is left to erase. */
async function eraseLeftovers(step: Step, thorough: boolean): Promise<number> {
  const { limit } = step.request;
  const beforeMs = step.horizons.leftoversBeforeMs;
  let left = limit;
  type Row = { readonly template_id: string };
  const templates = await step.tx.rows<Row>(statements.deletedTemplates, [beforeMs, limit]);
  for (const { template_id } of templates) {
    left -= await count(step, statements.eraseChanges, [template_id, left]);
    if (left <= 0) break;
  }
  let erased = limit - left;
  const others = [
    statements.eraseRemovals,
    statements.eraseHorizons,
    ...(thorough ? [statements.eraseServers] : []),
  ];
  for (const statement of others) erased += await count(step, statement, [beforeMs, limit]);
  return erased;
}

async function count(step: Step, statement: Statement, values: readonly Bound[]): Promise<number> {
  return (await step.tx.rows(statement, values)).length;
}

function toErasable(row: CandidateRow): ErasableRun {
  const { created_at: createdAtMs, idempotency_key: idempotencyKey, newest } = row;
  return { createdAtMs, idempotencyKey, newest };
}

/** Each template once, without those that are done. */
function unseen(templates: readonly number[], { request }: Step): ReadonlySet<number> {
  return new Set(templates.filter((n) => !request.looked.has(n)));
}
