import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { testDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { needs } from '../../support/tools.ts';
import { containerHarness } from './container-harness.ts';
import { Session } from './harness.ts';

test('a kill that the engine refuses is tried again', needs('dockerd'), async (t) => {
  const engine = await testDocker();
  const socket = join(await temporaryFolder(t), 'engine.sock');
  let refused = 0;
  // As an engine under load answers: everything else is the real one.
  const proxy = http.createServer((asked, answer) => {
    if ((asked.url ?? '').endsWith('/kill?signal=SIGKILL') && refused < 1) {
      refused += 1;
      asked.resume();
      answer.writeHead(500, { 'content-type': 'application/json' });
      answer.end('{"message":"tried to kill container, but did not receive an exit event"}');
      return;
    }
    const { method, url, headers } = asked;
    const passed = http.request({ socketPath: engine.socket, method, path: url, headers });
    passed.on('response', (real) => {
      answer.writeHead(real.statusCode ?? 500, real.headers);
      answer.flushHeaders();
      real.on('error', () => answer.destroy());
      real.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  proxy.listen(socket);
  await once(proxy, 'listening');
  const { kind, network, ulimits } = engine;
  const clean = (hostId: string) => engine.clean(hostId);
  const harness = await containerHarness({ kind, socket, network, ulimits, clean });
  t.after(async () => {
    await harness.dispose();
    proxy.closeAllConnections();
    proxy.close();
    await engine.stop();
  });
  const session = await Session.open(harness);
  session.shell('k.0.1', 'trap "" TERM; echo up; while :; do sleep 0.05; done', { graceMs: 100 });
  await session.outputWith('k.0.1', 'up');
  session.executor.stop('k.0.1');
  const ended = await session.report('k.0.1', 'ended');
  assert.deepEqual([refused, ended.signal, ended.stopped], [1, 'SIGKILL', true]);
  await session.executor.close();
});
