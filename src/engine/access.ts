import type { AccessKey, Policy, User } from '../domain/access.ts';
import { DomainError } from '../domain/errors.ts';
import {
  builtInPolicies,
  compilePolicy,
  evaluatePolicies,
  parsePolicy,
} from '../domain/policy-evaluation.ts';
import type { CompiledPolicy } from '../domain/policy-evaluation.ts';
import { couldAllow } from '../domain/policy-rights.ts';
import { open, seal, sealNonceBytes } from '../lib/sealed-box.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Access } from './engine.ts';

/** Credentials kept in memory; the oldest make room. */
const credentialsCacheLimit = 10_000;

/** Longest time a change made by another process on the same store can stay unseen. */
const cacheTtlMs = 10_000;

/** Most access keys, and how long an expired temporary one is still known as expired. */
const keyLimit = 10_000;
const expiredKeyRetentionMs = 24 * 3_600_000;

/** Longest life of temporary credentials. */
export const temporaryKeyTtlLimitMs = 12 * 3_600_000;

const keyIdLength = 20;
const secretLength = 30;
const securityTokenLength = 64;

const namePattern = /^[\w.@-]{1,64}$/;
const policyNamePattern = /^[\w-]{1,128}$/;
const keyIdPattern = /^[\w.-]{4,128}$/;
const secretPattern = /^[\x21-\x7e]{8,128}$/;

/** The part of the store that access needs. */
export type AccessStore = Pick<
  Store,
  | 'putKey'
  | 'key'
  | 'keys'
  | 'setKeyEnabled'
  | 'deleteKey'
  | 'putUser'
  | 'user'
  | 'users'
  | 'deleteUser'
  | 'putPolicy'
  | 'policies'
  | 'deletePolicy'
>;

export interface AccessOptions {
  readonly store: AccessStore;
  /** 32 bytes; seals the secrets (see `lib/sealed-box.ts`). */
  readonly masterKey: Uint8Array;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Cryptographically strong random bytes. */
  readonly randomBytes: (length: number) => Uint8Array;
}

type Credentials = NonNullable<Awaited<ReturnType<Access['credentials']>>>;

/**
 * Keys, users and policies. Secrets are stored sealed with AES-256-GCM under the master key and
 * bound to their key id: a copied database alone gives none away, and a box moved to another
 * key's row does not open.
 * @throws Error when the master key does not open what is stored; what the store throws while the
 *   policies are read.
 */
export async function createAccess(options: AccessOptions): Promise<Access> {
  const access = new CachedAccess(options);
  await access.checkMasterKey();
  await access.loadPolicies();
  return access;
}

class CachedAccess implements Access {
  readonly #store: AccessStore;
  readonly #masterKey: Uint8Array;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #randomBytes: (length: number) => Uint8Array;
  readonly #cache = new Map<string, Credentials>();
  /** Raised by every change, so that a read begun before it is not cached after it. */
  #generation = 0;
  #loadedAtMs = 0;
  #loading: Promise<void> | null = null;
  #loadsStarted = 0;
  #loadInstalled = 0;
  #compiled: ReadonlyMap<string, CompiledPolicy> = new Map();

  constructor(options: AccessOptions) {
    this.#store = options.store;
    this.#masterKey = options.masterKey;
    this.#clock = options.clock;
    this.#randomBytes = options.randomBytes;
  }

