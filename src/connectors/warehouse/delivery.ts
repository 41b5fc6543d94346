import type { FileStore } from '../../ports/file-store.ts';
import type { PartFolder } from '../files/parts.ts';
import { type CommitNote, transactionOf } from './warehouse-loader.ts';

const NAMES = 'names.json';

/** What a finish does, decided once so that a repeated one does the same. */
export interface Names {
  readonly moves: readonly { readonly part: string; readonly path: string }[];
  /** Files that were there before and are replaced. */
  readonly removed: readonly string[];
}

/** What names are made of. */
export interface Naming {
  readonly table: number;
  /** Of the table. */
  readonly folder: string;
  readonly runId: string;
  readonly suffix: string;
  /** Files that are replaced when these partitions are written. */
  replaced(partitions: ReadonlySet<string>): Promise<readonly string[]>;
}

/** Decides the final names of all committed files, or finds what was decided. */
export async function namesOf(folder: PartFolder, naming: Naming): Promise<Names> {
  const known = await folder.readNote(NAMES);
  if (known !== null) return JSON.parse(known) as Names;
  const { table, runId, suffix } = naming;
  const moves: { part: string; path: string }[] = [];
  const partitions = new Set<string>();
  for (const name of [...(await folder.list()).keys()].toSorted()) {
    if (transactionOf(name)?.table !== table) continue;
    const note = await folder.readNote(name);
    for (const { part, partition } of (JSON.parse(note ?? '{"parts":[]}') as CommitNote).parts) {
      partitions.add(partition);
      const place = partition === '' ? naming.folder : `${naming.folder}/${partition}`;
      // Names of other runs stay what they are.
      const number = String(moves.length + 1).padStart(5, '0');
      moves.push({
        part,
        path: `${place}/part-${runId.replaceAll(/[^\w-]/g, '_')}-${number}${suffix}`,
      });
    }
  }
  const names: Names = { moves, removed: await naming.replaced(partitions) };
  await folder.writeNote(NAMES, JSON.stringify(names));
  return names;
}

/**
 * Moves files into the table, partition by partition, and then removes what they replace. Repeating
 * it after a crash is harmless.
 */
export async function deliver(
  store: FileStore,
  folder: PartFolder,
  { moves, removed }: Names,
  signal: AbortSignal,
): Promise<void> {
  const left = await folder.list();
  const rest = new Set(removed);
  for (const partition of new Set(moves.map(({ path }) => folderOf(path)))) {
    for (const { part, path } of moves) {
      if (folderOf(path) !== partition || !left.has(part)) continue;
      signal.throwIfAborted();
      await folder.deliver(part, path, {});
    }
    const old = [...rest].filter((path) => folderOf(path) === partition);
    await removeAll(store, old, signal);
    for (const path of old) rest.delete(path);
  }
  await removeAll(store, [...rest], signal);
}

export async function removeAll(
  store: FileStore,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const path of paths) {
    signal.throwIfAborted();
    await store.remove(path);
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
