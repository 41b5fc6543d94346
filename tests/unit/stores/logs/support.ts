import { join } from 'node:path';
import type {
  CollectedLine,
  Collection,
  CollectionTarget,
  LogPage,
  LogQuery,
  LogStore,
  LogStoreRef,
} from '../../../../src/ports/log-store.ts';
import { createLogStore } from '../../../../src/stores/logs/store.ts';

export const mib = 1024 * 1024;

/** A log store in the folder, with generous bounds unless told. */
export function logStore(
  folder: string,
  bounds: { readonly maxBytes?: number; readonly maxAgeMs?: number | null } = {},
): LogStore {
  return createLogStore({
    folder: join(folder, 'logstores'),
    maxBytes: bounds.maxBytes ?? 64 * mib,
    maxAgeMs: bounds.maxAgeMs ?? null,
    nowMs: () => 1_000,
  });
}

export const into: LogStoreRef = { project: 'shop', logstore: 'orders' };
export const target: CollectionTarget = { source: { kind: 'stdout' }, into, ofTemplate: false };

/** A collection of the output of one attempt. */
export function collection(runId = 'run', more: Partial<Collection> = {}): Collection {
  return {
    attemptId: `${runId}.0.1`,
    executor: 'process',
    templateId: 'template-id',
    templateName: 'nightly',
    runId,
    index: 0,
    number: 1,
    targets: [target],
    ...more,
  };
}

/** Lines as they follow each other in one source; each takes ten bytes of it. */
export function lines(texts: readonly string[], from = 0, source = 'stdout'): CollectedLine[] {
  return texts.map((text, index) => ({
    source,
    text,
    continues: false,
    missedBytes: 0,
    nextOffset: from + 10 * (index + 1),
  }));
}

/** Texts of a page. */
export function textsOf(page: LogPage | null): string[] {
  return (page?.rows ?? []).map(({ text }) => text);
}

/** All that fits, page by page. */
export async function searchAll(
  logs: LogStore,
  query: Partial<LogQuery> = {},
  ref: LogStoreRef = into,
): Promise<string[]> {
  const texts: string[] = [];
  let cursor: string | undefined;
  for (let more = true; more;) {
    const page = await logs.search(ref, {
      ascending: true,
      limit: 500,
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (page === null) return texts;
    texts.push(...textsOf(page));
    ({ cursor, more } = page);
  }
  return texts;
}

/** `count` texts that can be told apart. */
export function numbered(count: number, from = 0, padding = 0): string[] {
  return Array.from({ length: count }, (_, index) =>
    `line ${from + index} `.padEnd(padding, 'x').trimEnd(),
  );
}
