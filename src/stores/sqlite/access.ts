import type { AccessKey, Policy, PolicyDocument, User } from '../../domain/access.ts';
import { DomainError } from '../../domain/errors.ts';
import { toKey, toPolicy, toUser } from '../sql/rows.ts';
import type { KeyRow } from '../sql/schema.ts';
import { lazy, type Session } from './session.ts';

type UserRow = { name: string; root: number; policies: string; created_at: number };

/** Users, keys and policies. Secrets arrive sealed and stay so. */
export class AccessTables {
  readonly #q;

  constructor({ db }: Session) {
    this.#q = lazy(() => ({
      putKey: db.prepare(
        `insert into keys (id, user, enabled, created_at, security_token, expires_at, sealed_secret) values (?, ?, ?, ?, ?, ?, ?)`,
      ),
      key: db.prepare('select * from keys where id = ?'),
      keys: db.prepare('select * from keys order by created_at, id'),
      enable: db.prepare('update keys set enabled = ? where id = ?'),
      deleteKey: db.prepare('delete from keys where id = ?'),
      putUser: db.prepare(
        `insert into users (name, root, policies, created_at) values (?, ?, ?, ?)
         on conflict (name) do update set root = excluded.root, policies = excluded.policies`,
      ),
      user: db.prepare('select * from users where name = ?'),
      users: db.prepare('select * from users order by name'),
      deleteUser: db.prepare('delete from users where name = ?'),
      deleteKeysOf: db.prepare('delete from keys where user = ?'),
      putPolicy: db.prepare(
        'insert into policies (name, document) values (?, ?) on conflict (name) do update set document = excluded.document',
      ),
      policies: db.prepare('select * from policies order by name'),
      policyUser: db.prepare(
        'select u.name from users u, json_each(u.policies) p where p.value = ? order by u.name limit 1',
      ),
      deletePolicy: db.prepare('delete from policies where name = ?'),
    }));
  }

  putKey(key: AccessKey, sealedSecret: Uint8Array): void {
    if (this.#q().key.get(key.id) !== undefined) {
      throw new DomainError('already-exists', `access key ${key.id} exists already`, {
        keyId: key.id,
      });
    }
    this.#q().putKey.run(
      key.id,
      key.user,
      key.enabled ? 1 : 0,
      key.createdAtMs,
      key.securityToken,
      key.expiresAtMs,
      sealedSecret,
    );
  }

  key(id: string): { key: AccessKey; sealedSecret: Uint8Array } | null {
    const row = this.#q().key.get(id) as KeyRow | undefined;
    return row === undefined ? null : { key: toKey(row), sealedSecret: row.sealed_secret };
  }

  keys(): AccessKey[] {
    return (this.#q().keys.all() as KeyRow[]).map(toKey);
  }

  setKeyEnabled(id: string, enabled: boolean): void {
    if (this.#q().enable.run(enabled ? 1 : 0, id).changes === 0) throw keyNotFound(id);
  }

  deleteKey(id: string): void {
    if (this.#q().deleteKey.run(id).changes === 0) throw keyNotFound(id);
  }

  putUser(user: User): void {
    this.#q().putUser.run(
      user.name,
      user.root ? 1 : 0,
      JSON.stringify(user.policies),
      user.createdAtMs,
    );
  }

  user(name: string): User | null {
    const row = this.#q().user.get(name) as UserRow | undefined;
    return row === undefined ? null : toUser(row);
  }

  users(): User[] {
    return (this.#q().users.all() as UserRow[]).map(toUser);
  }

  deleteUser(name: string): void {
    if (this.#q().deleteUser.run(name).changes === 0) {
      throw new DomainError('user-not-found', `there is no user ${name}`, { user: name });
    }
    this.#q().deleteKeysOf.run(name);
  }

  putPolicy(name: string, document: PolicyDocument): void {
    this.#q().putPolicy.run(name, JSON.stringify(document));
  }

  policies(): Policy[] {
    return (this.#q().policies.all() as { name: string; document: string }[]).map(toPolicy);
  }

  deletePolicy(name: string): void {
    const user = this.#q().policyUser.get(name) as { name: string } | undefined;
    if (user !== undefined) {
      throw new DomainError(
        'policy-in-use',
        `policy ${name} is attached to user ${user.name}; detach it first`,
        { policy: name },
      );
    }
    if (this.#q().deletePolicy.run(name).changes === 0) {
      throw new DomainError('policy-not-found', `there is no policy ${name}`, { policy: name });
    }
  }
}

function keyNotFound(id: string): DomainError {
  return new DomainError('key-not-found', `there is no access key ${id}`, { keyId: id });
}
