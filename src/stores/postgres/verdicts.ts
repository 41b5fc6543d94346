import type { Run } from '../../domain/run.ts';
import { toRun } from '../sql/rows.ts';
import { demandJudgeable, judgedReason, runNotFound } from '../sql/verdicts.ts';
import { statement } from './transactions.ts';
import { runColumns, type Work } from './work.ts';

const lockVisible = statement(
  'verdict-run',
  `select ${runColumns} from runs r join templates t on t.n = r.template_n
   where r.id = $1 and r.deleted_at is null and t.deleted_at is null for no key update of r`,
);
// Not part of the flush: only this changes it.
const set = statement('verdict-set', 'update runs set verdict = $2 where n = $1');

/** @throws DomainError `run-not-found`, `invalid-argument` for a run that did not fail. */
export async function judgeRun(
  work: Work,
  runId: string,
  verdict: 'succeeded',
  by: string,
  nowMs: number,
): Promise<Run> {
  const [row] = await work.lockRuns(lockVisible, [runId]);
  if (row === undefined) throw runNotFound(runId);
  demandJudgeable(row);
  if (row.verdict !== verdict) {
    await work.tx.rows(set, [row.n, verdict]);
    work.event(row.n, nowMs, 'run', row.state, row.state, judgedReason(verdict, by));
  }
  return toRun({ ...row, verdict });
}
