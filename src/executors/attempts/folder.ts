import fs from 'node:fs';
import path from 'node:path';
import { maxSmallFileBytes } from './limits.ts';

/**
 * What lies in an attempt's folder, `<dataDir>/attempts/<attemptId>/`. The folder belongs to the
 * job's user, so nothing in it is trusted: it is read without following links, with bounds.
 */
export const files = {
  /** What was started, with its environment; sourced by the keeper. Mode 0600. */
  command: 'command',
  /** Hooks, when the job has them; same form as `command`. */
  postStart: 'post-start',
  preStop: 'pre-stop',
  /**
   * What is known of the main process, a line each: `pid <pid> boot <boot id> at <epoch seconds>`,
   * written by the process itself before it becomes the job; `start <clock ticks>`, added by the
   * supervisor once the process has outlived a moment; `exit <code>` or `signal <NAME>`, added by
   * the keeper.
   */
  process: 'process',
  stdout: 'stdout',
  stderr: 'stderr',
  /** JSON line: a stop was asked for, when and why. */
  stop: 'stop',
  /** The job's working directory and default HOME. */
  work: 'work',
} as const;

/** The folder under the data directory that holds one folder per attempt. */
export function attemptsDir(dataDir: string): string {
  return path.join(dataDir, 'attempts');
}

/** Whether the id can name a folder: 1 to 128 of `A-Za-z0-9._-`, no leading dot. */
export function isAttemptId(id: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(id);
}

/** Which process an attempt is, so that a reused pid is not taken for it. */
export interface ProcessMark {
  /** 0 = the start was fenced off and will never happen. */
  readonly pid: number;
  /** Clock ticks since boot, as /proc gives it; null while nobody wrote it down. */
  readonly startTime: string | null;
  readonly bootId: string;
  readonly atMs: number;
}

/** How an attempt's main process ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** That a stop was asked for; survives every restart. */
export interface StopRecord {
  readonly atMs: number;
  /** `post-start`: the hook failed, so the end is a failure and no stop of ours. */
  readonly cause: 'asked' | 'post-start';
  readonly message: string;
}

/** Reads who the main process is; null while that is not written, or not completely. */
export function readMark(folder: string): ProcessMark | null {
  const file = readSmall(path.join(folder, files.process));
  const match =
    file && /^pid (\d{1,10}) boot (\S{1,64})(?: at (\d{1,12}[.,]\d{3})\d*)?\n/.exec(file.text);
  if (!match) return null;
  const at = match[3]?.replace(',', '.');
  return {
    pid: Number(match[1]),
    startTime: /^start (\d{1,20})\n/m.exec(file.text)?.[1] ?? null,
    bootId: match[2] ?? '-',
    atMs: Math.round(at === undefined ? file.mtimeMs : Number(at) * 1000),
  };
}

/** Reads how the main process ended; null while that is not written, or not completely. */
export function readEnding(folder: string): (Ending & { readonly atMs: number }) | null {
  const file = readSmall(path.join(folder, files.process));
  const match = file && /^(?:exit (\d{1,3})|signal (SIG[A-Z0-9+]{1,12}))\n/m.exec(file.text);
  if (!match) return null;
  return {
    exitCode: match[1] === undefined ? null : Number(match[1]),
    signal: match[2] ?? null,
    atMs: Math.round(file.mtimeMs),
  };
}

/** Adds the start time to what is known of the main process. A full disk only leaves it out. */
export function appendStartTime(folder: string, startTime: string): void {
  const { O_WRONLY, O_APPEND } = fs.constants;
  const fd = openRegular(path.join(folder, files.process), O_WRONLY | O_APPEND);
  if (fd === null) return;
  try {
    fs.writeSync(fd, `start ${startTime}\n`);
  } catch {
    // The attempt is then known by its environment only, as before this line.
  } finally {
    fs.closeSync(fd);
  }
}

/** Reads the `stop` file; null when no stop was asked for. */
export function readStop(folder: string): StopRecord | null {
  const file = readSmall(path.join(folder, files.stop));
  if (!file) return null;
  try {
    const value = JSON.parse(file.text) as Partial<StopRecord>;
    return {
      atMs: typeof value.atMs === 'number' ? value.atMs : Math.round(file.mtimeMs),
      cause: value.cause === 'post-start' ? 'post-start' : 'asked',
      message: typeof value.message === 'string' ? value.message : '',
    };
  } catch {
    // Damaged by the job or cut short by a full disk; that it exists is what counts.
    return { atMs: Math.round(file.mtimeMs), cause: 'asked', message: '' };
  }
}

/** Name of the file that says how much of a log was released. */
export function releasedFile(stream: string): string {
  return `${stream}.released`;
}

/** How much of a log is gone. */
export interface Released {
  /** Offset of the oldest byte still kept. */
  readonly firstOffset: number;
  /** Offset of the file's first byte; 0 unless the file had to be cut instead of punched. */
  readonly fileOffset: number;
}

/** Reads what was released of a log; nothing when there is no record. */
export function readReleased(folder: string, stream: string): Released {
  const file = readSmall(path.join(folder, releasedFile(stream)));
  const match = file && /^(\d{1,15}) (\d{1,15})\n$/.exec(file.text);
  return { firstOffset: Number(match?.[1] ?? 0), fileOffset: Number(match?.[2] ?? 0) };
}

/** A regular file opened for reading without following a link a job may have put there. */
export function openRegular(file: string, flags: number = fs.constants.O_RDONLY): number | null {
  const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number;
  try {
    // Non-blocking, so that a pipe in the file's place cannot hang us.
    fd = fs.openSync(file, flags | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return null;
  }
  const stat = fs.fstatSync(fd);
  // A hard link could lead to somebody else's file.
  if (stat.isFile() && stat.nlink <= 1) return fd;
  fs.closeSync(fd);
  return null;
}

function readSmall(file: string): { readonly text: string; readonly mtimeMs: number } | null {
  const fd = openRegular(file);
  if (fd === null) return null;
  try {
    const bytes = Buffer.alloc(Math.min(fs.fstatSync(fd).size, maxSmallFileBytes));
    const length = fs.readSync(fd, bytes, 0, bytes.length, 0);
    return { text: bytes.toString('utf8', 0, length), mtimeMs: fs.fstatSync(fd).mtimeMs };
  } catch {
    return null;
  } finally {
    fs.closeSync(fd);
  }
}
