import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../domain/errors.ts';
import type {
  CollectedLine,
  Collection,
  CollectionTarget,
  LogPage,
  LogQuery,
  LogStore,
  LogStoreInfo,
  LogStoreRef,
  LogStoreStats,
} from '../../ports/log-store.ts';
import { CollectionJournal } from './journal.ts';
import { KeptLogStore, readDescription, refKey, type Description } from './kept-store.ts';
import {
  maxLogStores,
  maxLogStoresPerTemplate,
  maxSegmentBytes,
  minSegmentBytes,
  segmentsPerStore,
} from './limits.ts';
import { folderName } from './names.ts';
import { Turns } from './turns.ts';

export interface LogStoreOptions {
  /** Folder of all log stores, e.g. `<dataDir>/logstores`; made when it is missing. */
  readonly folder: string;
  /** Bytes kept of one log store. */
  readonly maxBytes: number;
  /** Milliseconds that lines are kept; null = no bound. */
  readonly maxAgeMs: number | null;
  nowMs(): number;
}

/**
 * Log stores as folders of segments: `<folder>/<project>/<logstore>/<number>-<first time>.log`,
 * each a file of JSON lines that only grows.
 */
export function createLogStore(options: LogStoreOptions): LogStore {
  return new FileLogStore(options);
}

class FileLogStore implements LogStore {
  readonly #options: LogStoreOptions;
  readonly #journal: CollectionJournal;
  readonly #stores = new Map<string, KeptLogStore>();
  readonly #turns = new Turns();
  #appendedLines = 0;
  /** Of log stores that are gone. */
  #removedBytes = 0;

  constructor(options: LogStoreOptions) {
    this.#options = options;
    // No project's folder begins with a dot.
    this.#journal = new CollectionJournal(join(options.folder, '.collecting'));
  }

  async open(): Promise<readonly Collection[]> {
    const unfinished = this.#journal.open();
    const { folder } = this.#options;
    for (const project of await readdir(folder)) {
      if (project.startsWith('.')) continue;
      for (const logstore of await readdir(join(folder, project)).catch(() => [])) {
        const description = await readDescription(join(folder, project, logstore));
        if (description !== null) this.#stores.set(refKey(description), this.#kept(description));
      }
    }
    return unfinished;
  }

  begin(collection: Collection): void {
    this.#journal.begin(collection);
  }

  async finish(collection: Collection): Promise<void> {
    const { attemptId, targets } = collection;
    const stores = new Set(targets.flatMap(({ into }) => this.#stores.get(refKey(into)) ?? []));
    await Promise.all([...stores].map((store) => store.sync()));
    this.#journal.done(attemptId);
    await Promise.all([...stores].map((store) => store.forget(attemptId)));
  }

  async progress(into: LogStoreRef, attemptId: string, source: string): Promise<number> {
    return (await this.#stores.get(refKey(into))?.progress(attemptId, source)) ?? 0;
  }

  async append(
    { into, ofTemplate }: CollectionTarget,
    collection: Collection,
    lines: readonly CollectedLine[],
    nowMs: number,
  ): Promise<void> {
    if (lines.length === 0) return;
    const templateId = ofTemplate ? collection.templateId : null;
    for (;;) {
      const made = { templateId, madeBy: collection.templateId, createdAtMs: nowMs };
      const store = await this.#storeFor({ ...into, ...made });
      if (await store.append(collection, lines, nowMs)) break;
      if (this.#stores.get(refKey(into)) === store) this.#stores.delete(refKey(into));
    }
    this.#appendedLines += lines.length;
  }

  async list(): Promise<readonly LogStoreInfo[]> {
    const infos: LogStoreInfo[] = [];
    for (const store of this.#stores.values()) infos.push(await store.info());
    return infos.sort((a, b) => compare(a.project, b.project) || compare(a.logstore, b.logstore));
  }

  async search(into: LogStoreRef, query: LogQuery): Promise<LogPage | null> {
    const store = this.#stores.get(refKey(into));
    return store === undefined ? null : this.#turns.take(() => store.search(query));
  }

  async remove(into: LogStoreRef): Promise<boolean> {
    const key = refKey(into);
    const store = this.#stores.get(key);
    if (store === undefined) return false;
    await store.remove(this.#options.nowMs());
    if (store.removed && this.#stores.get(key) === store) {
      this.#removedBytes += store.removedBytes;
      this.#stores.delete(key);
      // Fails while the project has other log stores, as it should.
      await rmdir(join(this.#options.folder, folderName(into.project))).catch(() => undefined);
    }
    return true;
  }

  async retain(nowMs: number): Promise<void> {
    const { maxAgeMs } = this.#options;
    if (maxAgeMs === null) return;
    const beganBeforeMs = nowMs - maxAgeMs / segmentsPerStore;
    for (const store of this.#stores.values()) {
      await store.removeOlderThan(nowMs - maxAgeMs, beganBeforeMs, nowMs);
    }
  }

  stats(): LogStoreStats {
    let bytes = 0;
    let removedBytes = this.#removedBytes;
    for (const store of this.#stores.values()) {
      bytes += store.bytes;
      removedBytes += store.removedBytes;
    }
    return {
      logStores: this.#stores.size,
      bytes,
      appendedLines: this.#appendedLines,
      removedBytes,
    };
  }

  async #storeFor(description: Description): Promise<KeptLogStore> {
    const key = refKey(description);
    const known = this.#stores.get(key);
    if (known !== undefined) return known;
    if (this.#stores.size >= maxLogStores) {
      throw new DomainError(
        'catalog-quota-exceeded',
        `there are ${maxLogStores} log stores; delete some: longshore logstores delete`,
      );
    }
    let ofTemplate = 0;
    for (const { description: other } of this.#stores.values()) {
      if (other.madeBy === description.madeBy) ofTemplate += 1;
    }
    if (ofTemplate >= maxLogStoresPerTemplate) {
      throw new DomainError(
        'catalog-quota-exceeded',
        `the template has made ${maxLogStoresPerTemplate} log stores already; delete some: longshore logstores delete`,
      );
    }
    const store = this.#kept(description);
    this.#stores.set(key, store);
    try {
      await store.create();
    } catch (error) {
      this.#stores.delete(key);
      throw error;
    }
    return store;
  }

  #kept(description: Description): KeptLogStore {
    const { folder, maxBytes } = this.#options;
    return new KeptLogStore(description, {
      folder: join(folder, folderName(description.project), folderName(description.logstore)),
      maxBytes,
      segmentBytes: Math.min(
        maxSegmentBytes,
        Math.max(minSegmentBytes, Math.floor(maxBytes / segmentsPerStore)),
      ),
      isUnfinished: (attemptId) => this.#journal.has(attemptId),
    });
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
