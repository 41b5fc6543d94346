import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { PackageArtifact } from '../../../domain/template.ts';
import { maxParallel } from '../limits.ts';
import { Turns } from '../turns.ts';
import { type Address, readAddress } from './address.ts';
import { type ArchiveLimits, checkArchive, unpackArchive } from './archive.ts';
import { Content, type PackageLog } from './content.ts';
import type { Fetched, FetchLimits } from './fetched.ts';
import { fetchFromFile } from './from-file.ts';
import { fetchFromHttp } from './from-http.ts';
import { SourceAddresses } from './source-addresses.ts';
import { type SourceRecord, Sources } from './sources.ts';

export interface PackageCacheOptions {
  /** Folder of its own. */
  readonly folder: string;
  readonly fetch: FetchLimits;
  readonly archive: ArchiveLimits;
  /** Bytes that are kept. */
  readonly maxBytes: number;
  /** Folders that `file:` packages may come from. */
  readonly files: readonly string[];
  /** Hosts that packages may be fetched from (see `SourceAddresses`). */
  readonly hosts: readonly string[];
  readonly log: PackageLog;
}

/** A package as a start finds it. */
export interface CachedPackage {
  /** Folder that holds the package: the file alone, or what was unpacked of it. */
  readonly folder: string;
  /** Name of the file inside of `folder`; null when the folder is the package. */
  readonly fileName: string | null;
}

/** Work that all who want the same package wait for. */
interface Shared {
  readonly work: Promise<string>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * Fetches packages, unpacks them once, and keeps them. Every use asks the source whether the
 * package changed, unless its address demands a digest that is here.
 */
export class PackageCache {
  readonly #options: PackageCacheOptions;
  readonly #content: Content;
  readonly #sources: Sources;
  readonly #shared = new Map<string, Shared>();
  readonly #turns = new Turns(maxParallel);
  readonly #addresses: SourceAddresses;

  /** @throws Error naming the entry of `hosts` that is no host. */
  constructor(options: PackageCacheOptions) {
    this.#options = options;
    this.#addresses = new SourceAddresses(options.hosts);
    this.#content = new Content(options.folder, options.maxBytes, options.log);
    this.#sources = new Sources(path.join(options.folder, 'sources'));
  }

  /** Reads what is kept. @throws Error of the file system. */
  async open(): Promise<void> {
    await this.#content.open();
    await this.#sources.open();
  }

  /** Bytes of everything that is kept. */
  get bytes(): number {
    return this.#content.bytes;
  }

