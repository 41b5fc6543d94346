import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { maxRecordBytes, maxSources } from '../limits.ts';
import type { Validators } from './fetched.ts';

/** What was found at an address last. */
export interface SourceRecord extends Validators {
  readonly sha256: string;
}

/** Remembers what was found where, by the name `Address.source`. One small file for each. */
export class Sources {
  readonly #folder: string;
  /** In the order of their last use, the latest last. */
  readonly #known = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws Error of the file system. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    const ages = await Promise.all(
      names.map(async (name) => ({ name, atMs: (await stat(this.#file(name))).mtimeMs })),
    );
    for (const { name } of ages.toSorted((one, other) => one.atMs - other.atMs))
      this.#known.add(name);
  }

  /** What was found there last; null when that is not known. */
  async read(source: string): Promise<SourceRecord | null> {
    if (!this.#known.has(source)) return null;
    try {
      const record = JSON.parse(await readFile(this.#file(source), 'utf8')) as SourceRecord;
      return /^[0-9a-f]{64}$/.test(record.sha256) ? record : null;
    } catch {
      return null; // Cut short by a full disk: it is fetched again.
    }
  }

  /** @throws Error of the file system. */
  async write(source: string, { sha256, etag, lastModified }: SourceRecord): Promise<void> {
    const text = JSON.stringify({ sha256, etag, lastModified });
    if (text.length > maxRecordBytes) return;
    const unfinished = `${this.#file(source)}.new`;
    await writeFile(unfinished, text, { mode: 0o600 });
    await rename(unfinished, this.#file(source));
    this.#known.delete(source);
    this.#known.add(source);
    for (const oldest of this.#known) {
      if (this.#known.size <= maxSources) break;
      this.#known.delete(oldest);
      await rm(this.#file(oldest), { force: true });
    }
  }

  #file(source: string): string {
    return path.join(this.#folder, source);
  }
}
