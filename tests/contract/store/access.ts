import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { AccessKey, PolicyDocument, User } from '../../../src/domain/access.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, rejectsWith, t0 } from './fixtures.ts';

const document: PolicyDocument = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'sae:*', Resource: '*' }],
};

function user(name: string, other: Partial<User> = {}): User {
  return { name, root: false, policies: [], createdAtMs: t0, ...other };
}

function key(id: string, owner: string, other: Partial<AccessKey> = {}): AccessKey {
  const defaults = { enabled: true, createdAtMs: t0, securityToken: null, expiresAtMs: null };
  return { id, user: owner, ...defaults, ...other };
}

/** Keys, users and policies. */
export function accessContract(adapter: StoreAdapter): void {
  describe('access', () => {
    test('keys keep their sealed secret byte for byte', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.putUser(user('alice'));
      const sealed = new Uint8Array([0, 255, ...randomBytes(62)]);
      const lasting = key('LTAI1', 'alice');
      const temporary = key('STS.1', 'alice', { securityToken: 'token', expiresAtMs: t0 + 9 });
      await bench.store.putKey(lasting, sealed);
      await bench.store.putKey(temporary, randomBytes(8));
      await bench.reopen();
      const found = await bench.store.key('LTAI1');
      assert.deepEqual(found?.key, lasting);
      assert.deepEqual(Uint8Array.from(found?.sealedSecret ?? []), sealed);
      assert.deepEqual((await bench.store.key('STS.1'))?.key, temporary);
      assert.equal(await bench.store.key('ltai1'), null, 'ids are case-sensitive');
      const all = (await bench.store.keys()).map(({ id }) => id).toSorted();
      assert.deepEqual(all, ['LTAI1', 'STS.1']);
    });

    test('keys are switched and deleted', async (t) => {
      const { store } = await Bench.open(adapter, t);
      await store.putUser(user('alice'));
      await store.putKey(key('K', 'alice'), randomBytes(8));
      await store.setKeyEnabled('K', false);
      assert.equal((await store.key('K'))?.key.enabled, false);
      await store.setKeyEnabled('K', true);
      assert.equal((await store.key('K'))?.key.enabled, true);
      await store.deleteKey('K');
      assert.equal(await store.key('K'), null);
      await rejectsWith(store.setKeyEnabled('K', true), 'key-not-found');
      await rejectsWith(store.deleteKey('K'), 'key-not-found');
    });

    test('users are created, replaced, and deleted with their keys', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const alice = user('alice', { root: true });
      await store.putUser(alice);
      await store.putUser(user('bob'));
      assert.deepEqual(await store.user('alice'), alice);
      assert.equal(await store.user('carol'), null);
      await store.putKey(key('A', 'alice'), randomBytes(8));
      await store.putKey(key('B', 'bob'), randomBytes(8));
      await store.putUser({ ...alice, root: false });
      assert.equal((await store.user('alice'))?.root, false);
      assert.ok(await store.key('A'), 'replacing a user keeps its keys');
      await store.deleteUser('alice');
      assert.equal(await store.user('alice'), null);
      assert.deepEqual(
        (await store.keys()).map(({ id }) => id),
        ['B'],
      );
      assert.deepEqual(
        (await store.users()).map(({ name }) => name),
        ['bob'],
      );
      await rejectsWith(store.deleteUser('alice'), 'user-not-found');
    });

    test('policies are created, replaced, and kept while in use', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const own = async (): Promise<readonly unknown[]> =>
        (await store.policies()).filter(({ builtIn }) => !builtIn);
      await store.putPolicy('jobs', document);
      assert.deepEqual(await own(), [{ name: 'jobs', document, builtIn: false }]);
      const narrow: PolicyDocument = { ...document, Statement: [] };
      await store.putPolicy('jobs', narrow);
      assert.deepEqual(await own(), [{ name: 'jobs', document: narrow, builtIn: false }]);

      await store.putUser(user('alice', { policies: ['jobs'] }));
      assert.deepEqual((await store.user('alice'))?.policies, ['jobs']);
      await rejectsWith(store.deletePolicy('jobs'), 'policy-in-use');
      await store.putPolicy('job', document);
      await store.deletePolicy('job');
      await store.putUser(user('alice'));
      await store.deletePolicy('jobs');
      assert.deepEqual(await own(), []);
      await rejectsWith(store.deletePolicy('jobs'), 'policy-not-found');
    });
  });
}
