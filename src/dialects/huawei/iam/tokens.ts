import { hash, randomBytes } from 'node:crypto';
import type { User } from '../../../domain/access.ts';
import type { Document, Documents, Engine } from '../../../engine/index.ts';

/** How long a token is good for (cdm.md §2.2.2). */
export const tokenLifetimeMs = 24 * 3_600_000;

/** How long an expired one is still known as expired. */
const expiredRetentionMs = 24 * 3_600_000;

/** Most tokens of one user; the oldest make room, as for who signs in before each call. */
export const tokensPerUserLimit = 1_000;

/** Old tokens that are looked through whenever one is issued: more than are issued. */
const purgeBatch = 16;

const tokenBytes = 33;
const tokenLengthLimit = 4_096;
const kind = 'iam-token';

/** What a token lets its holder act on. */
export type TokenScope =
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'domain' };

/** A token that was issued; the text of it is nowhere but with its holder. */
export interface Token {
  readonly user: User;
  readonly scope: TokenScope;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Tokens outlive the server; only hashes of them are stored (cdm.md §2.2). */
export class Tokens {
  readonly #documents: Pick<Documents, 'changeDocument' | 'document' | 'documents'>;
  readonly #engine: Pick<Engine, 'access' | 'passwords'>;

  constructor(engine: Pick<Engine, 'access' | 'passwords' | 'documents'>) {
    this.#documents = engine.documents;
    this.#engine = engine;
  }

  /** Issues a token to a user whose password was right. */
  async issue(
    user: User,
    scope: TokenScope,
    nowMs: number,
  ): Promise<{ readonly text: string; readonly token: Token }> {
    await this.#purge(undefined, Number.POSITIVE_INFINITY, nowMs);
    await this.#purge(user.name, tokensPerUserLimit - 1, nowMs);
    const text = randomBytes(tokenBytes).toString('base64url');
    const token = { user, scope, issuedAtMs: nowMs, expiresAtMs: nowMs + tokenLifetimeMs };
    const value = {
      user: user.name,
      projectId: scope.kind === 'project' ? scope.projectId : null,
      stamp: await this.#engine.passwords.stamp(user),
      issuedAtMs: token.issuedAtMs,
      expiresAtMs: token.expiresAtMs,
    };
    await this.#documents.changeDocument(nameOf(text), nowMs, () => ({ parent: user.name, value }));
    return { text, token };
  }

  /**
   * Null when it was never issued, or its user is gone or has another password by now. Expired
   * ones are returned for a while: whoever asks tells them apart.
   */
  async find(text: string): Promise<Token | null> {
    if (text === '' || text.length > tokenLengthLimit) return null;
    const document = await this.#documents.document(nameOf(text));
    const stored = document === null ? null : readStored(document);
    if (stored === null) return null;
    const users = await this.#engine.access.users();
    const user = users.find(({ name }) => name === stored.user);
    if (user === undefined) return null;
    if ((await this.#engine.passwords.stamp(user)) !== stored.stamp) return null;
    return {
      user,
      scope:
        stored.projectId === null
          ? { kind: 'domain' }
          : { kind: 'project', projectId: stored.projectId },
      issuedAtMs: stored.issuedAtMs,
      expiresAtMs: stored.expiresAtMs,
    };
  }

  /** Deletes the oldest that expired long ago or are more than `keep`; all live equally long. */
  async #purge(user: string | undefined, keep: number, nowMs: number): Promise<void> {
    const { rows, total } = await this.#documents.documents({
      dialect: 'cdm',
      kind,
      ...(user === undefined ? {} : { parent: user }),
      offset: 0,
      limit: purgeBatch,
    });
    let left = total;
    for (const document of rows) {
      const expiresAtMs = readStored(document)?.expiresAtMs ?? 0;
      if (expiresAtMs + expiredRetentionMs > nowMs && left <= keep) return;
      await this.#documents.changeDocument(
        { dialect: 'cdm', kind, key: document.key },
        nowMs,
        () => null,
      );
      left -= 1;
    }
  }
}

function nameOf(text: string) {
  return { dialect: 'cdm', kind, key: hash('sha256', text) } as const;
}

function readStored({ value }: Document) {
  const { user, projectId, stamp, issuedAtMs, expiresAtMs } = value;
  if (
    typeof user !== 'string' ||
    typeof stamp !== 'string' ||
    typeof issuedAtMs !== 'number' ||
    typeof expiresAtMs !== 'number'
  ) {
    return null;
  }
  return {
    user,
    projectId: typeof projectId === 'string' ? projectId : null,
    stamp,
    issuedAtMs,
    expiresAtMs,
  };
}
