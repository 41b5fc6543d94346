import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { bootId } from './boot-id.ts';
import { Uses } from './uses.ts';

/** The part of the logger the packages use. */
export interface PackageLog {
  warn(fields: object, message: string): void;
}

/** One package on the disk. */
interface Entry {
  fileBytes: number;
  /** Null while it is not unpacked. */
  treeBytes: number | null;
  usedAtMs: number;
}

/** What `entry.json` holds. */
interface EntryRecord {
  readonly fileBytes: number;
  readonly treeBytes: number | null;
  /** The machine's start in which it was unpacked; a power cut may have taken files of an earlier one. */
  readonly bootId: string;
}

/**
 * Fetched packages by their content: `content/<sha256>.<format>/` holds the package as `file/…`
 * and what was unpacked of it as `tree`. Bounded in bytes; the longest unused goes first, and
 * never one that is held or that an attempt uses.
 */
export class Content {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #log: PackageLog;
  readonly #entries = new Map<string, Entry>();
  readonly #held = new Map<string, number>();
  readonly uses: Uses;
  #trimming: Promise<void> = Promise.resolve();

  constructor(root: string, maxBytes: number, log: PackageLog) {
    this.#root = root;
    this.#maxBytes = maxBytes;
    this.#log = log;
    this.uses = new Uses(path.join(root, 'uses'));
  }

  /** Reads what is there and clears what was left half done. @throws Error of the file system. */
  async open(): Promise<void> {
    for (const folder of [this.#root, this.#content()]) {
      await mkdir(folder, { recursive: true });
      // Jobs of another user pass through, and see nothing of others.
      await chmod(folder, 0o711);
    }
    await rm(this.#temporary(), { recursive: true, force: true });
    await mkdir(this.#temporary(), { mode: 0o700 });
    await this.uses.open();
    const boot = bootId();
    for (const key of await readdir(this.#content())) await this.#load(key, boot);
    void this.trim();
  }

  /** A path for something unfinished; it is gone after the next start. */
  temporary(): string {
    return path.join(this.#temporary(), randomUUID());
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  hasTree(key: string): boolean {
    return typeof this.#entries.get(key)?.treeBytes === 'number';
  }

  /** Folder with the package itself. */
  fileFolder(key: string): string {
    return path.join(this.#content(), key, 'file');
  }

  /** The package itself. */
  file(key: string): string {
    return path.join(this.fileFolder(key), `package${path.extname(key)}`);
  }

  /** What was unpacked of it. */
  tree(key: string): string {
    return path.join(this.#content(), key, 'tree');
  }

  /** Bytes of everything that is kept. */
  get bytes(): number {
    let bytes = 0;
    for (const { fileBytes, treeBytes } of this.#entries.values())
      bytes += fileBytes + (treeBytes ?? 0);
    return bytes;
  }

  /** Keeps it until `letGo` was called as often. */
  hold(key: string): void {
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
  }

  letGo(key: string): void {
    const left = (this.#held.get(key) ?? 0) - 1;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
    void this.trim();
  }

  /** Takes a fetched file over; what is there already wins. @throws Error of the file system. */
  async addFile(key: string, fetched: string, bytes: number): Promise<void> {
    if (this.has(key)) return rm(fetched, { force: true });
    const made = this.temporary();
    await mkdir(path.join(made, 'file'), { recursive: true });
    await rename(fetched, path.join(made, 'file', path.basename(this.file(key))));
    for (const folder of [made, path.join(made, 'file')]) await chmod(folder, 0o755);
    const entry: Entry = { fileBytes: bytes, treeBytes: null, usedAtMs: Date.now() };
    await this.#record(made, entry);
    if (await this.#place(made, path.join(this.#content(), key))) this.#entries.set(key, entry);
  }

  /** Takes an unpacked folder over; what is there already wins. @throws Error of the file system. */
  async addTree(key: string, unpacked: string, bytes: number): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.treeBytes !== null)
      return rm(unpacked, { recursive: true, force: true });
    if (!(await this.#place(unpacked, this.tree(key)))) return;
    entry.treeBytes = bytes;
    await this.#record(path.join(this.#content(), key), entry);
  }

  /** Notes that it is being used now, for the order in which things go. */
  async touch(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.usedAtMs = Date.now();
    const now = new Date(entry.usedAtMs);
    await utimes(path.join(this.#content(), key, 'entry.json'), now, now).catch(() => {});
  }

  /** Removes what is too much. Never fails: what cannot be removed is logged and left. */
  trim(): Promise<void> {
    this.#trimming = this.#trimming.then(async () => {
      for (let key = this.#surplus(); key !== null; key = this.#surplus()) await this.#remove(key);
    });
    return this.#trimming;
  }

  /** The next one to go; null when there is room, or nothing may go. */
  #surplus(): string | null {
    if (this.bytes <= this.#maxBytes) return null;
    let oldest: string | null = null;
    let oldestMs = Infinity;
    for (const [key, { usedAtMs }] of this.#entries) {
      if (usedAtMs >= oldestMs || this.#held.has(key) || this.uses.has(key)) continue;
      oldest = key;
      oldestMs = usedAtMs;
    }
    return oldest;
  }

  async #remove(key: string): Promise<void> {
    this.#entries.delete(key);
    const gone = this.temporary();
    try {
      // At once and whole: nobody finds half a package, and the same one may come again meanwhile.
      renameSync(path.join(this.#content(), key), gone);
      await rm(gone, { recursive: true, force: true });
    } catch (error) {
      this.#log.warn({ err: error, key }, 'a package could not be removed from the cache');
    }
  }

  async #load(key: string, boot: string): Promise<void> {
    const folder = path.join(this.#content(), key);
    try {
      const file = path.join(folder, 'entry.json');
      const record = JSON.parse(await readFile(file, 'utf8')) as EntryRecord;
      const usedAtMs = (await stat(file)).mtimeMs;
      const { size } = await stat(this.file(key));
      const entry: Entry = { fileBytes: size, treeBytes: record.treeBytes, usedAtMs };
      if (record.treeBytes === null || record.bootId !== boot) {
        entry.treeBytes = null;
        await rm(this.tree(key), { recursive: true, force: true });
      }
      this.#entries.set(key, entry);
    } catch {
      // Not whole: it is fetched again when somebody needs it.
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #record(folder: string, { fileBytes, treeBytes }: Entry): Promise<void> {
    const record: EntryRecord = { fileBytes, treeBytes, bootId: bootId() };
    await writeFile(path.join(folder, 'entry.json'), `${JSON.stringify(record)}\n`, {
      mode: 0o600,
    });
  }

  /** Moves something finished to its place. False = it was there already. */
  async #place(made: string, place: string): Promise<boolean> {
    try {
      await rename(made, place);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      await rm(made, { recursive: true, force: true });
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
  }

  #content(): string {
    return path.join(this.#root, 'content');
  }

  #temporary(): string {
    return path.join(this.#root, 'tmp');
  }
}
