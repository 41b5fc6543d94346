import fs from 'node:fs';
import path from 'node:path';
import { attemptsDir, files, startFolderName } from '../protocol.ts';
import type { Ending, JobUser, StartFile, StopRecord } from '../protocol.ts';
import type { Hook } from './hooks.ts';
import type { Keeper } from './keepers.ts';

/** An attempt that a supervisor looks after, from its start or adoption to its report. */
export interface Attempt {
  readonly id: string;
  readonly folder: string;
  readonly hasPostStart: boolean;
  /** Prepared mounts; null = none, or adopted: then its process tells. */
  readonly namespace: string | null;
  /** The keeper that runs it; null while it waits and when another supervisor's keeper does. */
  keeper: Keeper | null;
  /** The keeper's session; also of an adopted attempt, once known. */
  session: number | null;
  /** Whether only its files tell about it: adopted, or its keeper died. */
  watched: boolean;
  pid: number | null;
  /** Clock ticks since boot; null while unknown, '0' where there is no /proc. */
  startTime: string | null;
  startedAtMs: number;
  /** When something that must be there was first missing. */
  missingSinceMs: number | null;
  startedSent: boolean;
  stop: StopRecord | null;
  /** The running stop; resolves with what could not be done, usually ''. */
  stopping: Promise<string> | null;
  hook: Hook | null;
  ending: Ending | null;
  /** Resolves when the pid is known or the attempt is over. */
  readonly known: Promise<void>;
  /** Resolves when the main process is gone. */
  readonly over: Promise<void>;
  readonly markKnown: () => void;
  readonly markOver: () => void;
}

/** A fresh record; nothing of it is on disk. */
export function newAttempt(
  dataDir: string,
  id: string,
  hasPostStart: boolean,
  namespace: string | null = null,
): Attempt {
  const known = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  return {
    id,
    folder: path.join(attemptsDir(dataDir), id),
    hasPostStart,
    namespace,
    keeper: null,
    session: null,
    watched: false,
    pid: null,
    startTime: null,
    startedAtMs: 0,
    missingSinceMs: null,
    startedSent: false,
    stop: null,
    stopping: null,
    hook: null,
    ending: null,
    known: known.promise,
    over: over.promise,
    markKnown: known.resolve,
    markOver: () => {
      known.resolve();
      over.resolve();
    },
  };
}

/**
 * Makes the attempt's folder with what the keeper needs. Making it is the gate that lets an
 * attempt start only once, ever.
 * @returns false when the folder was there before.
 * @throws Error of the file system (disk full, no right); then nothing is left behind.
 */
export function createFolder(
  folder: string,
  owner: JobUser | null,
  contents: {
    readonly command: string;
    readonly postStart: string | null;
    readonly preStop: string | null;
    readonly files?: readonly StartFile[];
  },
): boolean {
  try {
    fs.mkdirSync(folder, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    const made = [path.join(folder, files.work)];
    fs.mkdirSync(path.join(folder, files.work), 0o700);
    const write = (name: string, text: string | null): void => {
      if (text === null) return;
      const file = path.join(folder, name);
      fs.writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
      made.push(file);
    };
    write(files.command, contents.command);
    write(files.postStart, contents.postStart);
    write(files.preStop, contents.preStop);
    if (contents.files !== undefined) createStartFolder(folder, contents.files);
    if (owner !== null) {
      // The folder itself comes last: until then nobody else can be in it.
      for (const entry of [...made, folder]) fs.chownSync(entry, owner.uid, owner.gid);
    }
    return true;
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Stays ours: the job reads what it is started from and cannot change it. */
function createStartFolder(folder: string, startFiles: readonly StartFile[]): void {
  const inside = path.join(folder, startFolderName);
  fs.mkdirSync(inside);
  fs.chmodSync(inside, 0o755);
  for (const { name, content } of startFiles) {
    if (name !== path.basename(name)) throw new Error(`${name} is no name of a start file`);
    const file = path.join(inside, name);
    fs.writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    // Whatever the umask.
    fs.chmodSync(file, 0o444);
  }
}
