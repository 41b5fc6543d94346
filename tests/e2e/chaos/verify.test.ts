import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jobKinds, wholeLog } from './jobs.ts';
import type { RunRecord } from './records.ts';
import type { ScheduleRecord } from './schedules.ts';
import { type Evidence, violationsOf } from './verify.ts';

/** One quick run that went well; the tests spoil it. */
async function clean(dataDir: string): Promise<Evidence> {
  const kind = jobKinds.find(({ name }) => name === 'quick');
  assert.ok(kind !== undefined);
  const template = { ...kind, appId: 'app' };
  const id = 'manual-1.0.1';
  const folder = join(dataDir, 'attempts', id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'stdout'), wholeLog(id));
  const run: RunRecord = {
    id: 'manual-1',
    templateId: 'app',
    idempotencyKey: 'key',
    trigger: 'manual',
    state: 'succeeded',
    hold: null,
    replicas: 1,
    succeeded: 1,
    failed: 0,
    message: '',
    scheduledAtMs: null,
    instances: [[{ id, state: 'succeeded', pid: 7, exitCode: 0, message: '' }]],
  };
  return {
    submissions: [{ key: 'key', template, runIds: new Set(['manual-1']), tries: 1 }],
    templates: [template],
    runs: [run],
    schedules: [],
    lines: [{ attemptId: id, runId: 'manual-1', pid: 7 }],
    dataDirs: [dataDir],
    mayRepeat: false,
  };
}

test('what chaos looks for is found when it is there', async (t) => {
  const dataDir = await temporaryFolder(t);
  const evidence = await clean(dataDir);
  assert.deepEqual(await violationsOf(evidence), []);
  const [run] = evidence.runs;
  const [line] = evidence.lines;
  const [submission] = evidence.submissions;
  assert.ok(run !== undefined && line !== undefined && submission !== undefined);
  const [attempt] = run.instances.flat();
  assert.ok(attempt !== undefined);
  const ticking = { id: 'tick', name: 'tick', command: ['true'], outcomes: ['fired', 'skipped'] };
  const scheduled: RunRecord = {
    ...run,
    id: 'schedule-1',
    templateId: 'tick',
    trigger: 'schedule',
    idempotencyKey: null,
    scheduledAtMs: 1_000,
    instances: [],
  };
  const firing = {
    nominalAtMs: 1_000,
    untilAtMs: 1_000,
    count: 1,
    outcome: 'fired',
    runId: null,
    reason: 'on time',
  };
  const more = { ...attempt, id: 'manual-1.0.2', state: 'lost', exitCode: null };
  const spoiled: (readonly [RegExp, Partial<Evidence>])[] = [
    [/key has 0 runs in the store/, { runs: [] }],
    [/key has 2 runs in the store/, { runs: [run, { ...run, id: 'manual-2' }] }],
    [/"other" was invented/, { runs: [run, { ...run, id: 'x', idempotencyKey: 'other' }] }],
    [
      /answered with 2 ids/,
      { submissions: [{ ...submission, runIds: new Set(['manual-1', 'manual-2']) }] },
    ],
    [/is failed, not succeeded/, { runs: [{ ...run, state: 'failed' }] }],
    [/began twice, as process 7 and 8/, { lines: [line, { ...line, pid: 8 }] }],
    [/ran, but the store has no such/, { lines: [line, { ...line, attemptId: 'manual-1.0.9' }] }],
    [/no process of it began/, { lines: [] }],
    [
      /ran 2 times/,
      {
        runs: [{ ...run, instances: [[more, attempt]] }],
        lines: [line, { ...line, attemptId: more.id }],
      },
    ],
    [
      /is final, but .* is running/,
      { runs: [{ ...run, instances: [[{ ...more, state: 'running' }, attempt]] }] },
    ],
    [/the log of manual-1.0.1 is null/, { dataDirs: [join(dataDir, 'elsewhere')] }],
  ];
  const fired = { ...firing, runId: scheduled.id };
  const schedule = { template: ticking, firings: [fired], runs: [scheduled] };
  assert.deepEqual(await violationsOf({ ...evidence, schedules: [schedule] }), []);
  const later = { ...fired, nominalAtMs: 3_000, untilAtMs: 3_000 };
  const skipped = { ...firing, outcome: 'skipped' };
  const spoiledSchedules: readonly (readonly [RegExp, Partial<ScheduleRecord>])[] = [
    [/never fired/, { firings: [] }],
    [/has no firing/, { firings: [skipped] }],
    [/was skipped with run null: $/m, { firings: [{ ...skipped, reason: '' }] }],
    [/follows a gap or overlap of 1000 ms/, { firings: [fired, later] }],
    [/follows a gap or overlap of -1000 ms/, { firings: [fired, fired] }],
    [/counts 1 firings/, { firings: [{ ...fired, untilAtMs: 4_000 }] }],
    [/was dropped/, { firings: [{ ...firing, outcome: 'dropped' }] }],
    [/which is not there/, { runs: [] }],
    [/made a run for 5/, { runs: [{ ...scheduled, scheduledAtMs: 5 }] }],
    [/is failed/, { runs: [{ ...scheduled, state: 'failed' }] }],
  ];
  for (const [expected, change] of spoiledSchedules) {
    spoiled.push([expected, { schedules: [{ ...schedule, ...change }] }]);
  }
  for (const [expected, change] of spoiled) {
    const found = await violationsOf({ ...evidence, ...change });
    assert.match(found.join('\n'), expected);
  }
});
