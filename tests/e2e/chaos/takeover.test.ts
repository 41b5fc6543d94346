import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { missingPostgres } from '../../support/postgres.ts';
import { createTemplate, exec, finished } from '../../support/sae.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { ownPostgres, startMachines } from './fleet.ts';
import { inReverse } from './in-reverse.ts';
import { createLedger, readLedger } from './ledger.ts';
import { program } from './jobs.ts';
import type { Machine } from './machine.ts';
import { jobProcesses } from './orphans.ts';
import { runRecords } from './records.ts';

const skip = missingPostgres() ?? false;
const endDeadlineMs = 5_000;
/** Longer than the test: the first attempt ends only when somebody ends it. */
const script = 'case $LONGSHORE_ATTEMPT_ID in *.1) sleep 600;; esac';

suite('an attempt whose server was given up', { skip }, () => {
  for (const how of ['frozen', 'dead'] as const) {
    test(`of a server that was ${how}: lost, retried elsewhere, and its process ended when the server is back`, async (t) => {
      const cleanup = inReverse();
      t.after(() => cleanup.run());
      const folder = await temporaryFolder(cleanup);
      await chmod(folder, 0o755);
      const ledger = join(folder, 'ledger');
      await createLedger(ledger);
      const machines = await startMachines(cleanup, folder, await ownPostgres(cleanup));
      const [one, two] = machines;
      assert.ok(one !== undefined && two !== undefined && one.sae !== null);
      const appId = await createTemplate(
        one.sae,
        ['sh', '-c', program({ script }, ledger, 'SAE_JOB_ID')],
        { BackoffLimit: '1', TerminationGracePeriodSeconds: '1' },
      );
      const jobId = await exec(one.sae, appId);
      await until('it runs', async () => (await readLedger(ledger)).length === 1);
      const owner = jobProcesses([one.dataDir]).length > 0 ? one : two;
      const other = owner === one ? two : one;

      if (how === 'frozen') owner.signal('SIGSTOP');
      else await owner.kill();
      assert.ok(other.sae !== null);
      const end = await finished(other.sae, appId, jobId);
      assert.deepEqual([end.State, end.Succeeded, end.Failed], ['1', 1, 1]);
      assert.ok(jobProcesses([owner.dataDir]).length > 0, 'the first attempt still runs');

      if (how === 'frozen') owner.signal('SIGCONT');
      else owner.spawn();
      await owner.listening();
      const ended = (): boolean => jobProcesses([owner.dataDir]).length === 0;
      await until('the process of the first attempt is ended', ended, endDeadlineMs);
      assert.deepEqual(
        await attemptsOf(owner, appId),
        ['lost', 'succeeded'],
        'late reports are refused',
      );
      const lines = (await readLedger(ledger)).map(({ attemptId }) => attemptId);
      assert.deepEqual(lines, [`${jobId}.0.1`, `${jobId}.0.2`]);
    });
  }
});

async function attemptsOf(machine: Machine, appId: string): Promise<readonly string[]> {
  const [run] = await runRecords(machine, appId);
  return run?.instances.flat().map(({ state }) => state) ?? [];
}
