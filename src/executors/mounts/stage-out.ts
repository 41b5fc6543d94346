import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { openRegular } from '../attempts/folder.ts';
import {
  maxKeyBytes,
  maxObjectBytes,
  maxVisitedEntries,
  uploadRetryMs,
  uploadTries,
} from './limits.ts';
import type { StageLimits } from './limits.ts';
import type { StagedMount } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { inParallel } from './parallel.ts';
import type { StageBudget } from './stage-in.ts';

/** What did not get back. */
export interface StageOutcome {
  /** Will not get back by trying again: conflicts, and what is no plain file. */
  readonly refused: string[];
  /** May get back by trying again. */
  readonly failed: string[];
}

/** A file the job made or changed. */
interface Changed {
  readonly file: string;
  readonly name: string;
}

/**
 * Writes what the job added or changed back to the bucket. What it deleted stays there: an
 * interrupted job must not empty a bucket. An object that somebody else changed meanwhile is left
 * as it is and told.
 * @throws Error only when the signal ends it.
 */
export async function stageOut(
  store: ObjectStore,
  mount: StagedMount,
  context: {
    readonly copy: string;
    readonly writer: string;
    readonly budget: StageBudget;
    readonly limits: StageLimits;
    readonly signal: AbortSignal;
  },
): Promise<StageOutcome> {
  const { copy, writer, budget, limits, signal } = context;
  const outcome: StageOutcome = { refused: [], failed: [] };
  const root = await fs.promises.realpath(copy).catch(() => null);
  if (root === null) return outcome;
  const takeBack = async ({ file, name }: Changed): Promise<void> => {
    signal.throwIfAborted();
    const key = `${mount.key}${name}`;
    const told = JSON.stringify(key);
    if (Buffer.byteLength(key) > maxKeyBytes) {
      outcome.refused.push(`${told} (its name is too long)`);
      return;
    }
    const fd = openInside(file, root);
    if (fd === null) {
      outcome.refused.push(`${told} (no plain file of its own)`);
      return;
    }
    try {
      const bytes = fs.fstatSync(fd).size;
      budget.objects -= 1;
      budget.bytes -= bytes;
      if (bytes > maxObjectBytes || budget.objects < 0 || budget.bytes < 0) {
        outcome.refused.push(`${told} (more than fits)`);
        return;
      }
      const there = await store.look(key, signal);
      const known = mount.files[name]?.etag;
      if (there !== null && there.etag !== known && there.writer !== writer) {
        outcome.refused.push(`${told} (changed in the bucket meanwhile)`);
        return;
      }
      await upload(store, { key, bytes, writer }, fd, signal);
    } catch (error) {
      signal.throwIfAborted();
      outcome.failed.push((error as Error).message);
    } finally {
      fs.closeSync(fd);
    }
  };
  await inParallel(changed(root, mount, outcome), limits.parallel, takeBack);
  return outcome;
}

/** The job's own files, without following its links. */
async function* changed(
  root: string,
  mount: StagedMount,
  outcome: StageOutcome,
): AsyncGenerator<Changed> {
  if (mount.single) {
    if (await isChanged(root, mount, '')) yield { file: root, name: '' };
    return;
  }
  const folders = [''];
  let visited = 0;
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const listing = await fs.promises.opendir(path.join(root, at)).catch(() => null);
    if (listing === null) {
      outcome.failed.push(`the folder ${JSON.stringify(at)} cannot be read`);
      continue;
    }
    for await (const entry of listing) {
      visited += 1;
      if (visited > maxVisitedEntries) {
        outcome.refused.push(`all beyond the first ${maxVisitedEntries} files`);
        return;
      }
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (!entry.isFile()) outcome.refused.push(`${JSON.stringify(name)} (no plain file)`);
      else if (await isChanged(root, mount, name)) yield { file: path.join(root, name), name };
    }
  }
}

async function isChanged(root: string, mount: StagedMount, name: string): Promise<boolean> {
  const staged = Object.hasOwn(mount.files, name) ? mount.files[name] : undefined;
  if (staged === undefined) return true;
  const stat = await fs.promises.lstat(path.join(root, name), { bigint: true }).catch(() => null);
  if (stat === null) return false;
  return stat.size !== BigInt(staged.bytes) || `${stat.ctimeNs}` !== staged.ctimeNs;
}

/** Opens a file that really lies in the copy: a process left behind may move links about. */
function openInside(file: string, root: string): number | null {
  const fd = openRegular(file);
  if (fd === null) return null;
  try {
    const real = fs.readlinkSync(`/proc/self/fd/${fd}`);
    if (real === root || real.startsWith(`${root}/`)) return fd;
  } catch {
    // Without /proc nothing vouches for it.
  }
  fs.closeSync(fd);
  return null;
}

async function upload(
  store: ObjectStore,
  object: { readonly key: string; readonly bytes: number; readonly writer: string },
  fd: number,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const body = await contentOf(fd, object.bytes);
    try {
      await store.upload(object, body, signal);
      return;
    } catch (error) {
      if (tries >= uploadTries || signal.aborted) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, uploadRetryMs * 2 ** (tries - 1));
      });
    }
  }
}

/** Exactly the length that was announced, should somebody still write. */
async function contentOf(fd: number, bytes: number): Promise<Readable> {
  if (bytes === 0) return Readable.from([]);
  // A handle of its own, which closes when nothing reads from it any more.
  const handle = await fs.promises.open(`/proc/self/fd/${fd}`, 'r');
  return handle.createReadStream({ start: 0, end: bytes - 1 });
}
