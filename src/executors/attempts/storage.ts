import fs from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { KeptAttempt, KeptOutput, KeptStats } from '../../ports/executor.ts';
import { isAttemptId, readEnding, readMark } from './folder.ts';
import { entriesPerTurn, maxMeasuredEntries, maxUnmeasured, removeParallel } from './limits.ts';

/** File systems count blocks of this size, whatever their own is. */
const blockBytes = 512;

interface StorageLog {
  warn(fields: object, message: string): void;
}

/**
 * The folders of attempts that have ended: how much they take, and their removal. Each is measured
 * when it ends and when it is removed, so that nobody has to look through all of them again.
 */
export class AttemptStorage implements KeptOutput {
  readonly #root: string;
  readonly #isLive: (attemptId: string) => boolean;
  readonly #log: StorageLog;
  /** Ended, not measured yet. */
  #ended = new Set<string>();
  /** Found by the look at everything, not measured yet; null before and after it. */
  #unseen: Set<string> | null = null;
  #complete = false;
  #bytes = 0;
  #removedAttempts = 0;
  #removedBytes = 0;

  constructor(root: string, isLive: (attemptId: string) => boolean, log: StorageLog) {
    this.#root = root;
    this.#isLive = isLive;
    this.#log = log;
  }

  /** An attempt has ended: its folder counts from now on. */
  ended(attemptId: string): void {
    if (this.#ended.size < maxUnmeasured) this.#ended.add(attemptId);
  }

  stats(): KeptStats {
    return {
      bytes: this.#complete ? Math.max(this.#bytes, 0) : null,
      removedAttempts: this.#removedAttempts,
      removedBytes: this.#removedBytes,
    };
  }

  async measure(): Promise<void> {
    if (!this.#complete) return;
    const ended = this.#ended;
    this.#ended = new Set();
    for (const id of ended) this.#bytes += await bytesIn(path.join(this.#root, id));
  }

  async *look(pageSize: number): AsyncGenerator<readonly KeptAttempt[]> {
    this.#complete = false;
    this.#bytes = 0;
    this.#ended.clear();
    const names = await readdir(this.#root).catch(() => []);
    const unseen = new Set(names.filter((name) => isAttemptId(name)));
    this.#unseen = unseen;
    let page: KeptAttempt[] = [];
    for (const id of unseen) {
      unseen.delete(id);
      const folder = path.join(this.#root, id);
      const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
      // Live ones count when they end; `measure` has those that ended meanwhile.
      if (stat === undefined || this.#isLive(id) || this.#ended.has(id)) continue;
      this.#bytes += await bytesIn(folder);
      page.push({ attemptId: id, changedAtMs: Math.round(stat.mtimeMs) });
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    this.#unseen = null;
    this.#complete = true;
    if (page.length > 0) yield page;
  }

  async remove(attemptIds: readonly string[]): Promise<readonly string[]> {
    const alive: string[] = [];
    const left = attemptIds.filter(isAttemptId);
    const worker = async (): Promise<void> => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        if (this.#isLive(id) || runs(path.join(this.#root, id))) alive.push(id);
        else await this.#remove(id);
      }
    };
    await Promise.all(Array.from({ length: removeParallel }, worker));
    return alive;
  }

  async #remove(id: string): Promise<void> {
    const folder = path.join(this.#root, id);
    if (fs.lstatSync(folder, { throwIfNoEntry: false }) === undefined) return;
    const bytes = await bytesIn(folder);
    try {
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      this.#log.warn({ err: error, folder }, 'the folder of an attempt could not be removed');
      return;
    }
    // What was not counted yet needs no taking away.
    const uncounted = this.#ended.delete(id) || (this.#unseen?.delete(id) ?? !this.#complete);
    if (!uncounted) this.#bytes -= bytes;
    this.#removedAttempts += 1;
    this.#removedBytes += bytes;
  }
}

/** Whether the attempt's main process may still run: nobody noted its end and it is there. */
function runs(folder: string): boolean {
  const mark = readMark(folder);
  if (mark === null || mark.pid === 0 || readEnding(folder) !== null) return false;
  try {
    const stat = fs.readFileSync(`/proc/${mark.pid}/stat`, 'latin1');
    // The name may contain anything; fields are safe after its closing parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return false;
    return mark.startTime === null || fields[19] === mark.startTime;
  } catch {
    return false;
  }
}

/** Bytes that a folder takes on the disk, without what its links lead to. */
async function bytesIn(folder: string): Promise<number> {
  const folders = [folder];
  let bytes = 0;
  let entries = 0;
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    let listing: fs.Dir;
    try {
      listing = fs.opendirSync(at);
    } catch {
      continue; // Gone, or closed to us: then nothing of it can be counted.
    }
    try {
      for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
        if (entries >= maxMeasuredEntries) return bytes;
        entries += 1;
        if (entries % entriesPerTurn === 0) await new Promise(setImmediate);
        const inside = path.join(at, entry.name);
        const stat = fs.lstatSync(inside, { throwIfNoEntry: false });
        if (stat === undefined) continue;
        bytes += stat.blocks * blockBytes;
        if (stat.isDirectory()) folders.push(inside);
      }
    } catch {
      // It was removed meanwhile.
    } finally {
      listing.closeSync();
    }
  }
  return bytes;
}
