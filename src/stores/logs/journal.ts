import fs from 'node:fs';
import path from 'node:path';
import type { Collection } from '../../ports/log-store.ts';
import { maxDeadJournalLines } from './limits.ts';

type JournalLine = { readonly begin: Collection } | { readonly done: string };

/**
 * Which collections were begun and not finished, as a file of JSON lines. It is written without
 * waiting, because an attempt must not start before its line stands there; a line takes about as
 * long as a look into the file system.
 */
export class CollectionJournal {
  readonly #file: string;
  readonly #unfinished = new Map<string, Collection>();
  #fd: number | null = null;
  #deadLines = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Reads what earlier lives left; a line that a crash cut short is dropped. */
  open(): readonly Collection[] {
    for (const text of readIfThere(this.#file).split('\n')) {
      const line = parse(text);
      if (line === null) continue;
      if ('done' in line) this.#unfinished.delete(line.done);
      else this.#unfinished.set(line.begin.attemptId, line.begin);
    }
    this.#rewrite();
    return [...this.#unfinished.values()];
  }

  has(attemptId: string): boolean {
    return this.#unfinished.has(attemptId);
  }

  /** @throws Error of the file system. */
  begin(collection: Collection): void {
    this.#write({ begin: collection });
    this.#unfinished.set(collection.attemptId, collection);
  }

  /** @throws Error of the file system; the collection then counts as finished until a restart. */
  done(attemptId: string): void {
    if (!this.#unfinished.delete(attemptId)) return;
    this.#deadLines += 2;
    if (this.#deadLines > maxDeadJournalLines + 2 * this.#unfinished.size) this.#rewrite();
    else this.#write({ done: attemptId });
  }

  #write(line: JournalLine): void {
    if (this.#fd === null) throw new Error('the journal of collections is not open');
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const { size } = fs.fstatSync(this.#fd);
    if (fs.writeSync(this.#fd, bytes, 0, bytes.length, size) === bytes.length) return;
    fs.ftruncateSync(this.#fd, size);
    throw new Error(`the disk of ${this.#file} is full; free space on it`);
  }

  #rewrite(): void {
    const fresh = `${this.#file}.new`;
    const texts = [...this.#unfinished.values()].map((begin) => `${JSON.stringify({ begin })}\n`);
    fs.mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    const fd = fs.openSync(fresh, 'w', 0o600);
    try {
      fs.writeFileSync(fd, texts.join(''));
      fs.fdatasyncSync(fd);
      fs.renameSync(fresh, this.#file);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    if (this.#fd !== null) fs.closeSync(this.#fd);
    this.#fd = fd;
    this.#deadLines = 0;
  }
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parse(text: string): JournalLine | null {
  try {
    const line = JSON.parse(text) as Partial<{ begin: Collection; done: string }> | null;
    if (typeof line?.done === 'string') return { done: line.done };
    if (typeof line?.begin?.attemptId !== 'string' || !Array.isArray(line.begin.targets)) {
      return null;
    }
    return { begin: line.begin };
  } catch {
    return null;
  }
}
