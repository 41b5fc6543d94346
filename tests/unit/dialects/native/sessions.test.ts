import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../../../src/app/clock.ts';
import {
  sessionIdleMs,
  sessionLifetimeMs,
  Sessions,
} from '../../../../src/dialects/native/sessions.ts';
import { createAccess } from '../../../../src/engine/access.ts';
import { createPasswords } from '../../../../src/engine/passwords.ts';
import { createTextBox, sealNonceBytes } from '../../../../src/lib/sealed-box.ts';
import { createSqliteStore } from '../../../../src/stores/sqlite/store.ts';
import { type Cleanup, temporaryFolder } from '../../../support/temporary-folder.ts';

const password = 'correct horse battery';

async function open(cleanup: Cleanup) {
  const folder = await temporaryFolder(cleanup);
  const store = createSqliteStore({ path: join(folder, 'test.db') });
  await store.open();
  cleanup.after(() => store.close());
  const masterKey = randomBytes(32);
  const access = await createAccess({ store, masterKey, clock: systemClock, randomBytes });
  const passwords = createPasswords({ store, access, clock: systemClock });
  const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
  const sessions = new Sessions({
    engine: { access, passwords, documents: store },
    seal: (text, purpose) => box.seal(text, purpose),
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
  });
  const ann = await access.putUser({ name: 'ann', policies: [] });
  await passwords.set('ann', password);
  const nowMs = systemClock.nowMs();
  return { sessions, access, passwords, box, ann, nowMs, store };
}

describe('sessions', () => {
  test('a password’s session is void when the password is set anew, or the user made anew', async (t) => {
    const { sessions, passwords, access, ann, nowMs } = await open(t);
    const cookie = await sessions.issue(ann, null, nowMs);
    const session = await sessions.find(cookie, nowMs);
    assert.equal(session?.user.name, 'ann');
    assert.equal(session?.keyId, null);
    assert.equal(session?.expiresAtMs, nowMs + sessionLifetimeMs);
    // The same password, set again, is another one.
    await passwords.set('ann', password);
    assert.equal(await sessions.find(cookie, nowMs), null);
    const second = await sessions.issue(ann, null, nowMs);
    assert.notEqual(await sessions.find(second, nowMs), null);
    await access.deleteUser('ann');
    assert.equal(await sessions.find(second, nowMs), null);
  });

  test('a key’s session is void while the key is disabled, and for good when it is deleted', async (t) => {
    const { sessions, access, nowMs } = await open(t);
    const { key } = await access.createKey({
      user: 'bob',
      id: 'bobs-key',
      secret: 'secret-secret',
    });
    const bob = await access.user('bob');
    assert.ok(bob !== null);
    const cookie = await sessions.issue(bob, key.id, nowMs);
    assert.equal((await sessions.find(cookie, nowMs))?.keyId, key.id);
    await access.setKeyEnabled(key.id, false);
    assert.equal(await sessions.find(cookie, nowMs), null);
    await access.setKeyEnabled(key.id, true);
    assert.notEqual(await sessions.find(cookie, nowMs), null);
    await access.deleteKey(key.id);
    assert.equal(await sessions.find(cookie, nowMs), null);
  });

  test('a temporary key’s session ends with the key', async (t) => {
    const { sessions, access, nowMs } = await open(t);
    const { key } = await access.createKey({ user: 'bob', ttlMs: 60_000 });
    const bob = await access.user('bob');
    assert.ok(bob !== null);
    const cookie = await sessions.issue(bob, key.id, nowMs);
    const endMs = key.expiresAtMs ?? 0;
    assert.equal((await sessions.find(cookie, nowMs))?.expiresAtMs, endMs);
    assert.equal(await sessions.find(cookie, endMs), null);
  });

  test('ends when its browser is not heard of, and at the latest after its lifetime', async (t) => {
    const { sessions, ann, nowMs } = await open(t);
    const cookie = await sessions.issue(ann, null, nowMs);
    assert.notEqual(await sessions.find(cookie, nowMs + sessionIdleMs - 1), null);
    assert.equal(await sessions.find(cookie, nowMs + sessionIdleMs), null);
    let kept = cookie;
    let atMs = nowMs;
    // Heard of every six hours: renewed each time, for a week and no longer.
    while (atMs + sessionIdleMs / 2 < nowMs + sessionLifetimeMs) {
      atMs += sessionIdleMs / 2;
      const session = await sessions.find(kept, atMs);
      assert.ok(session !== null && session.renewed !== null);
      assert.equal(session.expiresAtMs, nowMs + sessionLifetimeMs);
      kept = session.renewed;
    }
    assert.equal(await sessions.find(kept, nowMs + sessionLifetimeMs), null);
  });

  test('is renewed now and then, not at each request; a clock set back far ends it', async (t) => {
    const { sessions, ann, nowMs } = await open(t);
    const cookie = await sessions.issue(ann, null, nowMs);
    assert.equal((await sessions.find(cookie, nowMs + 60_000))?.renewed, null);
    assert.notEqual((await sessions.find(cookie, nowMs + 5 * 60_000))?.renewed, null);
    assert.notEqual(await sessions.find(cookie, nowMs - 60_000), null);
    assert.equal(await sessions.find(cookie, nowMs - 3_600_000), null);
  });

  test('signed out is void, with all its copies and renewals, and no other is', async (t) => {
    const { sessions, ann, nowMs } = await open(t);
    const cookie = await sessions.issue(ann, null, nowMs);
    const other = await sessions.issue(ann, null, nowMs);
    const laterMs = nowMs + 3_600_000;
    const renewed = (await sessions.find(cookie, laterMs))?.renewed ?? '';
    await sessions.end(cookie, laterMs);
    assert.equal(await sessions.find(cookie, laterMs), null);
    assert.equal(await sessions.find(renewed, laterMs), null);
    assert.notEqual(await sessions.find(other, laterMs), null);
  });

  test('what was signed out is forgotten once it would have ended by itself', async (t) => {
    const { sessions, ann, nowMs, store } = await open(t);
    const count = async (): Promise<number> => {
      const query = { dialect: 'native', kind: 'ended-session', offset: 0, limit: 1 } as const;
      return (await store.documents(query)).total;
    };
    for (let number = 0; number < 3; number += 1) {
      await sessions.end(await sessions.issue(ann, null, nowMs), nowMs);
    }
    assert.equal(await count(), 3);
    const laterMs = nowMs + 2 * sessionLifetimeMs;
    await sessions.end(await sessions.issue(ann, null, laterMs), laterMs);
    assert.equal(await count(), 1);
  });

  test('nothing made up, cut, changed or sealed for another purpose is a session', async (t) => {
    const { sessions, ann, nowMs, box } = await open(t);
    const cookie = await sessions.issue(ann, null, nowMs);
    const middle = Math.floor(cookie.length / 2);
    const other = cookie[middle] === 'A' ? 'B' : 'A';
    const flipped = cookie.slice(0, middle) + other + cookie.slice(middle + 1);
    const foreign = Buffer.from(box.seal('{}', 'something-else'), 'base64').toString('base64url');
    for (const value of [
      '',
      'x',
      cookie.slice(1),
      cookie.slice(0, -4),
      flipped,
      foreign,
      '…',
      '{}',
    ]) {
      assert.equal(await sessions.find(value, nowMs), null, value);
      await sessions.end(value, nowMs);
    }
    assert.notEqual(await sessions.find(cookie, nowMs), null);
  });
});
