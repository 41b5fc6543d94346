/** Moves the embedded store of a data folder into a PostgreSQL database. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { createPostgresStore } from '../stores/postgres/store.ts';
import { createSqliteStore } from '../stores/sqlite/store.ts';
import {
  copyTables,
  forgetProgress,
  matchShapes,
  type OnProgress,
  type VerifiedTable,
  verifyTables,
} from '../stores/transfer/copy.ts';
import {
  parseMark,
  type SourceMark,
  sourceMarkKey,
  type TargetMark,
  targetMarkKey,
} from '../stores/transfer/marks.ts';
import { PostgresSide } from '../stores/transfer/postgres-side.ts';
import { TransferRefusedError } from '../stores/transfer/refused.ts';
import { SqliteSide } from '../stores/transfer/sqlite-side.ts';
import { copiedTables } from '../stores/transfer/tables.ts';
import { embeddedDatabase } from './data-files.ts';
import { occupants } from './move-plan.ts';
import { lockDataDir } from './server-lock.ts';
import { runAll } from './shutdown.ts';

/** Named lock on the target: one move at a time. */
const LOCK_NAME = 'longshore move';
/** The database may need a moment to notice that an earlier move was killed. */
const LOCK_PATIENCE_MS = 15_000;
const LOCK_LOOK_AGAIN_MS = 250;

export interface MoveOptions {
  readonly dataDir: string;
  /** Address of the PostgreSQL database. */
  readonly to: string;
  /** Throws away what an earlier move that was cut off has copied. */
  readonly restart: boolean;
  readonly nowMs: () => number;
  readonly onProgress: OnProgress;
}

/** What a move did. */
export interface MoveReport {
  /** The database file; it stays as it is, marked as moved. */
  readonly from: string;
  /** Without the password. */
  readonly to: string;
  readonly tables: readonly VerifiedTable[];
  /** Whether an earlier move was taken up. */
  readonly resumed: boolean;
  /** Values with characters that PostgreSQL cannot keep (NUL), replaced by U+FFFD in this run. */
  readonly alteredValues: number;
}

/**
 * Copies, compares both sides row by row, then marks the source as moved and the target as
 * complete, in this order: at no moment would a server start on both. A move that was cut off
 * goes on where it was when it is asked for again.
 * @throws DataDirBusyError while a server has the folder; TransferRefusedError when either side
 *   is not fit for it, or they differ in the end.
 */
export async function moveStore(options: MoveOptions): Promise<MoveReport> {
  const from = embeddedDatabase(options.dataDir);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const lock = await lockDataDir(options.dataDir);
    undo.push(() => lock.release());
    const target = await PostgresSide.connect(options.to);
    undo.push(() => target.close());
    await onlyMove(target);
    const source = new SqliteSide(from);
    undo.push(() => source.close());
    return await moveBetween(source, target, options);
  } finally {
    await runAll(undo.toReversed());
  }
}

/**
 * Lets servers start on the embedded store again, as it was when it was moved.
 * @returns the database file and where it had been moved to.
 * @throws TransferRefusedError when it was not moved.
 */
export async function undoMove(dataDir: string): Promise<{ from: string; to: string }> {
  const from = embeddedDatabase(dataDir);
  const lock = await lockDataDir(dataDir);
  try {
    const source = new SqliteSide(from);
    try {
      const mark = parseMark<SourceMark>(await source.meta(sourceMarkKey));
      if (mark === null) {
        throw new TransferRefusedError(`${from} has not been moved`, 'There is nothing to undo');
      }
      await source.write({ meta: new Map([[sourceMarkKey, null]]) });
      return { from, to: mark.to };
    } finally {
      await source.close();
    }
  } finally {
    await lock.release();
  }
}

