import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { maxRecordBytes } from '../limits.ts';

/**
 * Which attempt uses which content; outlives the server, as attempts do. One small file for each
 * attempt.
 */
export class Uses {
  readonly #folder: string;
  readonly #byAttempt = new Map<string, string>();
  readonly #count = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what was noted in earlier lives. @throws Error of the file system. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const attemptId of await readdir(this.#folder)) {
      const key = readFileSync(path.join(this.#folder, attemptId), 'utf8').slice(0, maxRecordBytes);
      this.#note(attemptId, key);
    }
  }

  /** Notes that an attempt uses a content. @throws Error of the file system. */
  add(attemptId: string, key: string): void {
    this.remove(attemptId);
    writeFileSync(path.join(this.#folder, attemptId), key, { mode: 0o600 });
    this.#note(attemptId, key);
  }

  /** The attempt is over. @returns whether it used anything. */
  remove(attemptId: string): boolean {
    const key = this.#byAttempt.get(attemptId);
    if (key === undefined) return false;
    this.#byAttempt.delete(attemptId);
    const left = (this.#count.get(key) ?? 0) - 1;
    if (left > 0) this.#count.set(key, left);
    else this.#count.delete(key);
    rmSync(path.join(this.#folder, attemptId), { force: true });
    return true;
  }

  /** Whether any attempt uses the content. */
  has(key: string): boolean {
    return this.#count.has(key);
  }

  #note(attemptId: string, key: string): void {
    this.#byAttempt.set(attemptId, key);
    this.#count.set(key, (this.#count.get(key) ?? 0) + 1);
  }
}
