import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingPostgres, testPostgres } from '../support/postgres.ts';
import {
  createTemplate,
  exec,
  finished,
  type SaeServer,
  startSaeServer,
  status,
  stdout,
} from '../support/sae.ts';
import { until } from '../support/until.ts';

const missing = missingPostgres();

test('two servers on one PostgreSQL', { skip: missing ?? false }, async (t) => {
  const postgres = await testPostgres();
  t.after(() => postgres.stop());
  const url = await postgres.database('servers');
  const shared = {
    LONGSHORE_STORE_URL: url,
    LONGSHORE_STORE_LEASE_TTL_MS: '1500',
    LONGSHORE_SAE_BACKOFF_MS: '100',
  };
  const first = await startSaeServer(t, { env: shared });
  const second = await startSaeServer(t, {
    env: { ...shared, LONGSHORE_MASTER_KEY_FILE: join(first.dataDir, 'master.key') },
    key: first.key,
  });
  const { sae } = second;

  await t.test('a template made on one runs from the other, on either', async () => {
    const appId = await createTemplate(first.sae, ['sh', '-c', 'echo hello']);
    const ids = await Promise.all(Array.from({ length: 20 }, () => exec(sae, appId)));
    for (const id of ids) {
      assert.deepEqual((await finished(first.sae, appId, id)).State, '1');
      const [a, b] = await Promise.all([first, second].map((server) => has(server, id)));
      assert.equal(Number(a) + Number(b), 1, 'it ran on one of them, once');
    }
  });

  await t.test('a stop reaches the server that runs the job', async () => {
    const appId = await createTemplate(sae, ['sh', '-c', 'echo begun; sleep 300']);
    const id = await exec(sae, appId);
    await until('it runs somewhere', async () => (await has(first, id)) || (await has(second, id)));
    await until('it has begun', async () => (await status(sae, appId, id)).Active === 1);
    const other = (await has(first, id)) ? second : first;
    await other.cli('stop', id);
    assert.equal((await finished(sae, appId, id)).State, '2');
  });

  await t.test(
    'the attempts of a server that died are lost after its lease, and retried by the other',
    async () => {
      const appId = await createTemplate(
        sae,
        ['sh', '-c', `[ -n "$AGAIN" ] || echo begun; sleep 1`],
        { BackoffLimit: '3', Replicas: '3' },
      );
      const id = await exec(sae, appId);
      const owner = await until('some of it runs', async () =>
        (await has(first, id)) ? first : (await has(second, id)) ? second : null,
      );
      await owner.crash();
      const other = owner === first ? second : first;
      const end = await finished(other.sae, appId, id);
      assert.equal(end.State, '1', end.Message);
      assert.equal(end.Succeeded, 3);
    },
  );

  await t.test('a third with another master key says so and does not start', async () => {
    await assert.rejects(startSaeServer(t, { env: shared }), /master key does not open/);
  });
});

/** Whether any attempt of the run has a folder on this server. */
async function has(server: SaeServer, jobId: string): Promise<boolean> {
  const found = await Promise.all(
    [0, 1, 2].map((index) =>
      stdout(server, jobId, index).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
