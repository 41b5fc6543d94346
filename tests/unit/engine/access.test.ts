import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AccessRequest } from '../../../src/domain/access.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import type { DomainErrorCode } from '../../../src/domain/errors.ts';
import { createAccess, temporaryKeyTtlLimitMs } from '../../../src/engine/access.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';

async function setUp(cleanup: Cleanup) {
  const path = join(await temporaryFolder(cleanup), 'test.db');
  const store = createSqliteStore({ path });
  await store.open();
  cleanup.after(() => store.close());
  let nowMs = Date.UTC(2024, 0, 2);
  const masterKey = randomBytes(32);
  const options = { store, masterKey, clock: { nowMs: () => nowMs }, randomBytes };
  return {
    path,
    store,
    options,
    access: await createAccess(options),
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

const request: AccessRequest = { action: 'sae:ExecJob', resource: '*', context: {} };

function refusedWith(code: DomainErrorCode) {
  return (error: unknown) => error instanceof DomainError && error.code === code;
}

describe('access', () => {
  it('makes keys of the agreed shape and gives their secret back', async (t) => {
    const { access, options } = await setUp(t);
    const { key, secret } = await access.createKey({ user: 'ann', root: true });
    assert.match(key.id, /^LS[A-Za-z0-9]{20}$/);
    assert.match(secret, /^[A-Za-z0-9]{30}$/);
    assert.equal(key.securityToken, null);
    assert.equal((await access.credentials(key.id))?.secret, secret);
    assert.equal((await (await createAccess(options)).credentials(key.id))?.secret, secret);
    assert.equal(await access.credentials('LSunknown'), null);
  });

  it('makes temporary keys with a token and an end', async (t) => {
    const { access, advance } = await setUp(t);
    const { key } = await access.createKey({ user: 'ann', ttlMs: 60_000 });
    assert.match(key.id, /^STS\.LS[A-Za-z0-9]{20}$/);
    assert.equal(key.securityToken?.length, 64);
    assert.equal(key.expiresAtMs, key.createdAtMs + 60_000);
    for (const ttlMs of [0, -1, Number.NaN, temporaryKeyTtlLimitMs + 1]) {
      await assert.rejects(
        access.createKey({ user: 'ann', ttlMs }),
        refusedWith('invalid-argument'),
      );
    }
    advance(25 * 3_600_000);
    await access.createKey({ user: 'ann' });
    assert.equal(await access.credentials(key.id), null, 'long expired keys are forgotten');
  });

  it('keeps no secret in clear in the database, nor opens it with another master key', async (t) => {
    const { access, options, path } = await setUp(t);
    const { secret } = await access.createKey({ user: 'ann' });
    for (const file of [path, `${path}-wal`]) {
      assert.ok(!(await readFile(file)).includes(secret));
    }
    // Told when the server starts, not when the first request comes.
    const other = createAccess({ ...options, masterKey: randomBytes(32) });
    await assert.rejects(other, /master key does not open the secrets in the store/);
  });

  it('does not open a secret moved to another key', async (t) => {
    const { access, store } = await setUp(t);
    const { key } = await access.createKey({ user: 'ann' });
    const row = await store.key(key.id);
    assert.ok(row !== null);
    await store.putKey({ ...key, id: 'moved' }, row.sealedSecret);
    await assert.rejects(access.credentials('moved'), /does not open/);
  });

  it('shows each change at once, and changes of other processes soon', async (t) => {
    const { access, store, advance } = await setUp(t);
    const { key } = await access.createKey({ user: 'ann' });
    const first = await access.credentials(key.id);
    assert.equal(await access.credentials(key.id), first, 'unchanged credentials are one object');
    await access.setKeyEnabled(key.id, false);
    assert.equal((await access.credentials(key.id))?.key.enabled, false);
    await store.setKeyEnabled(key.id, true);
    advance(10_000);
    assert.equal((await access.credentials(key.id))?.key.enabled, true);
    await access.deleteKey(key.id);
    assert.equal(await access.credentials(key.id), null);
    await assert.rejects(access.deleteKey(key.id), refusedWith('key-not-found'));
  });

  it('takes given keys once, and refuses rights that contradict the user', async (t) => {
    const { access } = await setUp(t);
    const given = { user: 'ann', id: 'testAccessKeyId', secret: 'testAccessKeySecret' };
    assert.equal((await access.createKey(given)).secret, given.secret);
    await assert.rejects(access.createKey(given), refusedWith('already-exists'));
    await assert.rejects(
      access.createKey({ user: 'ann', root: true }),
      refusedWith('already-exists'),
    );
    for (const bad of [{ id: 'a:b,c' }, { secret: 'short' }, { user: 'no spaces' }]) {
      const input = { user: 'bob', ...bad };
      await assert.rejects(access.createKey(input), refusedWith('invalid-argument'));
    }
  });

  it('authorises by policies, deny by default', async (t) => {
    const { access } = await setUp(t);
    const root = await access.putUser({ name: 'root', root: true, policies: [] });
    const nobody = await access.putUser({ name: 'nobody', policies: [] });
    const full = await access.putUser({ name: 'full', policies: ['AliyunSAEFullAccess'] });
    assert.deepEqual(access.authorize(root, request), { allowed: true });
    assert.deepEqual(access.authorize(full, request), { allowed: true });
    const refused = { allowed: false, kind: 'ImplicitDeny' };
    assert.deepEqual(access.authorize(nobody, request), refused);
    assert.deepEqual(access.authorize({ ...full, policies: ['gone'] }, request), refused);
  });

  it('keeps own policies and guards those built in or in use', async (t) => {
    const { access } = await setUp(t);
    const statement = { Effect: 'Allow', Action: 'sae:ExecJob', Resource: '*' };
    const document = { Version: '1', Statement: statement };
    await assert.rejects(
      access.putUser({ name: 'ann', policies: ['runner'] }),
      refusedWith('policy-not-found'),
    );
    await access.putPolicy('runner', document);
    const ann = await access.putUser({ name: 'ann', policies: ['runner'] });
    assert.ok(access.authorize(ann, request).allowed);
    await access.putPolicy('runner', { ...document, Statement: { ...statement, Effect: 'Deny' } });
    assert.deepEqual(access.authorize(ann, request), { allowed: false, kind: 'ExplicitDeny' });
    await assert.rejects(access.deletePolicy('runner'), refusedWith('policy-in-use'));
    await access.deleteUser('ann');
    await access.deletePolicy('runner');
    await assert.rejects(
      access.putPolicy('AdministratorAccess', document),
      refusedWith('invalid-argument'),
    );
    await assert.rejects(access.putPolicy('bad', {}), refusedWith('invalid-argument'));
    assert.ok((await access.policies()).every((policy) => policy.builtIn));
  });
});
