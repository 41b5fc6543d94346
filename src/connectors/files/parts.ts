import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectorContext } from '../../ports/connector.ts';
import type { FileAppender, FileStore } from '../../ports/file-store.ts';
import { diskAppender } from './disk-appender.ts';
import { collect, nameOf } from './entries.ts';
import { fileError } from './errors.ts';
import { WORK_FOLDER_PREFIX } from './selection.ts';

/** Reading of parts on their way to the store. */
const READ_BYTES = 1024 * 1024;

/**
 * Where the output of a run grows until the run has succeeded: nothing of it is seen under its
 * final name before. Every process of the run finds it again.
 */
export interface PartFolder {
  /** Opens a part for writing behind `keepBytes`. */
  append(name: string, keepBytes: number): Promise<FileAppender>;
  /** Names and sizes. */
  list(): Promise<ReadonlyMap<string, number>>;
  remove(name: string): Promise<void>;
  /** A part becomes a file of the store and is gone here. */
  deliver(name: string, path: string, options: { readonly kmsKeyId?: string }): Promise<void>;
  /** A small note; null = there is none. */
  readNote(name: string): Promise<string | null>;
  writeNote(name: string, text: string): Promise<void>;
  /** Removes the folder with all it holds. */
  clear(): Promise<void>;
}

/** Where the parts of a run are. */
export interface PartPlace {
  readonly store: FileStore;
  /** Output folder of the job. */
  readonly directory: string;
  readonly runId: string;
  readonly context: ConnectorContext;
  readonly signal: AbortSignal;
}

const BEGUN = 'begun';

/**
 * Makes the folder of a run, or finds it: beside the output where the store can go on with files
 * and they are renamed; else on this machine, to be uploaded.
 */
export async function makePartFolder(place: PartPlace): Promise<PartFolder> {
  const found = await findPartFolder(place);
  if (found !== null) return found;
  const beside = new StoreParts(place);
  const probe = await place.store.append(beside.pathOf(BEGUN), 0, place.signal);
  if (probe !== null) {
    await probe.close();
    return beside;
  }
  const spool = new SpoolParts(place);
  await mkdir(spool.folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileError(error, 'write', 'the folder for temporary files of this server');
  });
  await spool.writeNote(BEGUN, '');
  return spool;
}

/** The folder of a run; null = the run has not begun here or is over. */
export async function findPartFolder(place: PartPlace): Promise<PartFolder | null> {
  for (const parts of [new StoreParts(place), new SpoolParts(place)]) {
    if ((await parts.readNote(BEGUN)) !== null) return parts;
  }
  return null;
}

/** Parts in the store itself. */
class StoreParts implements PartFolder {
  readonly #place: PartPlace;
  readonly #folder: string;

  constructor(place: PartPlace) {
    this.#place = place;
    const own = `${WORK_FOLDER_PREFIX}${place.runId}`;
    this.#folder = place.directory === '' ? own : `${place.directory}/${own}`;
  }

  pathOf(name: string): string {
    return `${this.#folder}/${name}`;
  }

  async append(name: string, keepBytes: number): Promise<FileAppender> {
    const { store, signal } = this.#place;
    const appender = await store.append(this.pathOf(name), keepBytes, signal);
    if (appender === null) throw new Error('a store went on with a file once and then would not');
    return appender;
  }

  async list(): Promise<ReadonlyMap<string, number>> {
    const parts = new Map<string, number>();
    const { store, signal } = this.#place;
    for await (const { path, bytes } of store.list(this.#folder, signal)) {
      if (path.endsWith('.part')) parts.set(nameOf(path), bytes);
    }
    return parts;
  }

  remove(name: string): Promise<void> {
    return this.#place.store.remove(this.pathOf(name));
  }

  deliver(name: string, path: string): Promise<void> {
    return this.#place.store.rename(this.pathOf(name), path);
  }

  async readNote(name: string): Promise<string | null> {
    const { store, signal } = this.#place;
    const path = this.pathOf(name);
    if ((await store.stat(path)) === null) return null;
    return (await collect(store.read(path, { start: 0, end: null }, signal))).toString();
  }

  async writeNote(name: string, text: string): Promise<void> {
    const { store, signal } = this.#place;
    await store.write(this.pathOf(name), once(Buffer.from(text)), { signal });
  }

  clear(): Promise<void> {
    return this.#place.store.removeTree(this.#folder, this.#place.signal);
  }
}

/** Parts on the disk of this machine. */
class SpoolParts implements PartFolder {
  readonly folder: string;
  readonly #place: PartPlace;

  constructor(place: PartPlace) {
    this.#place = place;
    this.folder = join(place.context.scratchRoot ?? tmpdir(), `longshore-output-${place.runId}`);
  }

  async append(name: string, keepBytes: number): Promise<FileAppender> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    return diskAppender(await this.#open(name, flags), keepBytes, this.#shown(name));
  }

  async list(): Promise<ReadonlyMap<string, number>> {
    const parts = new Map<string, number>();
    for (const name of await readdir(this.folder)) {
      if (!name.endsWith('.part')) continue;
      const handle = await this.#open(name, constants.O_RDONLY);
      parts.set(name, (await handle.stat()).size);
      await handle.close();
    }
    return parts;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }

  async deliver(
    name: string,
    path: string,
    options: { readonly kmsKeyId?: string },
  ): Promise<void> {
    const { store, signal } = this.#place;
    await store.write(path, this.#content(name), { ...options, signal });
    await unlink(join(this.folder, name));
  }

  async readNote(name: string): Promise<string | null> {
    try {
      return await readFile(join(this.folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw fileError(error, 'read', this.#shown(name));
    }
  }

  async writeNote(name: string, text: string): Promise<void> {
    try {
      await writeFile(join(this.folder, name), text, { flush: true });
    } catch (error) {
      throw fileError(error, 'write', this.#shown(name));
    }
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async *#content(name: string): AsyncGenerator<Uint8Array> {
    const handle = await this.#open(name, constants.O_RDONLY);
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async #open(name: string, flags: number): ReturnType<typeof open> {
    try {
      return await open(join(this.folder, name), flags, 0o600);
    } catch (error) {
      throw fileError(error, flags === constants.O_RDONLY ? 'read' : 'write', this.#shown(name));
    }
  }

  /** Paths of this machine are nobody's business. */
  #shown(name: string): string {
    return `the temporary file ${name} of this server`;
  }
}

/** Content of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
