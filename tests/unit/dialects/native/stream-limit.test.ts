import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamEvent } from '../../../../src/dialects/native/operation.ts';
import { ProblemError } from '../../../../src/dialects/native/problem.ts';
import { createStreamLimit } from '../../../../src/dialects/native/stream-limit.ts';
import type { Engine } from '../../../../src/engine/index.ts';

async function* endless(): AsyncGenerator<StreamEvent> {
  for (;;) yield { event: 'tick', id: null, data: null };
}

/** Servers are told apart by their engine; nothing of it is used. */
const server = (): Engine => ({}) as Engine;

test('streams are bounded by server, and one that is left makes room', async () => {
  const limit = createStreamLimit(2, 'streams are open');
  const [here, there] = [server(), server()];
  const first = limit.admit(here, endless());
  const second = limit.admit(here, endless());
  await first.next();
  await second.next();
  assert.throws(
    () => limit.admit(here, endless()),
    (error) => error instanceof ProblemError && error.code === 'too-many-streams',
  );
  await limit.admit(there, endless()).next();
  await first.return(undefined);
  const third = limit.admit(here, endless());
  assert.equal((await third.next()).done, false);
  assert.throws(() => limit.admit(here, endless()), ProblemError);
});

test('one that fails makes room too', async () => {
  const limit = createStreamLimit(1, 'streams are open');
  const engine = server();
  const broken = limit.admit(
    engine,
    // oxlint-disable-next-line require-yield -- it fails before its first event
    (async function* () {
      throw new Error('the store is away');
    })(),
  );
  await assert.rejects(broken.next(), /the store is away/);
  assert.equal((await limit.admit(engine, endless()).next()).done, false);
});
