/** What a move would do, found out without writing anywhere. */
import {
  parseMark,
  progressKey,
  type SourceMark,
  sourceMarkKey,
  type TableProgress,
  type TargetMark,
  targetMarkKey,
} from '../stores/transfer/marks.ts';
import { PostgresSide } from '../stores/transfer/postgres-side.ts';
import { TransferRefusedError } from '../stores/transfer/refused.ts';
import type { StoreSide } from '../stores/transfer/side.ts';
import { SqliteSide } from '../stores/transfer/sqlite-side.ts';
import { checkTables, copiedTables } from '../stores/transfer/tables.ts';
import { schemaAge } from '../stores/transfer/versions.ts';
import { embeddedDatabase } from './data-files.ts';
import { DataDirBusyError, lockDataDir } from './server-lock.ts';

/** A table that a move would copy. */
export interface PlannedTable {
  readonly name: string;
  readonly rows: number;
  /** With its indexes; null when SQLite cannot tell. */
  readonly bytes: number | null;
  /** Rows that an earlier move, which was cut off, has copied already. */
  readonly copiedRows: number;
}

export interface MovePlan {
  readonly from: string;
  /** Without the password. */
  readonly to: string;
  /** Size of the database. */
  readonly bytes: number;
  readonly tables: readonly PlannedTable[];
  /** What the move would do besides copying. */
  readonly notes: readonly string[];
  /** What a move would be refused for; empty = it can begin. */
  readonly problems: readonly string[];
}

/** @throws TransferRefusedError when the folder has no store, or the database cannot be reached. */
export async function planMove(dataDir: string, to: string): Promise<MovePlan> {
  const from = embeddedDatabase(dataDir);
  const problems: string[] = [];
  const notes: string[] = [];
  const judge = async (look: () => Promise<void>): Promise<void> => {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof TransferRefusedError) && !(error instanceof DataDirBusyError))
        throw error;
      problems.push(error.message);
    }
  };
  const target = await PostgresSide.connect(to);
  const source = new SqliteSide(from);
  try {
    await judge(async () => (await lockDataDir(dataDir)).release());
    await judge(async () => {
      const age = await schemaAge(from, await source.migrations());
      if (age === 'older')
        notes.push('the embedded store is brought to this version’s schema first');
      else checkTables(from, await source.tables());
    });
    await judge(async () => {
      const age = await schemaAge(target.name, await target.migrations());
      if (age === 'none') notes.push('the target has no schema yet; it is made');
    });
    const before = parseMark<SourceMark>(await source.meta(sourceMarkKey));
    const mark = parseMark<TargetMark>(await target.meta(targetMarkKey));
    const goesOn = mark !== null && mark.id === before?.id;
    if (goesOn) notes.push(`a move that began at ${new Date(mark.atMs).toISOString()} goes on`);
    else problems.push(...(await strangers(target, mark)));
    if (!goesOn && before?.state === 'moved')
      problems.push(`${from} was moved to ${before.to} already`);
    return {
      from,
      to: target.name,
      bytes: source.bytes(),
      tables: await plannedTables(source, goesOn ? target : null),
      notes,
      problems,
    };
  } finally {
    await source.close();
    await target.close();
  }
}

/** Copied tables of a store that hold rows. */
export async function occupants(side: StoreSide): Promise<readonly string[]> {
  const present = await side.tables();
  const full: string[] = [];
  for (const name of copiedTables) {
    if (present.includes(name) && (await side.count(name)) > 0) full.push(name);
  }
  return full;
}

async function strangers(target: StoreSide, mark: TargetMark | null): Promise<readonly string[]> {
  if (mark !== null) return [`${target.name} holds the ${mark.state} move of ${mark.from}`];
  const full = await occupants(target);
  return full.length === 0 ? [] : [`${target.name} is not empty: rows in ${full.join(', ')}`];
}

async function plannedTables(
  source: SqliteSide,
  resumed: StoreSide | null,
): Promise<readonly PlannedTable[]> {
  const sizes = source.sizes();
  const present = await source.tables();
  const planned: PlannedTable[] = [];
  for (const name of copiedTables) {
    if (!present.includes(name)) continue;
    const progress = parseMark<TableProgress>((await resumed?.meta(progressKey(name))) ?? null);
    planned.push({
      name,
      rows: await source.count(name),
      bytes: sizes.get(name) ?? null,
      copiedRows: progress?.rows ?? 0,
    });
  }
  return planned;
}
