import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/app/clock.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { createPasswords } from '../../../src/engine/passwords.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function start(t: TestContext, waitingLimit?: number) {
  const store = createSqliteStore({ path: join(await temporaryFolder(t), 'store.db') });
  await store.open();
  t.after(() => store.close());
  const access = await createAccess({
    store,
    masterKey: randomBytes(32),
    clock: systemClock,
    randomBytes,
  });
  const user = await access.putUser({ name: 'ann', policies: [] });
  const limits = waitingLimit === undefined ? {} : { waitingLimit };
  const passwords = createPasswords({ store, access, clock: systemClock, ...limits });
  return { store, access, user, passwords };
}

const name = { dialect: 'native', kind: 'password', key: 'ann' } as const;

test('a password is checked, and kept as a hash of its own salt only', async (t) => {
  const { passwords, store, user } = await start(t);
  assert.equal(await passwords.check('ann', 'first word'), null);
  await passwords.set('ann', 'first word');
  assert.deepEqual(await passwords.check('ann', 'first word'), user);
  assert.equal(await passwords.check('ann', 'first worD'), null);
  assert.equal(await passwords.check('ann', ''), null);
  const before = (await store.document(name))?.value;
  assert.ok(before !== undefined && !JSON.stringify(before).includes('first'));
  await passwords.set('ann', 'first word');
  const after = (await store.document(name))?.value;
  assert.notEqual(after?.['salt'], before['salt']);
  assert.notEqual(after?.['hash'], before['hash']);
});

test('letters are the same however they were composed', async (t) => {
  const { passwords, user } = await start(t);
  await passwords.set('ann', 'caf\u00e9 au lait');
  assert.deepEqual(await passwords.check('ann', 'cafe\u0301 au lait'), user);
});

test('the stamp changes with the password, and there is none without one', async (t) => {
  const { passwords, user } = await start(t);
  assert.equal(await passwords.stamp(user), null);
  await passwords.set('ann', 'first word');
  const first = await passwords.stamp(user);
  assert.equal(await passwords.stamp(user), first);
  await passwords.set('ann', 'other word');
  const second = await passwords.stamp(user);
  assert.ok(first !== null && second !== null && first !== second);
  await passwords.remove('ann');
  assert.equal(await passwords.stamp(user), null);
  assert.equal(await passwords.check('ann', 'other word'), null);
  // One set again is not the one that was removed.
  await passwords.set('ann', 'other word');
  const third = await passwords.stamp(user);
  assert.ok(third !== null && third !== first && third !== second);
});

test('another user of the same name does not inherit it', async (t) => {
  const { access, passwords, user } = await start(t);
  await passwords.set('ann', 'first word');
  await access.deleteUser('ann');
  assert.equal(await passwords.check('ann', 'first word'), null);
  const other = await access.putUser({ name: 'ann', policies: [] });
  assert.notEqual(other.createdAtMs, user.createdAtMs);
  assert.equal(await passwords.check('ann', 'first word'), null);
  assert.equal(await passwords.stamp(other), null);
});

test('passwords of a bad length and of unknown users are refused', async (t) => {
  const { passwords } = await start(t);
  for (const password of ['', 'seven77', 'x'.repeat(129)]) {
    await assert.rejects(passwords.set('ann', password), { code: 'invalid-argument' });
  }
  await assert.rejects(passwords.set('bob', 'first word'), { code: 'user-not-found' });
  assert.equal(await passwords.check('bob', 'first word'), null);
});

test('more than can be worked off are turned away, and the others are answered', async (t) => {
  const { passwords, user } = await start(t, 2);
  await passwords.set('ann', 'first word');
  const asked = Array.from({ length: 7 }, () => passwords.check('ann', 'first word'));
  const settled = await Promise.allSettled(asked);
  const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  // Two are worked on and two wait.
  assert.equal(refused.length, 3);
  for (const reason of refused) assert.equal((reason as { code: string }).code, 'unavailable');
  const answered = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  assert.deepEqual(answered, [user, user, user, user]);
});
