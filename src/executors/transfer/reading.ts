import type {
  QuarantineQuery,
  QuarantineSlice,
  TransferCourse,
  TransferReport,
} from '../../domain/transfer/report.ts';
import { type Connection, openStateForReading } from './state/database.ts';
import { Quarantine } from './state/quarantine.ts';
import { readReport } from './state/report.ts';
import { readSamples } from './state/samples.ts';
import { readShards } from './state/shards.ts';

/** Where a run stands; null when nothing of it is kept here. */
export function reportOf(stateFile: string, nowMs: number): TransferReport | null {
  return read(stateFile, (database) => readReport(database, nowMs));
}

/** How a run came there; null when nothing of it is kept here. */
export function courseOf(stateFile: string, nowMs: number): TransferCourse | null {
  return read(stateFile, (database) => ({
    samples: readSamples(database),
    shards: readShards(database, nowMs),
  }));
}

/** Rows that a run kept out, by id. */
export function quarantineOf(stateFile: string, query: QuarantineQuery): QuarantineSlice {
  const slice = read(stateFile, (database) => new Quarantine(database).slice(query));
  return slice ?? { rows: [], total: 0, next: null, columns: {} };
}

function read<T>(stateFile: string, act: (database: Connection) => T): T | null {
  const database = openStateForReading(stateFile);
  if (database === null) return null;
  try {
    return act(database);
  } finally {
    database.close();
  }
}
