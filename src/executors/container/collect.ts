import fs from 'node:fs';
import path from 'node:path';
import { matchesCollectedPath } from '../../ports/log-store.ts';
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
  /** Names of what was kept. */
  readonly #kept = new Set<string>();

  constructor(api: EngineApi, folder: string, paths: readonly string[]) {
    this.#api = api;
    this.#folder = folder;
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
    if (!this.#kept.has(name) && this.#kept.size >= maxCollectedFiles) {
      return `only ${maxCollectedFiles} files are collected`;
    }
    this.#kept.add(name);
    const folder = path.join(this.#folder, names.collected);
    const fresh = path.join(this.#folder, `${names.collected}.new`);
    await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await fs.promises.open(fresh, 'w', 0o600);
    let left = maxCollectedBytes;
    try {
      for await (const piece of entry.content) {
        const kept = piece.subarray(0, left);
        left -= kept.length;
        if (kept.length > 0) await file.writeFile(kept);
        if (left === 0) break;
      }
    } finally {
      await file.close();
    }
    await fs.promises.rename(fresh, path.join(folder, name));
    return entry.size <= maxCollectedBytes
      ? ''
      : `only the first ${maxCollectedBytes} of ${entry.size} bytes of ${source} were collected`;
  }
}
