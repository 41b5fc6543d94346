import assert from 'node:assert/strict';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTemplate, exec, finished, startSaeServer, stdout } from '../support/sae.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const orders = join(import.meta.dirname, '..', '..', 'examples', 'orders');
const SHARDS = [0, 1, 2];

test('kill -9 of the server during the demo’s job: its shards finish as themselves, with whole logs', async (t) => {
  const dataDir = await temporaryFolder(t);
  await chmod(dataDir, 0o755);
  for (const file of ['orders.csv', 'summarize.sh'])
    await copyFile(join(orders, file), join(dataDir, file));
  const first = await startSaeServer(t, { dataDir });
  const appId = await createTemplate(first.sae, ['sh', join(dataDir, 'summarize.sh')], {
    Replicas: String(SHARDS.length),
    Slice: 'true',
    Timezone: 'UTC',
    Envs: JSON.stringify([
      { name: 'ORDERS', value: join(dataDir, 'orders.csv') },
      { name: 'PAUSE', value: '0.2' },
    ]),
  });
  const jobId = await exec(first.sae, appId);
  const attempt = (index: number, file: string): Promise<string> =>
    readFile(join(dataDir, 'attempts', `${jobId}.${index}.1`, file), 'utf8');
  const mainProcess = async (index: number): Promise<string | undefined> =>
    (await attempt(index, 'process')).split('\n')[0];
  for (const index of SHARDS) {
    await until(`shard ${index} has begun`, async () =>
      (await stdout(first, jobId, index)).includes('2025-02'),
    );
  }
  const pids = await Promise.all(SHARDS.map((index) => mainProcess(index)));

  await first.crash();
  const second = await startSaeServer(t, { dataDir, key: first.key });

  const end = await finished(second.sae, appId, jobId);
  assert.deepEqual([end.State, end.Succeeded, end.Failed], ['1', SHARDS.length, 0]);
  for (const index of SHARDS) {
    assert.equal(await mainProcess(index), pids[index], 'the same process all along');
    assert.match(await attempt(index, 'process'), /^exit 0$/m);
    assert.equal(await stdout(second, jobId, index), await expectedLog(dataDir, index));
    await assert.rejects(stdout(second, jobId, index, 2), { code: 'ENOENT' }, 'no second attempt');
  }
});

test('an accepted run that had not started survives kill -9 and starts once', async (t) => {
  const first = await startSaeServer(t);
  const appId = await createTemplate(first.sae, ['sh', '-c', 'echo ran']);
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000)
    .toISOString()
    .replace('.000Z', 'Z');
  const jobs = await Promise.all(
    Array.from({ length: 20 }, () => exec(first.sae, appId, { Time: at })),
  );
  await first.crash();
  const second = await startSaeServer(t, { dataDir: first.dataDir, key: first.key });
  for (const jobId of jobs) {
    assert.equal((await finished(second.sae, appId, jobId)).State, '1');
    assert.equal(await stdout(second, jobId), 'ran\n');
  }
});

/** What the shard must have written, computed here from the same file. */
async function expectedLog(dataDir: string, index: number): Promise<string> {
  const path = join(dataDir, 'orders.csv');
  const rows = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const own = rows.filter(([id]) => Number(id) % SHARDS.length === index);
  const sum = (list: string[][]): string =>
    `orders=${list.length} cents=${list.reduce((total, row) => total + Number(row[3]), 0)}`;
  const lines = [`shard ${index} of ${SHARDS.length} reads ${path}`];
  for (let month = 1; month <= 12; month += 1) {
    const prefix = `2025-${String(month).padStart(2, '0')}`;
    lines.push(`${prefix} ${sum(own.filter((row) => row[1]?.startsWith(prefix)))}`);
  }
  lines.push(`total ${sum(own)}`, '');
  return lines.join('\n');
}
