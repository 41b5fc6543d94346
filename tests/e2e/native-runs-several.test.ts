/** Changes of runs reach whoever follows them, whichever server of a PostgreSQL they happen on. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingPostgres, testPostgres } from '../support/postgres.ts';
import { dataFolder, type RunningServer, startServer } from '../support/server.ts';
import { within } from '../support/until.ts';

const missing = missingPostgres();

interface Told {
  readonly rows: readonly { readonly id: string; readonly state: string }[];
}

test('runs are followed across servers', { skip: missing ?? false }, async (t) => {
  const postgres = await testPostgres();
  t.after(() => postgres.stop());
  const env = { LONGSHORE_STORE_URL: await postgres.database('followed') };
  const first = await startServer(t, await dataFolder(t), [], env);
  const second = await startServer(t, await dataFolder(t), [], {
    ...env,
    LONGSHORE_MASTER_KEY_FILE: join(first.dataDir, 'master.key'),
  });
  const ask = async (server: RunningServer, path: string, init: RequestInit = {}) => {
    const token = await readFile(join(server.dataDir, 'operator.token'), 'utf8');
    return fetch(`${server.url}/api/v1${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${token.trim()}`,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
  };
  const post = (path: string, body: object): Promise<Response> =>
    ask(first, path, { method: 'POST', body: JSON.stringify(body) });
  await post('/templates', { name: 'short', command: ['sleep', '0.3'] });

  for (const server of [first, second]) {
    const abort = new AbortController();
    t.after(() => abort.abort());
    const response = await ask(server, '/runs/follow', { signal: abort.signal });
    const body = response.body ?? assert.fail('no body');
    const made = (await (await post('/templates/short/runs', {})).json()) as {
      run: { id: string };
    };
    const states: string[] = [];
    const succeeded = async (): Promise<void> => {
      let text = '';
      for await (const piece of body) {
        text += Buffer.from(piece as Uint8Array).toString();
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data === undefined || !block.includes('event: runs')) continue;
          const { rows } = JSON.parse(data) as Told;
          states.push(...rows.flatMap(({ id, state }) => (id === made.run.id ? [state] : [])));
          if (states.at(-1) === 'succeeded') return;
        }
      }
    };
    await within('its end', succeeded());
    assert.deepEqual(states.at(-1), 'succeeded');
  }
});
