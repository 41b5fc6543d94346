import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { User } from '../domain/access.ts';
import { DomainError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Document, DocumentName, DocumentStore } from '../ports/documents.ts';
import type { Access, Passwords } from './engine.ts';

/** Bounds of a password, in characters. */
export const passwordLength = { least: 8, most: 128 } as const;

/** What a guess costs: 32 MiB, three times over. */
const cost = { N: 32_768, r: 8, p: 3 } as const;
const maxMemoryBytes = 64 * 1024 * 1024;
const hashBytes = 32;
const saltBytes = 16;

/** Hashes that are computed at a time, and most that wait: each takes a thread and its memory. */
const concurrentHashes = 2;
const defaultWaitingLimit = 64;

export interface PasswordsOptions {
  readonly store: Pick<DocumentStore, 'changeDocument' | 'document'>;
  readonly access: Pick<Access, 'users'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Most checks that wait for their turn; absent = 64. */
  readonly waitingLimit?: number;
}

/** What is stored of a password. */
interface StoredHash {
  /** Of the user it was set for: a later user of that name does not inherit it. */
  readonly userCreatedAtMs: number;
  readonly salt: string;
  readonly hash: string;
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
}

/** Creates the passwords over the documents of the store. */
export function createPasswords(options: PasswordsOptions): Passwords {
  const { store, access, clock } = options;
  const hashes = new HashQueue(options.waitingLimit ?? defaultWaitingLimit);
  const find = async (name: string): Promise<User | null> =>
    (await access.users()).find((user) => user.name === name) ?? null;
  const stored = async (user: User): Promise<readonly [Document, StoredHash] | null> => {
    const document = await store.document(nameOf(user.name));
    const content = document === null ? null : readStored(document.value);
    if (document === null || content?.userCreatedAtMs !== user.createdAtMs) return null;
    return [document, content];
  };
  return {
    async set(userName, password) {
      checkLength(password);
      const user = await find(userName);
      if (user === null) {
        throw new DomainError('user-not-found', `no user is called ${userName}`, {
          user: userName,
        });
      }
      const salt = randomBytes(saltBytes);
      const hash = await hashes.hash(password, salt, cost);
      const value = {
        userCreatedAtMs: user.createdAtMs,
        salt: salt.toString('base64'),
        hash: hash.toString('base64'),
        cost,
      };
      await store.changeDocument(nameOf(userName), clock.nowMs(), () => ({ parent: '', value }));
    },
    async check(userName, password) {
      if (password.length > passwordLength.most) return null;
      const user = await find(userName);
      const known = (user === null ? null : await stored(user))?.[1];
      const salt =
        known === undefined ? Buffer.alloc(saltBytes) : Buffer.from(known.salt, 'base64');
      const given = await hashes.hash(password, salt, known?.cost ?? cost);
      if (known === undefined) return null;
      const right = Buffer.from(known.hash, 'base64');
      return right.length === given.length && timingSafeEqual(right, given) ? user : null;
    },
    async stamp(user) {
      const document = (await stored(user))?.[0];
      return document === undefined ? null : `${document.number}.${document.revision}`;
    },
    async remove(userName) {
      await store.changeDocument(nameOf(userName), clock.nowMs(), () => null);
    },
  };
}

function nameOf(userName: string): DocumentName {
  return { dialect: 'native', kind: 'password', key: userName };
}

function checkLength(password: string): void {
  const { least, most } = passwordLength;
  if (password.length >= least && password.length <= most) return;
  throw new DomainError(
    'invalid-argument',
    `the password must have ${least} to ${most} characters`,
    {
      parameter: 'password',
    },
  );
}

function readStored(value: Readonly<Record<string, unknown>>): StoredHash | null {
  const { userCreatedAtMs, salt, hash, cost: parameters } = value as Partial<StoredHash>;
  if (
    typeof userCreatedAtMs !== 'number' ||
    typeof salt !== 'string' ||
    typeof hash !== 'string' ||
    parameters === undefined
  ) {
    return null;
  }
  return { userCreatedAtMs, salt, hash, cost: parameters };
}

/** Computes hashes off the event loop, few at a time. */
class HashQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #waitingLimit: number;

  constructor(waitingLimit: number) {
    this.#waitingLimit = waitingLimit;
  }

  async hash(password: string, salt: Uint8Array, parameters: StoredHash['cost']): Promise<Buffer> {
    await this.#turn();
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        // One password, however the keyboard composed its letters.
        const text = password.normalize('NFKC');
        const options = { ...parameters, maxmem: maxMemoryBytes };
        scrypt(text, salt, hashBytes, options, (error, key) => {
          if (error === null) resolve(key);
          else reject(error);
        });
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#running < concurrentHashes) {
      this.#running += 1;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.#waitingLimit) {
      const message = 'too many are signing in at this moment: try again in a few seconds';
      return Promise.reject(new DomainError('unavailable', message));
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
