import { Arrivals } from './arrivals.ts';
import type { Connection } from './database.ts';
import { openState } from './database.ts';
import { Chunks } from './chunks.ts';
import { Members } from './members.ts';
import { Pace } from './pace.ts';
import { Quarantine } from './quarantine.ts';
import { RunRecord } from './run.ts';

/** The state of a run as one of its workers sees it. */
export interface RunState {
  readonly database: Connection;
  readonly members: Members;
  readonly run: RunRecord;
  readonly chunks: Chunks;
  readonly arrivals: Arrivals;
  readonly quarantine: Quarantine;
  readonly pace: Pace;
  close(): void;
}

/** Opens the state for the worker of this name. @throws Error of the database. */
export function openRunState(file: string, me: string, nowMs: () => number): RunState {
  const database = openState(file, nowMs());
  const members = new Members(database, nowMs);
  return {
    database,
    members,
    run: new RunRecord(database, members, me, nowMs),
    chunks: new Chunks(database, members, me, nowMs),
    arrivals: new Arrivals(database),
    quarantine: new Quarantine(database),
    pace: new Pace(database, members, me),
    close: () => database.close(),
  };
}