  /** Opens one stored secret, so that a wrong master key shows at start and not at a request. */
  async checkMasterKey(): Promise<void> {
    const [first] = await this.#store.keys();
    const row = first === undefined ? null : await this.#store.key(first.id);
    if (row === null) return;
    try {
      open(this.#masterKey, row.sealedSecret, sealContext(row.key.id));
    } catch (error) {
      throw new Error(
        'the master key does not open the secrets in the store: use the file of the server that made them (master.key in its data folder, or the setting masterKeyFile)',
        { cause: error },
      );
    }
  }

  async createKey(input: Parameters<Access['createKey']>[0]) {
    const nowMs = this.#clock.nowMs();
    const { ttlMs } = input;
    if (ttlMs !== undefined && !(ttlMs > 0 && ttlMs <= temporaryKeyTtlLimitMs)) {
      throw invalid('ttlMs', `must be above 0 and at most ${temporaryKeyTtlLimitMs} ms`);
    }
    const temporary = ttlMs !== undefined;
    const id = input.id ?? `${temporary ? 'STS.' : ''}LS${this.#alphanumerics(keyIdLength)}`;
    const secret = input.secret ?? this.#alphanumerics(secretLength);
    requirePattern(id, keyIdPattern, 'id', '4 to 128 letters, digits, "_", "-" or "."');
    requirePattern(secret, secretPattern, 'secret', '8 to 128 printable ASCII characters');
    await this.#makeRoom(nowMs);
    if ((await this.#store.key(id)) !== null) {
      throw new DomainError('already-exists', `access key ${id} exists: choose another id`, { id });
    }
    await this.#ensureUser(input);
    const key: AccessKey = {
      id,
      user: input.user,
      enabled: true,
      createdAtMs: nowMs,
      securityToken: temporary ? this.#alphanumerics(securityTokenLength) : null,
      expiresAtMs: temporary ? nowMs + ttlMs : null,
    };
    const nonce = this.#randomBytes(sealNonceBytes);
    await this.#store.putKey(key, seal(this.#masterKey, secret, sealContext(id), nonce));
    this.#changed();
    return { key, secret };
  }

  async credentials(keyId: string): Promise<Credentials | null> {
    if (this.#isStale()) await this.#refresh();
    const cached = this.#cache.get(keyId);
    if (cached !== undefined) return cached;
    const generation = this.#generation;
    const row = await this.#store.key(keyId);
    const user = row === null ? null : await this.#store.user(row.key.user);
    if (row === null || user === null) return null;
    const secret = open(this.#masterKey, row.sealedSecret, sealContext(keyId));
    const credentials: Credentials = { key: row.key, secret, user };
    if (generation === this.#generation) this.#remember(keyId, credentials);
    return credentials;
  }

  keys() {
    return this.#store.keys();
  }

  async setKeyEnabled(id: string, enabled: boolean): Promise<void> {
    await this.#changing(() => this.#store.setKeyEnabled(id, enabled));
  }

  async deleteKey(id: string): Promise<void> {
    await this.#changing(() => this.#store.deleteKey(id));
  }

  users() {
    return this.#store.users();
  }

  user(name: string) {
    return this.#store.user(name);
  }

  async putUser(input: Parameters<Access['putUser']>[0]): Promise<User> {
    requirePattern(input.name, namePattern, 'name', '1 to 64 letters, digits, "_", ".", "@", "-"');
    const known = new Set((await this.policies()).map((policy) => policy.name));
    for (const name of input.policies) {
      if (known.has(name)) continue;
      throw new DomainError('policy-not-found', `policy ${name} does not exist: create it first`, {
        policy: name,
      });
    }
    const before = await this.#store.user(input.name);
    const user: User = {
      name: input.name,
      root: input.root ?? before?.root ?? false,
      policies: [...new Set(input.policies)],
      createdAtMs: before?.createdAtMs ?? this.#clock.nowMs(),
    };
    await this.#changing(() => this.#store.putUser(user));
    return user;
  }

  async deleteUser(name: string): Promise<void> {
    await this.#changing(() => this.#store.deleteUser(name));
  }

  async policies(): Promise<readonly Policy[]> {
    const stored = await this.#store.policies();
    return [...builtInPolicies, ...stored.filter((policy) => !isBuiltIn(policy.name))];
  }

  async putPolicy(name: string, document: unknown): Promise<Policy> {
    requirePattern(name, policyNamePattern, 'name', '1 to 128 letters, digits, "_" or "-"');
    refuseBuiltIn(name);
    const parsed = parsePolicy(document);
    await this.#changing(() => this.#store.putPolicy(name, parsed));
    await this.loadPolicies();
    return { name, document: parsed, builtIn: false };
  }

  async deletePolicy(name: string): Promise<void> {
    refuseBuiltIn(name);
    await this.#changing(() => this.#store.deletePolicy(name));
    await this.loadPolicies();
  }

  authorize(user: User, request: Parameters<Access['authorize']>[1]) {
    if (user.root) return { allowed: true } as const;
    const policies = this.#policiesOf(user);
    if (policies === null) return { allowed: false, kind: 'ImplicitDeny' } as const;
    return evaluatePolicies(policies, request);
  }

  couldAllow(user: User, action: string, resourcePrefix: string): boolean {
    if (user.root) return true;
    const policies = this.#policiesOf(user);
    return policies !== null && couldAllow(policies, action, resourcePrefix);
  }

  /** Null when an attached one is not there: it may have been a Deny, so refuse, do not guess. */
  #policiesOf(user: User): readonly CompiledPolicy[] | null {
    const policies: CompiledPolicy[] = [];
    for (const name of user.policies) {
      const policy = this.#compiled.get(name);
      if (policy === undefined) return null;
      policies.push(policy);
    }
    return policies;
  }

  /** Reads all policies anew and starts the caches over. */
  async loadPolicies(): Promise<void> {
    this.#loadsStarted += 1;
    const load = this.#loadsStarted;
    const policies = await this.policies();
    // A read that was overtaken must not bring back what a later one replaced.
    if (load < this.#loadInstalled) return;
    this.#loadInstalled = load;
    this.#compiled = new Map(
      policies.map((policy) => [policy.name, compilePolicy(policy.document)]),
    );
    this.#changed();
    this.#loadedAtMs = this.#clock.nowMs();
  }

  #isStale(): boolean {
    // Absolute, so that a clock set back does not keep the cache alive.
    return Math.abs(this.#clock.nowMs() - this.#loadedAtMs) >= cacheTtlMs;
  }

  /** One read for all requests that find the cache stale. */
  #refresh(): Promise<void> {
    this.#loading ??= this.loadPolicies().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #ensureUser(input: Parameters<Access['createKey']>[0]): Promise<void> {
    const user = await this.#store.user(input.user);
    if (user === null) {
      const policies = input.policies ?? [];
      await this.putUser({ name: input.user, root: input.root ?? false, policies });
      return;
    }
    const sameRoot = input.root === undefined || input.root === user.root;
    const samePolicies =
      input.policies === undefined || input.policies.join() === user.policies.join();
    if (sameRoot && samePolicies) return;
    throw new DomainError(
      'already-exists',
      `user ${user.name} exists with other rights: change the user, or leave its rights out here`,
      { user: user.name },
    );
  }

  /** Forgets temporary keys that expired long ago, then refuses when there are too many. */
  async #makeRoom(nowMs: number): Promise<void> {
    const keys = await this.#store.keys();
    let count = keys.length;
    for (const key of keys) {
      if (key.expiresAtMs === null || key.expiresAtMs + expiredKeyRetentionMs > nowMs) continue;
      await this.#store.deleteKey(key.id);
      count -= 1;
    }
    if (count < keyLimit) return;
    throw new DomainError(
      'account-quota-exceeded',
      `there are ${keyLimit} access keys, the most allowed: delete some`,
      { limit: keyLimit },
    );
  }

  #remember(keyId: string, credentials: Credentials): void {
    if (this.#cache.size >= credentialsCacheLimit) {
      const oldest = this.#cache.keys().next();
      if (oldest.done !== true) this.#cache.delete(oldest.value);
    }
    this.#cache.set(keyId, credentials);
  }

  /** Runs a change; whatever was read before it or during it is not trusted after it. */
  async #changing(change: () => Promise<void>): Promise<void> {
    this.#changed();
    try {
      await change();
    } finally {
      this.#changed();
    }
  }

  #changed(): void {
    this.#generation += 1;
    this.#cache.clear();
  }

  #alphanumerics(length: number): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    // Bytes above the last multiple of the alphabet's length would favour its first letters.
    const fairLimit = 256 - (256 % alphabet.length);
    let text = '';
    while (text.length < length) {
      for (const byte of this.#randomBytes(length)) {
        if (byte < fairLimit && text.length < length) text += alphabet[byte % alphabet.length];
      }
    }
    return text;
  }
}

function sealContext(keyId: string): string {
  return `access-key:${keyId}`;
}

function isBuiltIn(name: string): boolean {
  return builtInPolicies.some((policy) => policy.name === name);
}

function refuseBuiltIn(name: string): void {
  if (!isBuiltIn(name)) return;
  throw invalid('name', `${name} is built in: it cannot be changed; choose another name`);
}

function requirePattern(text: string, pattern: RegExp, name: string, rule: string): void {
  if (!pattern.test(text)) throw invalid(name, `must be ${rule}`);
}

function invalid(name: string, problem: string): DomainError {
  return new DomainError('invalid-argument', `${name} ${problem}`, { parameter: name });
}
