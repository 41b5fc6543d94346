/** The whole program: a password set by the command line signs in, also after `kill -9`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataFolder, longshore, startServer } from '../../support/server.ts';
import { within } from '../../support/until.ts';
import { send } from './harness.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'bin', 'longshore');

/** `longshore users set-password` with the password on stdin. */
async function setPassword(dataDir: string, input: string) {
  const child = spawn(process.execPath, [main, 'users', 'set-password', 'ann', '--data', dataDir]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.stdin.end(input);
  await within('the end of set-password', once(child, 'close'));
  return { code: child.exitCode, output };
}

test('a user signs in with the password that the command line set', async (t) => {
  const dataDir = await dataFolder(t);
  const first = await startServer(t, dataDir);
  await longshore(t, dataDir, ['users', 'put', 'ann', '--policy', 'AdministratorAccess']);
  const refused = await setPassword(dataDir, 'short\n');
  assert.notEqual(refused.code, 0);
  assert.match(refused.output, /password/);
  assert.ok(!refused.output.includes('short'));
  const empty = await setPassword(dataDir, '');
  assert.match(empty.output, /no password/);
  const set = await setPassword(dataDir, 'open sesame 42\r\nsecond line\n');
  assert.equal(set.code, 0, set.output);
  assert.ok(!set.output.includes('sesame'));

  const user = { name: 'ann', password: 'open sesame 42', domain: { name: 'longshore' } };
  const signedIn = await send(first.url, {
    method: 'POST',
    path: '/v3/auth/tokens',
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user } },
        // The first project is called as the region of the server.
        scope: { project: { name: 'cn-hangzhou' } },
      },
    }),
  });
  assert.equal(signedIn.status, 201, signedIn.text);
  const { project } = signedIn.json['token'] as { project: { id: string } };
  const request = {
    method: 'GET',
    path: `/v1.1/${project.id}/clusters`,
    headers: { 'x-auth-token': String(signedIn.headers['x-subject-token']) },
  };
  const before = await send(first.url, request);
  assert.equal(before.status, 200, before.text);
  await first.crash();
  const second = await startServer(t, dataDir);
  const after = await send(second.url, request);
  assert.equal(after.status, 200, after.text);
  const ids = (json: Record<string, unknown>) =>
    (json['clusters'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(ids(after.json), ids(before.json));
  await longshore(t, dataDir, ['users', 'delete', 'ann']);
  assert.equal((await send(second.url, request)).status, 401);
  assert.equal(await second.stop(), 0);
});
