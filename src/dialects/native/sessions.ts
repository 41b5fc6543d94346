import { hash, randomBytes } from 'node:crypto';
import type { User } from '../../domain/access.ts';
import type { Document, Engine } from '../../engine/index.ts';
import type { DialectContext } from '../kit/dialect.ts';

/** A session ends when its browser was not heard of for this long; an open console is heard of. */
export const sessionIdleMs = 12 * 3_600_000;

/** And at the latest after this long. */
export const sessionLifetimeMs = 7 * 24 * 3_600_000;

/** The cookie is written anew when it has not been for this long, not with every answer. */
const renewAfterMs = 5 * 60_000;

/** A clock that was set back must not end sessions. */
const clockToleranceMs = 5 * 60_000;

/** Sealed texts are bound to what they are for. */
const purpose = 'console-session';
const endedKind = 'ended-session';
/** Ended sessions that are looked through at each sign-out. */
const purgeBatch = 16;
const idBytes = 18;

/** Who signed in, and how. */
export interface Session {
  readonly user: User;
  /** The access key; null = a password. */
  readonly keyId: string | null;
  readonly expiresAtMs: number;
  /** The cookie's next value; null = it can stay. */
  readonly renewed: string | null;
}

/** What is sealed into the cookie. */
interface Sealed {
  readonly id: string;
  readonly user: string;
  readonly userCreatedAtMs: number;
  readonly key: { readonly id: string; readonly createdAtMs: number } | null;
  /** Of the password: another one after each change. */
  readonly stamp: string | null;
  readonly issuedAtMs: number;
  readonly seenAtMs: number;
}

type SessionEngine = Pick<Engine, 'access' | 'passwords' | 'documents'>;

/**
 * Sessions of the console. A session is a cookie that only this server (and those that share its
 * master key) can open, so nothing is stored for it, and it outlives a restart. What it is worth is
 * decided anew at each request: it is void when its key is disabled, deleted or expired, its
 * password changed, its user gone, or when it was signed out; those are remembered until they would
 * have ended.
 */
export class Sessions {
  readonly #engine: SessionEngine;
  readonly #seal: DialectContext['seal'];
  readonly #unseal: DialectContext['unseal'];

  constructor(context: {
    readonly engine: SessionEngine;
    readonly seal: DialectContext['seal'];
    readonly unseal: DialectContext['unseal'];
  }) {
    this.#engine = context.engine;
    this.#seal = context.seal;
    this.#unseal = context.unseal;
  }

  /** The cookie of a new session; the user has proved who it is, with a key or a password. */
  async issue(user: User, keyId: string | null, nowMs: number): Promise<string> {
    const known = keyId === null ? null : await this.#engine.access.credentials(keyId);
    return this.#cookie({
      id: randomBytes(idBytes).toString('base64url'),
      user: user.name,
      userCreatedAtMs: user.createdAtMs,
      key: known === null ? null : { id: known.key.id, createdAtMs: known.key.createdAtMs },
      stamp: known === null ? await this.#engine.passwords.stamp(user) : null,
      issuedAtMs: nowMs,
      seenAtMs: nowMs,
    });
  }

  /** The session of a cookie; null when it is none of ours, has ended, or is void. */
  async find(cookie: string, nowMs: number): Promise<Session | null> {
    const sealed = this.#open(cookie);
    if (sealed === null || !isTimely(sealed, nowMs)) return null;
    const proof = await this.#proof(sealed, nowMs);
    if (proof === null || (await this.#isEnded(sealed))) return null;
    const isOld = nowMs - sealed.seenAtMs >= renewAfterMs;
    return {
      user: proof.user,
      keyId: sealed.key?.id ?? null,
      expiresAtMs: Math.min(sealed.issuedAtMs + sessionLifetimeMs, proof.expiresAtMs),
      renewed: isOld ? this.#cookie({ ...sealed, seenAtMs: nowMs }) : null,
    };
  }

  /** Ends a session: copies of its cookie are worth nothing from now on. */
  async end(cookie: string, nowMs: number): Promise<void> {
    const sealed = this.#open(cookie);
    if (sealed === null || !isTimely(sealed, nowMs)) return;
    await this.#purge(nowMs);
    const value = { endsAtMs: sealed.issuedAtMs + sessionLifetimeMs };
    await this.#engine.documents.changeDocument(endedName(sealed), nowMs, () => ({
      parent: '',
      value,
    }));
  }

  /** Whose key or password it is, if both are still what they were at the sign-in. */
  async #proof(
    { user, userCreatedAtMs, key, stamp }: Sealed,
    nowMs: number,
  ): Promise<{ readonly user: User; readonly expiresAtMs: number } | null> {
    const { access, passwords } = this.#engine;
    if (key === null) {
      const found = await access.user(user);
      if (found?.createdAtMs !== userCreatedAtMs || stamp === null) return null;
      const isSame = (await passwords.stamp(found)) === stamp;
      return isSame ? { user: found, expiresAtMs: Infinity } : null;
    }
    const known = await access.credentials(key.id);
    if (known === null || !known.key.enabled || known.key.createdAtMs !== key.createdAtMs) {
      return null;
    }
    if (known.user.name !== user || known.user.createdAtMs !== userCreatedAtMs) return null;
    const expiresAtMs = known.key.expiresAtMs ?? Infinity;
    return expiresAtMs <= nowMs ? null : { user: known.user, expiresAtMs };
  }

  async #isEnded(sealed: Sealed): Promise<boolean> {
    return (await this.#engine.documents.document(endedName(sealed))) !== null;
  }

  /** Forgets those that would have ended by themselves. The oldest come first. */
  async #purge(nowMs: number): Promise<void> {
    const { documents } = this.#engine;
    const { rows } = await documents.documents({
      dialect: 'native',
      kind: endedKind,
      offset: 0,
      limit: purgeBatch,
    });
    for (const document of rows) {
      if (endsAtMs(document) + clockToleranceMs > nowMs) continue;
      const name = { dialect: 'native', kind: endedKind, key: document.key } as const;
      await documents.changeDocument(name, nowMs, () => null);
    }
  }

  #cookie(sealed: Sealed): string {
    const box = this.#seal(JSON.stringify(sealed), purpose);
    return Buffer.from(box, 'base64').toString('base64url');
  }

  #open(cookie: string): Sealed | null {
    if (!/^[\w-]+$/.test(cookie)) return null;
    try {
      const box = Buffer.from(cookie, 'base64url').toString('base64');
      // What opens is what `#cookie` sealed.
      return JSON.parse(this.#unseal(box, purpose)) as Sealed;
    } catch {
      // Made up, cut off, or of a server with another master key: all the same to who sends it.
      return null;
    }
  }
}

function isTimely({ issuedAtMs, seenAtMs }: Sealed, nowMs: number): boolean {
  return (
    nowMs < issuedAtMs + sessionLifetimeMs &&
    nowMs < seenAtMs + sessionIdleMs &&
    nowMs > issuedAtMs - clockToleranceMs
  );
}

function endedName({ id }: Sealed) {
  return { dialect: 'native', kind: endedKind, key: hash('sha256', id) } as const;
}

function endsAtMs({ value }: Document): number {
  return typeof value['endsAtMs'] === 'number' ? value['endsAtMs'] : 0;
}