  /**
   * Brings a package here, for an attempt that uses it until `release`.
   * @throws Error in words: what is wrong with the address, the way to it, or the package.
   */
  async acquire(
    artifact: PackageArtifact,
    attemptId: string,
    signal: AbortSignal,
  ): Promise<CachedPackage> {
    const address = readAddress(artifact);
    const name = `${artifact.format} ${address.source} ${address.digest ?? ''}`;
    const shared = this.#shared.get(name) ?? this.#share(name, address, artifact.format);
    shared.waiting += 1;
    try {
      const key = await abortable(shared.work, signal);
      // Both may have happened in one turn; then the attempt is over already.
      signal.throwIfAborted();
      this.#content.uses.add(attemptId, key);
      await this.#content.touch(key);
      if (artifact.format !== 'jar') return { folder: this.#content.tree(key), fileName: null };
      return {
        folder: this.#content.fileFolder(key),
        fileName: path.basename(this.#content.file(key)),
      };
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) this.#leave(name, shared);
    }
  }

  /** The attempt is over: what it used may go. */
  release(attemptId: string): void {
    if (this.#content.uses.remove(attemptId)) void this.#content.trim();
  }

  #share(name: string, address: Address, format: PackageArtifact['format']): Shared {
    const stop = new AbortController();
    const { timeoutMs } = this.#options.fetch;
    const late = new AbortController();
    // From now on: who waits for a turn behind slow packages does not wait for ever either.
    const timer = setTimeout(() => {
      late.abort(
        new Error(
          `the package ${address.shown} did not arrive within ${timeoutMs} ms; see packages.timeoutMs`,
        ),
      );
    }, timeoutMs);
    const arriving = AbortSignal.any([stop.signal, late.signal]);
    const work = this.#turns
      .take(arriving, () => this.#bring(address, format, arriving, stop.signal))
      .finally(() => clearTimeout(timer));
    // Each waiter hears of a failure by itself.
    work.catch(() => {});
    const shared: Shared = { work, stop, waiting: 0 };
    this.#shared.set(name, shared);
    return shared;
  }

  /** Nobody waits any more: the work is done, or nobody wants it. */
  #leave(name: string, { work, stop }: Shared): void {
    this.#shared.delete(name);
    stop.abort(new Error('nobody waits for the package any more'));
    work.then(
      (key) => this.#content.letGo(key),
      () => {},
    );
  }

  /**
   * @param arriving ends the fetch, `signal` all of it.
   * @returns the key of the content, which is held.
   */
  async #bring(
    address: Address,
    format: PackageArtifact['format'],
    arriving: AbortSignal,
    signal: AbortSignal,
  ): Promise<string> {
    const key = await this.#fetch(address, format, arriving);
    try {
      if (format !== 'jar' && !this.#content.hasTree(key)) {
        await this.#unpack(key, address.shown, signal);
      }
      return key;
    } catch (error) {
      this.#content.letGo(key);
      throw error;
    }
  }

  async #fetch(
    address: Address,
    format: PackageArtifact['format'],
    signal: AbortSignal,
  ): Promise<string> {
    const demanded = address.digest === null ? null : `${address.digest}.${format}`;
    if (demanded !== null && this.#content.has(demanded)) return this.#hold(demanded);
    const record = await this.#sources.read(address.source);
    const last = record === null ? null : `${record.sha256}.${format}`;
    const known = record !== null && last !== null && this.#content.has(last) ? record : null;
    // Held before asking: it must still be there when the source says that it did not change.
    if (known !== null && last !== null) this.#hold(last);
    const file = this.#content.temporary();
    try {
      const fetched = await this.#ask(address, known, file, signal);
      const sha256 = fetched?.sha256 ?? known?.sha256 ?? '';
      if (address.digest !== null && sha256 !== address.digest) {
        throw new Error(
          `the package ${address.shown} has the SHA-256 digest ${sha256}, its address demands ${address.digest}`,
        );
      }
      const key = this.#hold(`${sha256}.${format}`);
      try {
        if (fetched !== null) {
          if (!this.#content.has(key)) {
            await checkArchive(file, address.shown);
            await this.#content.addFile(key, file, fetched.bytes);
          }
          await this.#sources.write(address.source, fetched);
        }
        return key;
      } catch (error) {
        this.#content.letGo(key);
        throw error;
      }
    } finally {
      await rm(file, { force: true });
      if (known !== null && last !== null) this.#content.letGo(last);
    }
  }

  async #ask(
    address: Address,
    known: SourceRecord | null,
    file: string,
    signal: AbortSignal,
  ): Promise<Fetched | null> {
    const { fetch, files } = this.#options;
    try {
      return address.url.protocol === 'file:'
        ? await fetchFromFile(address, files, known, file, fetch, signal)
        : await fetchFromHttp(address, this.#addresses, known, file, fetch, signal);
    } catch (error) {
      // Why it was ended is the better reason.
      signal.throwIfAborted();
      throw error;
    }
  }

  async #unpack(key: string, shown: string, signal: AbortSignal): Promise<void> {
    const folder = this.#content.temporary();
    try {
      const { archive } = this.#options;
      const bytes = await unpackArchive(this.#content.file(key), folder, shown, archive, signal);
      await this.#content.addTree(key, folder, bytes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #hold(key: string): string {
    this.#content.hold(key);
    return key;
  }
}

/** Waits for work that goes on for others when this one is aborted. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
