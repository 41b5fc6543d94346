import fs from 'node:fs';
import path from 'node:path';
import { missingPath } from './folder.ts';
import { maxKeyBytes } from './limits.ts';
import type { StageLimits } from './limits.ts';
import type { StagedFile } from './manifest.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { inParallel } from './parallel.ts';

/** What may still be copied for one attempt; counted down. */
export interface StageBudget {
  bytes: number;
  objects: number;
}

/** A copy of a bucket's path. */
export interface StagedCopy {
  readonly single: boolean;
  /** Key of the one object, or what the keys of all begin with. */
  readonly key: string;
  readonly files: Readonly<Record<string, StagedFile>>;
}

/**
 * Copies the object at `inside`, or all objects under it, to `copy`, which must not exist.
 * A writable copy can be written by whoever reaches it; only its mount leads there.
 * @throws Error when nothing is there, a key is no path, or the budget does not hold it.
 */
export async function stageIn(
  store: ObjectStore,
  request: {
    /** Path in the bucket without slashes at its ends; '' = the whole bucket. */
    readonly inside: string;
    readonly owner: string;
    readonly copy: string;
    readonly readOnly: boolean;
  },
  budget: StageBudget,
  limits: StageLimits,
  signal: AbortSignal,
): Promise<StagedCopy> {
  const { inside, owner, copy, readOnly } = request;
  const files: Record<string, StagedFile> = Object.create(null) as Record<string, StagedFile>;
  const fetch = async (object: StoredObject, name: string): Promise<void> => {
    const file = name === '' ? copy : path.join(copy, name);
    const got = await store.download(object.key, file, object.bytes, signal);
    await fs.promises.chmod(file, readOnly ? 0o444 : 0o666);
    const { ctimeNs } = await fs.promises.stat(file, { bigint: true });
    files[name] = { etag: got.etag, bytes: got.bytes, ctimeNs: `${ctimeNs}` };
  };

  const one = inside === '' ? null : await store.look(inside, signal);
  if (one !== null) {
    spend(budget, one, owner, limits);
    await fetch(one, '');
    return { single: true, key: inside, files };
  }
  const prefix = inside === '' ? '' : `${inside}/`;
  const folders = new Folders(copy, readOnly);
  let found = inside === '';
  const wanted = async function* (): AsyncGenerator<readonly [StoredObject, string]> {
    for await (const object of store.list(prefix, signal)) {
      found = true;
      spend(budget, object, owner, limits);
      const name = object.key.slice(prefix.length);
      checkName(object.key, name, owner);
      // An object that ends in a slash stands for an empty folder.
      if (name === '' || name.endsWith('/')) await folders.make(name, object.key, owner);
      else {
        await folders.make(path.posix.dirname(name), object.key, owner);
        yield [object, name];
      }
    }
  };
  await folders.make('.', prefix, owner);
  await inParallel(wanted(), limits.parallel, async ([object, name]) => {
    await fetch(object, name).catch((error: unknown) => {
      throw conflict(error, object.key, owner);
    });
  });
  if (!found) throw missingPath(inside, owner);
  return { single: false, key: prefix, files };
}

/** Folders of a copy; what was made once is not made again. */
class Folders {
  readonly #root: string;
  readonly #mode: number;
  readonly #made = new Set<string>();

  constructor(root: string, readOnly: boolean) {
    this.#root = root;
    this.#mode = readOnly ? 0o755 : 0o777;
  }

  async make(name: string, key: string, owner: string): Promise<void> {
    let at = this.#root;
    for (const part of ['', ...name.split('/')]) {
      at = path.join(at, part);
      if (this.#made.has(at)) continue;
      try {
        await fs.promises.mkdir(at);
        // mkdir obeys the umask.
        await fs.promises.chmod(at, this.#mode);
      } catch (error) {
        throw conflict(error, key, owner);
      }
      this.#made.add(at);
    }
  }
}

function conflict(error: unknown, key: string, owner: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const inner = (error as Error).cause as NodeJS.ErrnoException | undefined;
  if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(code ?? inner?.code ?? '')) return error;
  return new Error(
    `the object ${JSON.stringify(key)} of ${owner} and another one cannot both be files: one lies under the other; rename one`,
    { cause: error },
  );
}

function spend(
  budget: StageBudget,
  object: StoredObject,
  owner: string,
  limits: StageLimits,
): void {
  budget.objects -= 1;
  budget.bytes -= object.bytes;
  if (budget.objects >= 0 && budget.bytes >= 0) return;
  throw new Error(
    `the buckets of this job hold more than fits (${limits.maxObjects} objects, ${limits.maxBytes} bytes together), found in ${owner}; mount a path with less in it`,
  );
}

function checkName(key: string, name: string, owner: string): void {
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  const bad = parts.some(
    (part) => part === '.' || part === '..' || (part === '' && name !== '') || part.length > 255,
  );
  if (!bad && !key.includes('\0') && Buffer.byteLength(key) <= maxKeyBytes) return;
  throw new Error(
    `the object ${JSON.stringify(key.slice(0, 200))} of ${owner} cannot be a file; rename it, or mount another path`,
  );
}
