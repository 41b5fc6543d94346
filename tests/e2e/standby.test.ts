import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { saeClient } from '../../examples/sae-client.ts';
import { startProgram } from '../support/program.ts';
import { createTemplate, exec, finished, startSaeServer, stdout } from '../support/sae.ts';
import { until } from '../support/until.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');

test('a standby takes over when the server dies, and adopts what runs', async (t) => {
  const first = await startSaeServer(t);
  const { dataDir, key } = first;
  const standby = startProgram(t, main, ['up', '--standby', '--data', dataDir, '--port', '0']);
  await standby.line((text) => text.startsWith('standing by'));
  const appId = await createTemplate(first.sae, ['sh', '-c', 'echo begun; sleep 1.5; echo done']);
  const jobId = await exec(first.sae, appId);
  await until('the job has begun', async () => (await stdout(first, jobId)).includes('begun'));
  assert.ok(!standby.lines.some((line) => line.includes('listens')), 'it waits for its turn');

  await first.crash();
  const line = await standby.line((text) => text.includes('listens on'));
  const url = /http:\/\/[\d.:]+/.exec(line)?.[0] ?? '';
  const end = await finished(saeClient(url, key), appId, jobId);
  assert.deepEqual([end.State, end.Succeeded, end.Failed], ['1', 1, 0]);
  assert.equal(await stdout(first, jobId), 'begun\ndone\n');
  await assert.rejects(stdout(first, jobId, 0, 2), { code: 'ENOENT' }, 'no second attempt');
  standby.kill('SIGTERM');
  assert.equal((await standby.ended()).code, 0);
});

test('a standby that is told to end while it waits just ends', async (t) => {
  const { dataDir } = await startSaeServer(t);
  const standby = startProgram(t, main, ['up', '--standby', '--data', dataDir, '--port', '0']);
  await standby.line((text) => text.startsWith('standing by'));
  standby.kill('SIGTERM');
  assert.equal((await standby.ended()).code, 0);
});
