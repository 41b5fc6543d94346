import { DomainError } from '../../domain/errors.ts';
import {
  decideFirings,
  type FiringPlan,
  type PlannedFiring,
} from '../../domain/schedule/decide.ts';
import type { ScheduleDefinition } from '../../domain/schedule/definition.ts';
import type { DialectName } from '../../domain/template.ts';
import type {
  AdmissionRequest,
  AdmissionResult,
  FireRequest,
  FireResult,
} from '../../ports/store.ts';
import { heldByOther } from '../sql/firing-lines.ts';
import type { FiringRow, ScheduleRow } from '../sql/schema.ts';
import type { Admission } from './admission.ts';
import { rowsJson } from './json-rows.ts';
import { dueTemplates, knownFirings, lockDue, nextFiring } from './schedules-sql.ts';
import { firingRow, moveOn, writeFirings } from './schedules.ts';
import type { Transaction } from './transactions.ts';
import { Work } from './work.ts';

type DueSchedule = ScheduleRow & { readonly template_id: string; readonly dialect: string };

/** A firing that is to make a run. */
interface Wanted {
  readonly row: DueSchedule;
  readonly firing: PlannedFiring;
  readonly request: AdmissionRequest;
}

/**
 * Decides schedules that have come due, a page of them in one transaction: the ledger's lines,
 * the runs, and where the schedules go on. The domain decides what fires; admission, whether it may.
 *
 * Locks are taken in the order of the whole store: templates, schedules, runs.
 */
export function fireSchedules(
  admission: Admission,
  shard: number,
  request: FireRequest,
  transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>,
): Promise<FireResult> {
  return admission.starting(false, (alone) =>
    transaction((tx) => decideDue(admission, new Work(tx, shard), request, alone)),
  );
}

async function decideDue(
  admission: Admission,
  work: Work,
  request: FireRequest,
  forcedAlone: boolean,
): Promise<FireResult> {
  const { tx } = work;
  const { nowMs } = request;
  const unfinished = await admission.unfinished(tx);
  const peeked = await tx.rows<{ template_n: number; id: string }>(dueTemplates, [
    nowMs,
    request.limit,
  ]);
  const ids = peeked.map(({ id }) => id);
  // Keys need no lock alone here: who else gives one locks the template alone, and of two that fire
  // one has the schedule.
  const alone = forcedAlone || ids.some((id) => admission.remembersAlone(id));
  if (ids.length > 0) await admission.lockTemplates(tx, ids, alone);
  const ns = peeked.map((row) => row.template_n);
  const due = ns.length === 0 ? [] : await tx.rows<DueSchedule>(lockDue, [nowMs, ns]);
  // Those that were due the longest come first, as far as the quota allows.
  due.sort((a, b) => (a.next_at ?? 0) - (b.next_at ?? 0) || a.template_n - b.template_n);

  const plans = due.map((row) => ({
    row,
    plan: decideFirings(JSON.parse(row.definition) as ScheduleDefinition, {
      dueMs: row.next_at ?? nowMs,
      sinceMs: row.since_at,
      nowMs,
    }),
  }));
  const wanted = await wantedRuns(tx, plans, request);
  const results = await admission.admitAll(
    work,
    wanted.map((want) => want.request),
    alone,
    unfinished,
  );
  const lines: FiringRow[] = plans.flatMap(({ row, plan }) =>
    plan.left.map((left) =>
      firingRow(row.template_n, { ...left, runId: null, decidedAtMs: nowMs }),
    ),
  );
  const fired = new Set<number>();
  for (const [index, { row, firing }] of wanted.entries()) {
    const result = results[index];
    if (result === undefined) throw new Error('a firing was left undecided');
    if (result.kind === 'created') fired.add(row.template_n);
    lines.push(lineOf(row.template_n, firing, result, nowMs));
  }
  await writeFirings(tx, lines);
  await work.countFromEnds();
  await moveOn(
    tx,
    plans.map(({ row, plan }) => ({
      template_n: row.template_n,
      next_at: fired.has(row.template_n) ? plan.nextMs : plan.nextIfRefusedMs,
      last_at: plan.lastMs ?? row.last_at,
      note: plan.note,
    })),
  );
  await work.finish();
  const [next] = await tx.rows<{ at: number | null; waiting: boolean }>(nextFiring);
  return {
    created: results.flatMap((result) => (result.kind === 'created' ? [result.run] : [])),
    stop: results.flatMap((result) => (result.kind === 'created' ? result.stop : [])),
    decided: due.length,
    nextFiringMs: next?.at ?? null,
    waiting: next?.waiting ?? false,
  };
}

/** Firings without those that were decided before, e.g. under another definition: each happens once. */
async function wantedRuns(
  tx: Transaction,
  plans: readonly { readonly row: DueSchedule; readonly plan: FiringPlan }[],
  { nowMs, newRunId, keyOf, traceparentOf }: FireRequest,
): Promise<Wanted[]> {
  const keys = plans.flatMap(({ row, plan }) =>
    plan.fire.map(({ nominalMs }) => ({ template_n: row.template_n, nominal_at: nominalMs })),
  );
  if (keys.length === 0) return [];
  const known = new Set(
    (await tx.rows<{ template_n: number; nominal_at: number }>(knownFirings, [rowsJson(keys)])).map(
      (row) => `${row.template_n} ${row.nominal_at}`,
    ),
  );
  return plans.flatMap(({ row, plan }) =>
    plan.fire
      .filter(({ nominalMs }) => !known.has(`${row.template_n} ${nominalMs}`))
      .map((firing) => ({ firing, runId: newRunId(row.dialect as DialectName) }))
      .map(({ firing, runId }) => ({
        row,
        firing,
        request: {
          runId,
          traceparent: traceparentOf?.(runId) ?? null,
          templateId: row.template_id,
          dialect: row.dialect as DialectName,
          trigger: 'schedule',
          idempotencyKey: keyOf?.(row.dialect as DialectName, firing.nominalMs) ?? null,
          nowMs,
          notBeforeMs: nowMs,
          scheduledAtMs: firing.nominalMs,
          by: 'schedule',
          override: null,
        },
      })),
  );
}

function lineOf(
  templateN: number,
  firing: PlannedFiring,
  result: AdmissionResult,
  nowMs: number,
): FiringRow {
  const { nominalMs, rule, reason } = firing;
  const line = { nominalMs, untilMs: nominalMs, count: 1, decidedAtMs: nowMs, rule, reason };
  if (result.kind === 'existing') {
    return firingRow(templateN, { ...line, ...heldByOther(result.run) });
  }
  if (result.kind === 'created') {
    return firingRow(templateN, { ...line, outcome: 'fired', runId: result.run.id });
  }
  const { error } = result;
  return firingRow(templateN, {
    ...line,
    outcome: 'refused',
    runId: null,
    rule: error instanceof DomainError ? error.code : 'error',
    reason: error.message,
  });
}
