import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { Clients } from './clients.ts';
import { inReverse } from './in-reverse.ts';
import { createJobTemplates } from './jobs.ts';
import { createLedger, readLedger } from './ledger.ts';
import { Machine } from './machine.ts';
import { endJobProcesses, jobProcesses } from './orphans.ts';
import { allFinal, runRecords } from './records.ts';
import { missingSmallDisk, mountSmallDisk } from './small-disk.ts';
import { createScheduledTemplates, scheduleRecords, endSchedules } from './schedules.ts';
import { violationsOf } from './verify.ts';

const diskMebibytes = 48;
const finishDeadlineMs = 60_000;
/** Answers of a kind that are waited for in each phase. */
const enough = 12;

const skip = missingSmallDisk() ?? false;

test(
  'a full disk: refused with an error, nothing accepted is lost, and all goes on with room',
  { skip },
  async (t) => {
    const cleanup = inReverse();
    t.after(() => cleanup.run());
    const folder = await temporaryFolder(cleanup);
    await chmod(folder, 0o755);
    const ledger = join(folder, 'ledger');
    await createLedger(ledger);
    const disk = await mountSmallDisk(cleanup, join(folder, 'disk'), diskMebibytes);
    const machine = new Machine(cleanup, {
      dataDir: join(disk.folder, 'data'),
      env: { LONGSHORE_SAE_BACKOFF_MS: '50', LONGSHORE_SAE_BACKOFF_MAX_MS: '500' },
    });
    cleanup.after(() => endJobProcesses([machine.dataDir]));
    machine.spawn();
    await machine.listening();
    await machine.makeKey();
    assert.ok(machine.sae !== null);
    const templates = await createJobTemplates(machine.sae, ledger);
    const clients = new Clients([machine], templates, 1);
    const accepted = (): number => clients.answers.get('ok') ?? 0;
    const refused = (): number => clients.answers.get('ServiceUnavailable') ?? 0;
    const more = (what: string, count: () => number): Promise<unknown> => {
      const before = count();
      return until(`${enough} more are ${what}`, () => count() >= before + enough);
    };
    const scheduled = await createScheduledTemplates(machine, ledger);
    cleanup.after(() => clients.abandon());
    clients.start();
    await more('accepted', accepted);

    disk.fill();
    await more('refused', refused);
    disk.free();
    await more('accepted once there is room', accepted);

    // And a crash in the middle of it.
    disk.fill();
    await more('refused again', refused);
    await machine.kill();
    disk.free();
    machine.spawn();
    await machine.listening();
    await more('accepted after the restart', accepted);

    await clients.stop();
    await endSchedules(machine, scheduled);
    await allFinal(machine, finishDeadlineMs);
    const dataDirs = [machine.dataDir];
    await until('no process of a job is left', () => jobProcesses(dataDirs).length === 0);
    const records = await Promise.all(templates.map(({ appId }) => runRecords(machine, appId)));
    const schedules = await scheduleRecords(machine, scheduled);
    const evidence = {
      submissions: clients.submissions,
      templates,
      runs: records.flat(),
      schedules,
      lines: await readLedger(ledger),
      dataDirs,
      mayRepeat: true,
    };
    const found = [...clients.violations, ...(await violationsOf(evidence))];
    assert.deepEqual(found, [], `${found.join('\n')}\n${machine.complaints().slice(-8_000)}`);
    assert.equal(await machine.stop(), 0);
  },
);
