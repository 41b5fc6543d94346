import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { Machine } from './machine.ts';

/** Rows asked for at a time. */
export const pageSize = 500;
/** Questions asked at the same time. */
const parallel = 8;
/** Between two looks at whether all has ended. */
const lookMs = 150;
const unfinished = ['queued', 'running', 'stopping'] as const;

/** A run as the native API shows it; the members that are checked. */
export interface StoredRun {
  readonly id: string;
  readonly templateId: string;
  readonly idempotencyKey: string | null;
  readonly trigger: string;
  readonly state: string;
  /** Why it is kept back although it is due; null = it is not. */
  readonly hold: string | null;
  readonly replicas: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly message: string;
  /** Nominal time of the firing that made it. */
  readonly scheduledAtMs: number | null;
}

/** An attempt as the native API shows it. */
export interface StoredAttempt {
  readonly id: string;
  readonly state: string;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly message: string;
}

/** A run with the attempts of each of its instances. */
export interface RunRecord extends StoredRun {
  readonly instances: readonly (readonly StoredAttempt[])[];
}

/** A page of a list. */
export interface PageOf<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** Waits until no run is unfinished. @throws Error naming some that are, when the deadline passes. */
export async function allFinal(machine: Machine, deadlineMs: number): Promise<void> {
  let left: readonly StoredRun[] = [];
  try {
    await until(
      'every run is final',
      async () => {
        const pages = await Promise.all(
          unfinished.map((state) => machine.native(`/runs?state=${state}&limit=5`)),
        );
        left = pages.flatMap((page) => (page as PageOf<StoredRun>).rows);
        if (left.length > 0) await pause(lookMs);
        return left.length === 0;
      },
      deadlineMs,
    );
  } catch (error) {
    const some = left
      .map(({ id, state, hold, message }) => `${id} ${state}, hold ${hold} ${message}`)
      .join('; ');
    throw new Error(`runs that did not end within ${deadlineMs} ms: ${some}`, { cause: error });
  }
}

/** Every run of a template with its attempts. Nothing may change meanwhile. */
export async function runRecords(
  machine: Machine,
  templateId: string,
): Promise<readonly RunRecord[]> {
  const runs: StoredRun[] = [];
  for (let total = 1; runs.length < total;) {
    const path = `/runs?template=${templateId}&limit=${pageSize}&offset=${runs.length}`;
    const page = (await machine.native(path)) as PageOf<StoredRun>;
    runs.push(...page.rows);
    total = page.rows.length === 0 ? runs.length : page.total;
  }
  const waiting = [...runs];
  const records: RunRecord[] = [];
  const ask = async (): Promise<void> => {
    for (let run = waiting.pop(); run !== undefined; run = waiting.pop()) {
      const answer = (await machine.native(`/runs/${run.id}/instances`)) as {
        readonly rows: readonly { readonly attempts: readonly StoredAttempt[] }[];
      };
      records.push({ ...run, instances: answer.rows.map(({ attempts }) => attempts) });
    }
  };
  await Promise.all(Array.from({ length: parallel }, ask));
  return records;
}
