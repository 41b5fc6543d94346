import { setTimeout as pause } from 'node:timers/promises';
import type { FileSource } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { ConnectorContext } from '../../ports/connector.ts';
import type { FileInfo, FileStore } from '../../ports/file-store.ts';
import { collect, folderOf, nameOf } from './entries.ts';
import { badDefinition } from './errors.ts';
import { fileChoice } from './patterns.ts';

/** Pause between two looks for a marker. */
const MARKER_LOOK_MS = 2_000;
/** Largest file that lists paths. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** Folders of runs that are under way or were left; never data. */
export const WORK_FOLDER_PREFIX = '.longshore-';

/** A file that is to be read. */
export interface ChosenFile extends FileInfo {
  /** Path below the input folder; the name of a file that was named itself. */
  readonly below: string;
}

/** Where files are looked for. */
export interface SelectionPlace {
  readonly store: FileStore;
  readonly from: FileSource;
  readonly context: ConnectorContext;
  readonly signal: AbortSignal;
}

/**
 * The files of a source, sorted, each once (cdm.md §4.4): waits for the marker, resolves paths and
 * lists, filters.
 * @throws TransferError `path-missing` for a path or marker that is not there.
 */
export async function chooseFiles(place: SelectionPlace): Promise<readonly ChosenFile[]> {
  const { from, store, signal } = place;
  const paths = (await pathsOf(place)).map(cleanPath);
  if (from.marker !== null) await waitForMarker(place, paths[0] ?? '', from.marker);
  const chosen = new Map<string, ChosenFile>();
  const fits = fileChoice(from.filter);
  for (const path of paths) {
    signal.throwIfAborted();
    const found = await store.stat(path);
    if (found === null) {
      if (from.missingIsEmpty) continue;
      throw new TransferError('path-missing', `there is no file or folder ${path} to read`);
    }
    const folder = found.folder ? path : folderOf(path);
    const isData = dataFile(from, folder);
    const files = found.folder ? store.list(path, signal) : [found];
    for await (const file of files) {
      if (!isData(file) || !fits(file, folder)) continue;
      const below = found.folder && path !== '' ? file.path.slice(path.length + 1) : file.path;
      const { bytes, modifiedAtMs, md5 } = file;
      chosen.set(file.path, {
        path: file.path,
        bytes,
        modifiedAtMs,
        md5,
        below: found.folder ? below : nameOf(file.path),
      });
    }
  }
  return [...chosen.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A path without `/` at its ends and without doubled ones. */
export function cleanPath(path: string): string {
  if (/^[a-z]+:\/\//i.test(path)) return path;
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

async function pathsOf({
  from,
  store,
  context,
  signal,
}: SelectionPlace): Promise<readonly string[]> {
  if (from.listFile === null) return from.paths;
  const { link, bucket, path } = from.listFile;
  const own = link === from.link && bucket === from.bucket;
  if (!own && context.files === undefined) {
    throw badDefinition(`the list of files lies in another link (${link}), which cannot be opened`);
  }
  const lists = own ? store : ((await context.files?.(link, bucket, signal)) ?? store);
  try {
    const found = await lists.stat(cleanPath(path));
    if (found === null || found.folder) {
      throw new TransferError('path-missing', `there is no list of files at ${path}`);
    }
    if (found.bytes > MAX_LIST_BYTES) {
      throw badDefinition(`the list of files ${path} is larger than ${MAX_LIST_BYTES} bytes`);
    }
    const range = { start: 0, end: null };
    const text = (await collect(lists.read(found.path, range, signal))).toString();
    return text
      .split(/\r\n|\r|\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } finally {
    if (lists !== store) await lists.close();
  }
}

async function waitForMarker(
  { store, context, signal }: SelectionPlace,
  path: string,
  marker: { readonly name: string; readonly waitMs: number },
): Promise<void> {
  const untilMs = context.nowMs() + marker.waitMs;
  for (;;) {
    const found = await store.stat(path);
    const folder = found !== null && !found.folder ? folderOf(path) : path;
    const wanted = folder === '' ? marker.name : `${folder}/${marker.name}`;
    if ((await store.stat(wanted)) !== null) return;
    const leftMs = untilMs - context.nowMs();
    if (leftMs <= 0) {
      throw new TransferError(
        'path-missing',
        `the marker file ${wanted} did not come within ${Math.round(marker.waitMs / 1000)} s`,
      );
    }
    await pause(Math.min(MARKER_LOOK_MS, leftMs), undefined, { signal });
  }
}

/** Files that only tell about others, or that runs write, are no data. */
function dataFile(from: FileSource, folder: string): (file: FileInfo) => boolean {
  const marker = from.marker === null ? null : cleanPath(`${folder}/${from.marker.name}`);
  return ({ path }) =>
    path !== marker &&
    !(from.md5Suffix !== null && from.md5Suffix !== '' && path.endsWith(from.md5Suffix)) &&
    !path.split('/').some((part) => part.startsWith(WORK_FOLDER_PREFIX));
}
