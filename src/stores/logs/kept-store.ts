import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  CollectedLine,
  Collection,
  LogPage,
  LogQuery,
  LogStoreInfo,
  LogStoreRef,
} from '../../ports/log-store.ts';
import { recordLine } from './record.ts';
import { search } from './search.ts';
import { Segments, type SegmentsOptions } from './segments.ts';

/** What a log store says of itself, in a file beside its segments. */
export interface Description extends Pick<
  LogStoreInfo,
  'project' | 'logstore' | 'templateId' | 'createdAtMs'
> {
  /** The template whose output was the first to go there; null = made before that was noted. */
  readonly madeBy: string | null;
}

const descriptionFile = 'logstore.json';

/** One log store on the disk. Everything that changes it happens one after the other. */
export class KeptLogStore {
  readonly description: Description;
  readonly #options: SegmentsOptions;
  readonly #segments: Segments;
  #queue: Promise<unknown> = Promise.resolve();
  #loaded: Promise<void> | null = null;
  #syncing: Promise<void> | null = null;
  #removed = false;

  constructor(description: Description, options: SegmentsOptions) {
    this.description = description;
    this.#options = options;
    this.#segments = new Segments(options);
  }

  /** Whether it was removed: then it takes nothing more, and another one must be made. */
  get removed(): boolean {
    return this.#removed;
  }

  get bytes(): number {
    return this.#segments.bytes;
  }

  get removedBytes(): number {
    return this.#segments.removedBytes;
  }

  /** Writes its description, so that it is one. */
  create(): Promise<void> {
    return this.#exclusive(async () => {
      const { folder } = this.#options;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, descriptionFile);
      await writeFile(`${file}.new`, `${JSON.stringify(this.description)}\n`, {
        mode: 0o600,
        flush: true,
      });
      await rename(`${file}.new`, file);
    });
  }

  progress(attemptId: string, source: string): Promise<number> {
    return this.#exclusive(() => Promise.resolve(this.#segments.progressOf(attemptId, source)));
  }

  /** @returns false when it was removed meanwhile: nothing was appended. */
  append(collection: Collection, lines: readonly CollectedLine[], nowMs: number): Promise<boolean> {
    return this.#exclusive(async () => {
      if (this.#removed) return false;
      const { attemptId } = collection;
      await this.#segments.append(
        lines.map((line) => ({
          progress: { attemptId, source: line.source, nextOffset: line.nextOffset },
          render: (atMs) => recordLine(collection, line, atMs),
        })),
        nowMs,
      );
      return true;
    });
  }

  /** Resolves when all that was appended so far is safe against a power cut. Calls share a sync. */
  sync(): Promise<void> {
    this.#syncing ??= this.#exclusive(async () => {
      this.#syncing = null;
      if (!this.#removed) await this.#segments.sync();
    });
    return this.#syncing;
  }

  forget(attemptId: string): Promise<void> {
    return this.#exclusive(async () => this.#segments.forget(attemptId));
  }

  async info(): Promise<LogStoreInfo> {
    await this.#load();
    const { all } = this.#segments;
    const { project, logstore, templateId, createdAtMs } = this.description;
    const filled = all.filter(({ lastMs }) => lastMs !== null);
    return {
      project,
      logstore,
      templateId,
      createdAtMs,
      bytes: this.#segments.bytes,
      oldestMs: filled.at(0)?.firstMs ?? null,
      newestMs: filled.at(-1)?.lastMs ?? null,
    };
  }

  async search(query: LogQuery): Promise<LogPage> {
    await this.#load();
    // Copies: what is appended or removed meanwhile does not disturb.
    return search(
      this.#segments.all.map((segment) => ({ ...segment })),
      query,
    );
  }

  /** Removes all lines. What is in progress keeps the log store, empty. */
  remove(nowMs: number): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#removed || !(await this.#segments.clear(nowMs))) return;
      this.#removed = true;
      await rm(this.#options.folder, { recursive: true, force: true });
    });
  }

  removeOlderThan(horizonMs: number, beganBeforeMs: number, nowMs: number): Promise<void> {
    return this.#exclusive(async () => {
      if (!this.#removed) {
        await this.#segments.removeOlderThan(horizonMs, beganBeforeMs, nowMs);
      }
    });
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#segments.load().catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }

  #exclusive<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(async () => {
      await this.#load();
      return task();
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

/** Reads what the log store in this folder says of itself; null when there is none. */
export async function readDescription(folder: string): Promise<Description | null> {
  try {
    const text = await readFile(join(folder, descriptionFile), 'utf8');
    const { project, logstore, templateId, createdAtMs, madeBy } = JSON.parse(
      text,
    ) as Partial<Description>;
    if (typeof project !== 'string' || typeof logstore !== 'string') return null;
    return {
      project,
      logstore,
      templateId: templateId ?? null,
      createdAtMs: createdAtMs ?? 0,
      madeBy: madeBy ?? templateId ?? null,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A log store's name as a key. */
export function refKey({ project, logstore }: LogStoreRef): string {
  return JSON.stringify([project, logstore]);
}
