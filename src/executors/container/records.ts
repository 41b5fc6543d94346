import fs from 'node:fs';
import path from 'node:path';
import { collectedFolder } from '../attempts/collected.ts';
import { files, type StopRecord } from '../attempts/folder.ts';
import { maxSmallFileBytes } from '../attempts/limits.ts';
import { keepOnlyCopies } from '../mounts/manifest.ts';

/**
 * What lies in an attempt's folder, `<dataDir>/containers/<attemptId>/`, beside `stdout`,
 * `stderr` and `stop`. Only the server writes there; jobs see single files of it, read-only.
 */
export const names = {
  /** JSON: what a later life of the server must know to look after the container. */
  attempt: 'attempt',
  /** JSON: how the attempt ended. Written before the container goes. */
  end: 'end',
  /** JSON: how far the engine's log is written, see `LogWriter`. */
  position: 'position',
  /** Files that the job finds somewhere in its file system; gone with its end. */
  mounted: 'mounted',
  /** What mounts need of their own; gone with the attempt's end, see `removeSecrets`. */
  scratch: 'mounts',
  /** Collected files of the job, named by their escaped path. */
  collected: collectedFolder,
} as const;

/** The folder under the data directory that holds one folder per attempt. */
export function containersDir(dataDir: string): string {
  return path.join(dataDir, 'containers');
}

/** What a later life of the server must know. */
export interface AttemptRecord {
  readonly graceMs: number;
  readonly preStop: readonly string[] | null;
  /** Paths of files to collect; the last part may hold `*`. */
  readonly collect: readonly string[];
  /** Memory limit that an end for lack of memory is explained with; 0 = none. */
  readonly memoryMib: number;
  readonly note: string;
  readonly hasMounts: boolean;
}

/** How an attempt ended. */
export interface EndRecord {
  readonly kind: 'ended' | 'refused' | 'lost';
  readonly atMs: number;
  /** Null when it never ran, or nobody knows. */
  readonly startedAtMs: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stopped: boolean;
  readonly message: string;
  /** True when what the job changed in mounts could not go back: then its copy stays. */
  readonly mountsLeft?: boolean;
}

/** What is known of an attempt whose record is missing. */
const unknownAttempt: AttemptRecord = {
  graceMs: 0,
  preStop: null,
  collect: [],
  memoryMib: 0,
  note: '',
  hasMounts: false,
};

/**
 * Makes the folder of an attempt. Making it is the gate that lets an attempt start only once.
 * @returns false when it was there before. @throws Error of the file system.
 */
export function makeFolder(folder: string): boolean {
  try {
    fs.mkdirSync(folder, 0o700);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @throws Error of the file system. */
export function writeAttempt(folder: string, record: AttemptRecord): void {
  write(folder, names.attempt, record);
}

/** Reads it; where it is missing, what is safe without it. */
export function readAttempt(folder: string): AttemptRecord {
  return { ...unknownAttempt, ...(read(folder, names.attempt) as Partial<AttemptRecord> | null) };
}

/** @throws Error of the file system. */
export function writeEnd(folder: string, record: EndRecord): void {
  write(folder, names.end, record);
}

/** Null while the end was not written. */
export function readEnd(folder: string): EndRecord | null {
  return read(folder, names.end) as EndRecord | null;
}

/** Writes down that a stop was asked for. @returns the record that counts: an earlier one wins. */
export function recordStop(folder: string, record: StopRecord): StopRecord {
  const earlier = read(folder, files.stop) as StopRecord | null;
  if (earlier !== null) return earlier;
  try {
    write(folder, files.stop, record);
  } catch {
    // Disk full: the stop itself must go on.
  }
  return record;
}

/**
 * Removes what an ended attempt needs no more and what may hold secrets. What its job changed in
 * mounts and could not go back is for a person, and goes with the attempt's folder.
 */
export async function removeSecrets(folder: string): Promise<void> {
  const mountsLeft = readEnd(folder)?.mountsLeft === true;
  if (mountsLeft) await keepOnlyCopies(path.join(folder, names.scratch));
  const mounts = mountsLeft ? [] : [names.scratch];
  for (const name of [names.mounted, names.position, ...mounts]) {
    await fs.promises.rm(path.join(folder, name), { recursive: true, force: true });
  }
}

function write(folder: string, name: string, value: object): void {
  const file = path.join(folder, name);
  // As a whole or not at all: a crash must not leave half a record.
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

function read(folder: string, name: string): unknown {
  try {
    const file = path.join(folder, name);
    if (fs.statSync(file).size > maxRecordBytes) return null;
    return JSON.parse(fs.readFileSync(file, 'utf8')) as unknown;
  } catch {
    return null;
  }
}

/** Largest record: a command of a hook may be long. */
const maxRecordBytes = maxSmallFileBytes * 128;
