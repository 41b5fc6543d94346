import { randomUUID } from 'node:crypto';
import type { ScheduleDefinition } from '../../src/domain/schedule/definition.ts';
import { scheduleDefaults } from '../../src/domain/schedule/definition.ts';
import { parseAttemptId } from '../../src/stores/sql/attempt-id.ts';
import { answerCalls, childArgument } from './child.ts';
import { benchEngine, benchStore, type StorePlace } from './engine.ts';
import { NoopExecutor, noopSpec } from './noop-executor.ts';
import { databaseCpuMs } from './process-cpu.ts';

/** What a process of this bench is told when it starts. */
export interface ScheduleArgument {
  readonly place: StorePlace;
  /** Schedules that are stored and fire in the far future. */
  readonly stored: number;
}

/** A measured round: `hot` schedules fire every second for `seconds`. */
export interface ScheduleRound {
  readonly hot: number;
  readonly seconds: number;
}

/** What a round gave. */
export interface ScheduleResult {
  /** Firings that came due. */
  readonly due: number;
  /** Firings with no run, or whose run did not succeed. */
  readonly lost: number;
  /** Firings with more than one run, runs that began more than once, or that no firing asked for. */
  readonly doubled: number;
  /** Nominal time to the decision of each firing. */
  readonly decidedMs: readonly number[];
  /** Nominal time to the start of each firing's run. */
  readonly startedMs: readonly number[];
  /** CPU seconds of this process for each second of the round. */
  readonly cpu: number;
  /** The same of the database's own processes; 0 where there are none. */
  readonly databaseCpu: number;
}

const EXECUTOR_ROOM = 500;
const FILL_WIDTH = 256;
/** Time for making the hot schedules before the first of them fires. */
const LEAD_MS = 3_000;
/** After the last firing: long beyond any delay that is still of interest. */
const SETTLE_DEADLINE_MS = 60_000;
const LOOK_AGAIN_MS = 50;
const FIRINGS_PAGE = 500;

const { place, stored } = childArgument<ScheduleArgument>();
const store = benchStore(place);
/** When each run began, by its id. */
const starts = new Map<string, number[]>();
const executor = new NoopExecutor(EXECUTOR_ROOM, (attemptId) => {
  const runId = parseAttemptId(attemptId)?.runId ?? '';
  const known = starts.get(runId);
  if (known === undefined) starts.set(runId, [Date.now()]);
  else known.push(Date.now());
});

await store.open();
const running = await benchEngine(store, executor);

/** Stores the schedules that only have to be there, through the store itself. */
async function fill(): Promise<number> {
  // A day in the last year that can be asked for, spread over its minutes.
  const farMs = Date.UTC(2199, 0, 1);
  for (let made = 0; made < stored; made += FILL_WIDTH) {
    const width = Math.min(FILL_WIDTH, stored - made);
    await Promise.all(
      Array.from({ length: width }, (_, i) =>
        store.createTemplate(
          {
            ...templateOf(`far-${made + i}`, {
              ...scheduleDefaults,
              timing: { kind: 'one-time', atMs: farMs + (made + i) * 60_000 },
            }),
            id: randomUUID(),
          },
          { changeId: randomUUID(), atMs: Date.now(), by: 'bench', note: '' },
        ),
      ),
    );
  }
  await running.start();
  return stored;
}

async function round({ hot, seconds }: ScheduleRound): Promise<ScheduleResult> {
  starts.clear();
  const beginMs = Math.ceil((Date.now() + LEAD_MS) / 1000) * 1000;
  const endMs = beginMs + (seconds - 1) * 1000;
  const schedule: ScheduleDefinition = {
    ...scheduleDefaults,
    timing: { kind: 'cron', expression: '* * * * * *' },
    startAtMs: beginMs,
    endAtMs: endMs,
  };
  const created = await Promise.all(
    Array.from({ length: hot }, () =>
      running.engine.templates.create(templateOf(`hot-${randomUUID()}`, schedule), 'bench'),
    ),
  );
  if (Date.now() >= beginMs)
    throw new Error(`storing ${hot} schedules took longer than ${LEAD_MS} ms`);
  await sleepUntil(beginMs - LOOK_AGAIN_MS);
  const cpuBefore = process.cpuUsage();
  const databaseBefore = await databaseCpuMs(place);
  const sinceMs = performance.now();
  await sleepUntil(endMs + 1000 - LOOK_AGAIN_MS);
  const wallMs = performance.now() - sinceMs;
  const used = process.cpuUsage(cpuBefore);
  const databaseUsed = (await databaseCpuMs(place)) - databaseBefore;
  await settle(hot * seconds);
  const ids = created.map(({ template }) => template.id);
  const times = Array.from({ length: seconds }, (_, i) => beginMs + i * 1000);
  return {
    ...(await audit(ids, times)),
    cpu: (used.user + used.system) / 1000 / wallMs,
    databaseCpu: databaseUsed / wallMs,
  };
}

/** Waits until nothing is unfinished, and everything that was expected has begun. */
async function settle(expected: number): Promise<void> {
  const giveUpAtMs = performance.now() + SETTLE_DEADLINE_MS;
  for (;;) {
    const { queued, running: busy } = await store.counts();
    if (queued + busy === 0 && starts.size >= expected) return;
    // What is missing now is counted as lost.
    if (performance.now() > giveUpAtMs) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Holds the ledger, the stored runs and what began against what was due. */
async function audit(
  templateIds: readonly string[],
  dueMs: readonly number[],
): Promise<Omit<ScheduleResult, 'cpu' | 'databaseCpu'>> {
  let lost = 0;
  let doubled = 0;
  const decidedMs: number[] = [];
  const startedMs: number[] = [];
  for (const id of templateIds) {
    const runOf = new Map<number, string>();
    for (let offset = 0; ; offset += FIRINGS_PAGE) {
      const { rows } = await store.firings(id, offset, FIRINGS_PAGE);
      for (const { nominalMs, decidedAtMs, runId } of rows) {
        if (runId === null) continue;
        if (runOf.has(nominalMs)) doubled += 1;
        runOf.set(nominalMs, runId);
        decidedMs.push(decidedAtMs - nominalMs);
      }
      if (rows.length < FIRINGS_PAGE) break;
    }
    for (const nominalMs of dueMs) {
      const began = starts.get(runOf.get(nominalMs) ?? '') ?? [];
      const [firstMs] = began;
      if (firstMs === undefined) lost += 1;
      else startedMs.push(firstMs - nominalMs);
      if (began.length > 1) doubled += 1;
    }
    // Runs that no line of the ledger names, or a firing that was not due.
    const all = await store.runs({ templateId: id, offset: 0, limit: 1 });
    const good = await store.runs({ templateId: id, states: ['succeeded'], offset: 0, limit: 1 });
    doubled += Math.max(0, all.total - dueMs.length);
    lost += all.total - good.total;
  }
  return { due: templateIds.length * dueMs.length, lost, doubled, decidedMs, startedMs };
}

function templateOf(name: string, schedule: ScheduleDefinition) {
  return {
    dialect: 'sae' as const,
    namespace: 'bench',
    name,
    spec: noopSpec,
    document: {},
    notActedOn: [],
    refersTo: null,
    schedule,
  };
}

/** Sleeps until a time of the wall clock. */
function sleepUntil(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));
}

const calls = {
  fill,
  round,
  async close() {
    await running.close();
    await store.close();
  },
};

/** What the parent can ask of this process. */
export type ScheduleCalls = typeof calls;

answerCalls(calls);
