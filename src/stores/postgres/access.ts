import type { AccessKey, Policy, PolicyDocument, User } from '../../domain/access.ts';
import { DomainError } from '../../domain/errors.ts';
import { toKey, toPolicy, toUser } from '../sql/rows.ts';
import type { KeyRow } from '../sql/schema.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

type UserRow = { name: string; root: number; policies: string; created_at: number };

// Names are compared byte by byte, whatever the database's collation.
const putKey = statement(
  'key-put',
  `insert into keys (id, "user", enabled, created_at, security_token, expires_at, sealed_secret)
   values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning id`,
);
const keyById = statement('key', 'select * from keys where id = $1');
const allKeys = statement('keys', 'select * from keys order by created_at, id collate "C"');
const enableKey = statement(
  'key-enable',
  'update keys set enabled = $2 where id = $1 returning id',
);
const deleteKey = statement('key-delete', 'delete from keys where id = $1 returning id');
const putUser = statement(
  'user-put',
  `insert into users (name, root, policies, created_at) values ($1, $2, $3, $4)
   on conflict (name) do update set root = excluded.root, policies = excluded.policies`,
);
const userByName = statement('user', 'select * from users where name = $1');
const allUsers = statement('users', 'select * from users order by name collate "C"');
const deleteUser = statement('user-delete', 'delete from users where name = $1 returning name');
const deleteKeysOf = statement('user-keys-delete', 'delete from keys where "user" = $1');
const putPolicy = statement(
  'policy-put',
  'insert into policies (name, document) values ($1, $2) on conflict (name) do update set document = excluded.document',
);
const allPolicies = statement('policies', 'select * from policies order by name collate "C"');
// Users are few; nobody attaches the policy between this look and the deletion.
const lockUsers = statement('users-lock', 'lock table users in share mode');
const policyUser = statement(
  'policy-user',
  `select u.name from users u, json_array_elements_text(u.policies::json) as p(name)
   where p.name = $1 order by u.name collate "C" limit 1`,
);
const deletePolicy = statement(
  'policy-delete',
  'delete from policies where name = $1 returning name',
);

/** Users, keys and policies as they are read. Secrets arrive sealed and stay so. */
export const accessReads = {
  async key(db: Queries, id: string): Promise<{ key: AccessKey; sealedSecret: Uint8Array } | null> {
    const [row] = await db.rows<KeyRow>(keyById, [id]);
    return row === undefined ? null : { key: toKey(row), sealedSecret: row.sealed_secret };
  },
  async keys(db: Queries): Promise<AccessKey[]> {
    return (await db.rows<KeyRow>(allKeys)).map(toKey);
  },
  async user(db: Queries, name: string): Promise<User | null> {
    const [row] = await db.rows<UserRow>(userByName, [name]);
    return row === undefined ? null : toUser(row);
  },
  async users(db: Queries): Promise<User[]> {
    return (await db.rows<UserRow>(allUsers)).map(toUser);
  },
  async policies(db: Queries): Promise<Policy[]> {
    return (await db.rows<{ name: string; document: string }>(allPolicies)).map(toPolicy);
  },
};

/** Users, keys and policies as they are changed; refusals as the port names them. */
export const accessWrites = {
  /** @throws DomainError `already-exists`. */
  async putKey(tx: Transaction, key: AccessKey, sealedSecret: Uint8Array): Promise<void> {
    const { id, user, createdAtMs, securityToken, expiresAtMs } = key;
    const enabled = key.enabled ? 1 : 0;
    const secret = Buffer.from(sealedSecret);
    const values = [id, user, enabled, createdAtMs, securityToken, expiresAtMs, secret];
    if ((await tx.rows(putKey, values)).length > 0) return;
    throw new DomainError('already-exists', `access key ${id} exists already`, { keyId: id });
  },
  async setKeyEnabled(tx: Transaction, id: string, enabled: boolean): Promise<void> {
    if ((await tx.rows(enableKey, [id, enabled ? 1 : 0])).length === 0) throw keyNotFound(id);
  },
  async deleteKey(tx: Transaction, id: string): Promise<void> {
    if ((await tx.rows(deleteKey, [id])).length === 0) throw keyNotFound(id);
  },
  async putUser(tx: Transaction, user: User): Promise<void> {
    const { name, root, policies, createdAtMs } = user;
    await tx.rows(putUser, [name, root ? 1 : 0, JSON.stringify(policies), createdAtMs]);
  },
  async deleteUser(tx: Transaction, name: string): Promise<void> {
    if ((await tx.rows(deleteUser, [name])).length === 0) {
      throw new DomainError('user-not-found', `there is no user ${name}`, { user: name });
    }
    await tx.rows(deleteKeysOf, [name]);
  },
  async putPolicy(tx: Transaction, name: string, document: PolicyDocument): Promise<void> {
    await tx.rows(putPolicy, [name, JSON.stringify(document)]);
  },
  async deletePolicy(tx: Transaction, name: string): Promise<void> {
    await tx.rows(lockUsers);
    const [user] = await tx.rows<{ name: string }>(policyUser, [name]);
    if (user !== undefined) {
      const text = `policy ${name} is attached to user ${user.name}; detach it first`;
      throw new DomainError('policy-in-use', text, { policy: name });
    }
    if ((await tx.rows(deletePolicy, [name])).length === 0) {
      throw new DomainError('policy-not-found', `there is no policy ${name}`, { policy: name });
    }
  },
};

function keyNotFound(id: string): DomainError {
  return new DomainError('key-not-found', `there is no access key ${id}`, { keyId: id });
}