async function moveBetween(
  source: SqliteSide,
  target: PostgresSide,
  { to, restart, nowMs, onProgress }: MoveOptions,
): Promise<MoveReport> {
  const before = parseMark<SourceMark>(await source.meta(sourceMarkKey));
  const begun = await begunMove(source, target, before, restart);
  if (begun?.state === 'complete') {
    await source.write({ meta: sourceMark({ ...begun, state: 'moved', to: target.name }) });
    return { from: source.name, to: target.name, tables: [], resumed: true, alteredValues: 0 };
  }
  await migrateBoth(source.name, to);
  // Before anything is marked: what cannot be copied is refused without a trace.
  await matchShapes(source, target);
  const id = begun?.id ?? before?.id ?? randomUUID();
  const mark = { id, to: target.name, atMs: nowMs() };
  const fence = await fenceOf(source);
  // A source that is marked as moved already stays so: only the target has to be completed.
  if (before?.state !== 'moved') {
    await source.write({ meta: sourceMark({ ...mark, state: 'moving' }) });
  }
  const targetMark = (state: TargetMark['state']): ReadonlyMap<string, string> => {
    const value: TargetMark = { state, id, from: source.name, fence, atMs: nowMs() };
    return new Map([[targetMarkKey, JSON.stringify(value)]]);
  };
  await target.write({ meta: targetMark('copying') });
  await target.relaxCommits();
  await copyTables(source, target, onProgress);
  const tables = await verifyTables(source, target, onProgress);
  await source.write({ meta: sourceMark({ ...mark, state: 'moved' }) });
  await target.write({
    sequences: await source.sequences(),
    derive: true,
    meta: new Map([...forgetProgress(), ...targetMark('complete')]),
  });
  await target.analyze();
  const { alteredValues } = target;
  return { from: source.name, to: target.name, tables, resumed: begun !== null, alteredValues };
}

/**
 * The move that an earlier call began between the same two; null when the target is empty.
 * @throws TransferRefusedError when the target holds anything else.
 */
async function begunMove(
  source: SqliteSide,
  target: PostgresSide,
  before: SourceMark | null,
  restart: boolean,
): Promise<TargetMark | null> {
  const mark = parseMark<TargetMark>(await target.meta(targetMarkKey));
  if (mark?.state === 'copying' && restart) {
    await target.empty(copiedTables);
    return null;
  }
  const sameMove = mark !== null && mark.id === before?.id;
  if (sameMove && mark.state === 'complete') return mark;
  if (sameMove) {
    if (mark.fence === (await fenceOf(source))) return mark;
    throw new TransferRefusedError(
      `a server has run on ${source.name} since the move to ${target.name} began`,
      'What was copied is outdated: start again with --restart',
    );
  }
  const full = await occupants(target);
  if (mark !== null || full.length > 0) {
    const what =
      mark === null ? `rows in ${full.join(', ')}` : `the ${mark.state} move of ${mark.from}`;
    throw new TransferRefusedError(
      `${target.name} is not empty: it holds ${what}`,
      mark?.state === 'copying'
        ? 'Throw away what it holds with --restart, or name another database'
        : 'Name an empty database',
    );
  }
  if (before?.state === 'moved') {
    throw new TransferRefusedError(
      `${source.name} was moved to ${before.to} already`,
      'Start the server with that database, or take the move back with --undo first',
    );
  }
  return null;
}

/** @throws TransferRefusedError while another move holds the target. */
async function onlyMove(target: PostgresSide): Promise<void> {
  const giveUpAtMs = performance.now() + LOCK_PATIENCE_MS;
  while (!(await target.tryLock(LOCK_NAME))) {
    if (performance.now() > giveUpAtMs) {
      throw new TransferRefusedError(
        `another move into ${target.name} is under way`,
        'Wait for its end; a connection that was cut off holds on until PostgreSQL notices',
      );
    }
    await setTimeout(LOCK_LOOK_AGAIN_MS);
  }
}

async function migrateBoth(file: string, url: string): Promise<void> {
  const stores = [createSqliteStore({ path: file }), createPostgresStore({ url })];
  for (const store of stores) {
    try {
      await store.open();
    } finally {
      await store.close();
    }
  }
}

function sourceMark({ state, id, to, atMs }: SourceMark): ReadonlyMap<string, string> {
  return new Map([[sourceMarkKey, JSON.stringify({ state, id, to, atMs } satisfies SourceMark)]]);
}

/** The greatest fencing number that was handed out: every server that starts takes the next. */
async function fenceOf(source: SqliteSide): Promise<number> {
  return Number((await source.meta('fence')) ?? 0);
}
