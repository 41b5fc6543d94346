import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createRunHomes } from '../../../../src/app/transfer-homes.ts';
import { defaultAdmissionLimits } from '../../../../src/domain/admission.ts';
import { HomeSearch, type RunHomes } from '../../../../src/executors/transfer/homes.ts';
import type { AttemptReport, AttemptStart } from '../../../../src/ports/executor.ts';
import { createSqliteStore } from '../../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

async function hosts(t: TestContext): Promise<readonly [RunHomes, RunHomes]> {
  const path = join(await temporaryFolder(t), 'store.db');
  const store = createSqliteStore({ path, limits: defaultAdmissionLimits });
  await store.open();
  t.after(() => store.close());
  return [createRunHomes(store, 'a', Date.now), createRunHomes(store, 'b', Date.now)];
}

const attempt = (attemptId: string, runId: string) =>
  ({ attemptId, fence: 1, run: { id: runId } }) as AttemptStart;

function search(homes: RunHomes | null, holdMs = 60_000) {
  const started: string[] = [];
  const reports: AttemptReport[] = [];
  const made = new HomeSearch(
    homes,
    {
      start: ({ attemptId }) => void started.push(attemptId),
      refuse: (report) => void reports.push(report),
      nowMs: Date.now,
    },
    holdMs,
  );
  return { made, started, reports };
}

describe('where the state of a run lies', () => {
  test('the first that asks has it until the run is gone', async (t) => {
    const [a, b] = await hosts(t);
    assert.equal(await a.isHere('run'), true);
    assert.equal(await b.isHere('run'), false);
    assert.equal(await a.isHere('run'), true);
    // Only its home lets go of it.
    await b.forget('run');
    assert.equal(await b.isHere('run'), false);
    await a.forget('run');
    assert.equal(await b.isHere('run'), true);
  });

  test('a start that belongs elsewhere is given back, free of charge', async (t) => {
    const [a, b] = await hosts(t);
    const here = search(a);
    here.made.begin(attempt('1', 'run'));
    await until('it starts', () => here.started.length === 1);
    const there = search(b, 10);
    there.made.begin(attempt('2', 'run'));
    const report = await until('it is given back', () => there.reports[0]);
    assert.deepEqual(there.started, []);
    assert.equal(report.kind, 'refused');
    assert.equal(report.again, true);
    assert.match(report.message, /another server/);
  });

  test('one that waits can be stopped', async (t) => {
    const [a, b] = await hosts(t);
    await a.isHere('run');
    const there = search(b);
    there.made.begin(attempt('2', 'run'));
    assert.equal(there.made.stop('2'), true);
    assert.equal(there.made.stop('2'), false);
    assert.equal(there.reports.length, 1);
    assert.equal(there.reports[0]?.kind, 'refused');
  });

  test('with one server alone everything starts at once', () => {
    const { made, started } = search(null);
    made.begin(attempt('1', 'run'));
    assert.deepEqual(started, ['1']);
  });
});
