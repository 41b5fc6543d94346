import fs from 'node:fs';
import path from 'node:path';
import { matchesCollectedPath } from '../../ports/log-store.ts';
import { maxCollectedTotalBytes } from '../attempts/limits.ts';
import type { EngineApi } from './api.ts';
import {
  maxCollectedBytes,
  maxCollectedFiles,
  maxCollectedNameBytes,
  maxLiveCollectBytes,
} from './limits.ts';
import { names } from './records.ts';
import { readTar, type TarEntry } from './tar.ts';

/** What one path of a job's spec was when it was last fetched. */
interface Seen {
  /** Size and time of its change; '' while it was never there. */
  stamp: string;
  /** Bytes that the last fetch took. */
  bytes: number;
}

/** Copies the files that a job's spec asks to collect out of its container. */
export class FileCollector {
  readonly #api: EngineApi;
  readonly #folder: string;
  readonly #seen: ReadonlyMap<string, Seen>;
  readonly #maxTotalBytes: number;
  /** Bytes of what was kept, by name; null until it is known what an earlier life kept. */
  #kept: Map<string, number> | null = null;

  /** @param maxTotalBytes kept of all files together. */
  constructor(
    api: EngineApi,
    folder: string,
    paths: readonly string[],
    maxTotalBytes: number = maxCollectedTotalBytes,
  ) {
    this.#api = api;
    this.#folder = folder;
    this.#maxTotalBytes = maxTotalBytes;
    this.#seen = new Map(paths.map((text) => [text, { stamp: '', bytes: 0 }]));
  }

  /**
   * Fetches what has changed. While the job runs, what is large waits for the end.
   * @returns what could not be fetched, in words.
   * @throws EngineUnreachable; the reason of `signal` when that ends it.
   */
  async fetch(container: string, final: boolean, signal: AbortSignal): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const [text, seen] of this.#seen) {
      if (!final && seen.bytes > maxLiveCollectBytes) continue;
      const base = path.posix.basename(text);
      const problem = base.includes('*')
        ? await this.#fetchMatching(container, text, seen, signal)
        : await this.#fetchOne(container, text, seen, final, signal);
      if (problem !== '') problems.push(problem);
    }
    return problems;
  }

  async #fetchOne(
    container: string,
    wanted: string,
    seen: Seen,
    final: boolean,
    signal: AbortSignal,
  ): Promise<string> {
    let source = wanted;
    let stat = await this.#api.stat(container, source, signal);
    if (stat?.kind === 'link') {
      source = path.posix.resolve(path.posix.dirname(source), stat.target);
      stat = await this.#api.stat(container, source, signal);
    }
    if (stat === null) return '';
    if (stat.kind !== 'file') return `${wanted} is no file and is not collected`;
    const stamp = `${stat.size} ${stat.changed}`;
    seen.bytes = stat.size;
    if (stamp === seen.stamp || (!final && stat.size > maxLiveCollectBytes)) return '';
    const archive = await this.#api.archive(container, source, signal);
    if (archive === null) return '';
    try {
      for await (const entry of readTar(archive)) {
        if (entry.kind !== 'file') continue;
        seen.stamp = stamp;
        return await this.#keep(wanted, entry);
      }
    } finally {
      archive.destroy();
    }
    return '';
  }

  async #fetchMatching(
    container: string,
    pattern: string,
    seen: Seen,
    signal: AbortSignal,
  ): Promise<string> {
    const parent = path.posix.dirname(pattern);
    const stat = await this.#api.stat(container, parent, signal);
    if (stat?.kind !== 'folder') return '';
    const archive = await this.#api.archive(container, parent, signal);
    if (archive === null) return '';
    // Entries are `<folder>/<file>`, those of the root `<file>`: what lies deeper is not asked for.
    const depth = parent === '/' ? 1 : 2;
    seen.bytes = 0;
    try {
      for await (const entry of readTar(archive)) {
        seen.bytes += entry.size;
        if (seen.bytes > maxCollectedBytes) {
          return `${parent} holds more than ${maxCollectedBytes} bytes; not all of it was searched for ${pattern}`;
        }
        const parts = entry.name.replace(/^\.?\//, '').split('/');
        const source = path.posix.join(parent, parts.at(-1) ?? '');
        if (entry.kind !== 'file' || parts.length > depth) continue;
        if (!matchesCollectedPath(pattern, source)) continue;
        const problem = await this.#keep(source, entry);
        if (problem !== '') return problem;
      }
    } finally {
      archive.destroy();
    }
    return '';
  }

  /** Puts the file in its place as a whole, so that a reader never sees half of it. */
  async #keep(source: string, entry: TarEntry): Promise<string> {
    const name = encodeURIComponent(source);
    if (Buffer.byteLength(name) > maxCollectedNameBytes) {
      return `the path ${source.slice(0, 80)}… is too long to be collected`;
    }
    const folder = path.join(this.#folder, names.collected);
    this.#kept ??= await keptIn(folder);
    const kept = this.#kept;
    if (!kept.has(name) && kept.size >= maxCollectedFiles) {
      return `only ${maxCollectedFiles} files are collected`;
    }
    let room = this.#maxTotalBytes;
    for (const [other, bytes] of kept) if (other !== name) room -= bytes;
    if (entry.size > 0 && room <= 0) {
      return `${source} is not collected: files of an attempt take ${this.#maxTotalBytes} bytes at most`;
    }
    const most = Math.min(maxCollectedBytes, room);
    const fresh = path.join(this.#folder, `${names.collected}.new`);
    await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await fs.promises.open(fresh, 'w', 0o600);
    let left = most;
    try {
      for await (const piece of entry.content) {
        const fitting = piece.subarray(0, left);
        left -= fitting.length;
        if (fitting.length > 0) await file.writeFile(fitting);
        if (left === 0) break;
      }
    } finally {
      await file.close();
    }
    await fs.promises.rename(fresh, path.join(folder, name));
    kept.set(name, most - left);
    return entry.size <= most
      ? ''
      : `only the first ${most} of ${entry.size} bytes of ${source} were collected`;
  }
}

/** Bytes of the files in a folder, by name; none when it is not there. */
async function keptIn(folder: string): Promise<Map<string, number>> {
  const kept = new Map<string, number>();
  for (const name of await fs.promises.readdir(folder).catch(() => [])) {
    kept.set(name, (await fs.promises.lstat(path.join(folder, name))).size);
  }
  return kept;
}
