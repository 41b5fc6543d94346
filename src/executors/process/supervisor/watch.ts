import fs from 'node:fs';
import path from 'node:path';
import { appendStartTime, files, readEnding, readMark, settleMs } from '../protocol.ts';
import type { Ending } from '../protocol.ts';
import type { Attempt } from './attempt.ts';
import { carriesFolder, hasProc, isAlive, startTimeOf } from './processes.ts';

/** What the files of an attempt tell about it. */
export type Verdict =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly ending: Ending; readonly atMs: number }
  | { readonly kind: 'lost'; readonly message: string }
  /** No process of it began, and none will: nothing is wrong with what it runs. */
  | { readonly kind: 'never-started'; readonly message: string };

const neverStarted: Verdict = {
  kind: 'never-started',
  message: 'the supervisor ended before the attempt was started',
};

/**
 * Looks at an attempt that no keeper of ours runs, and notes pid and start time when they show.
 * A keeper of an earlier supervisor may still be about to write; what is missing is only judged
 * after `settleMs`.
 */
export function inspect(attempt: Attempt, bootId: string, nowMs: number): Verdict {
  const ending = readEnding(attempt.folder);
  const mark = noteMark(attempt);
  // Looked at first: a keeper that came too late notes an end of its own.
  if (mark?.pid === 0) return neverStarted;
  if (ending) return { kind: 'ended', ending, atMs: ending.atMs };
  if (mark?.bootId !== undefined && mark.bootId !== bootId) {
    return { kind: 'lost', message: 'the machine was restarted while it ran' };
  }
  if (mark && isAlive(mark.pid, attempt.startTime)) {
    attempt.missingSinceMs = null;
    return { kind: 'running' };
  }
  attempt.missingSinceMs ??= nowMs;
  if (nowMs - attempt.missingSinceMs < settleMs) return { kind: 'waiting' };
  if (!mark) return fence(attempt.folder, bootId);
  return {
    kind: 'lost',
    message: `process ${mark.pid} is gone and nobody saw how it ended`,
  };
}

/**
 * Takes pid and start time from the `process` file once they are there. A start time that nobody
 * wrote down yet is looked up and added; of an attempt that no keeper of ours runs, only if the
 * process carries the attempt's folder in its environment, because its pid may have a new owner.
 */
export function noteMark(attempt: Attempt): ReturnType<typeof readMark> {
  const mark = readMark(attempt.folder);
  if (mark === null || mark.pid === 0) return mark;
  if (attempt.pid === null) {
    attempt.pid = mark.pid;
    attempt.startedAtMs = mark.atMs;
    attempt.markKnown();
  }
  if (attempt.startTime === null) {
    attempt.startTime = mark.startTime ?? findStartTime(attempt, mark.pid);
  }
  return mark;
}

function findStartTime(attempt: Attempt, pid: number): string | null {
  if (attempt.watched && hasProc && !carriesFolder(pid, attempt.folder)) return null;
  const startTime = startTimeOf(pid);
  if (startTime !== null) appendStartTime(attempt.folder, startTime);
  return startTime;
}

/** Creates `process` before the job can: a keeper that still held the attempt will not start it. */
function fence(folder: string, bootId: string): Verdict {
  try {
    const file = path.join(folder, files.process);
    fs.writeFileSync(file, `pid 0 boot ${bootId}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { kind: 'lost', message: 'its folder was removed' };
    }
    if (readMark(folder) !== null) return { kind: 'waiting' };
    return {
      kind: 'lost',
      message: `its process file cannot be read (${(error as Error).message})`,
    };
  }
  return neverStarted;
}
