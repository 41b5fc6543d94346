import type { AttemptEndReport } from '../../../ports/executor.ts';
import { maxMessageBytes, maxResultBytes } from './limits.ts';
import type { AttemptRecord, EndRecord, PartRecord } from './journal.ts';
import { cutToBytes } from './protocol.ts';

/** Words of SchedulerX for what happened (schedulerx.md §5.8). */
export const words = {
  killed: 'killed from server',
  lost: "don't update progress more than 30s",
  noAnswer: 'submit jobInstanceId to worker timeout',
  noWorker: 'no available worker',
  stoppedBefore: 'stopped before it was started',
  neverBegan: 'the server stopped before the start',
} as const;

/** Dispatches that a message names one by one. */
const maxNamed = 5;

/** Workers that progress names one by one: the store keeps 64 KiB of it. */
const maxNamedWorkers = 300;

/** How an attempt ended whose dispatches are all over: it succeeds when all of them did. Pure. */
export function endOf({ parts, stopAtMs }: AttemptRecord, atMs: number): EndRecord {
  const bad = parts.filter(({ state }) => state !== 'succeeded');
  const stopped = stopAtMs !== null;
  if (bad.length === 0) {
    return { kind: 'ended', atMs, exitCode: 0, stopped, message: '', result: resultOf(parts) };
  }
  const never = parts.every(({ state }) => state === 'rejected');
  if (stopped) {
    if (never) return plainEnd('refused', atMs, words.stoppedBefore);
    const message = words.killed;
    return { kind: 'ended', atMs, exitCode: null, stopped, message, result: message };
  }
  const message = cutToBytes(describe(parts, bad), maxMessageBytes);
  if (never) return plainEnd('refused', atMs, message);
  const failed = bad.some(({ state }) => state !== 'lost');
  if (!failed) return plainEnd('lost', atMs, message);
  const result = parts.length === 1 ? resultOf(parts) : cutToBytes(message, maxResultBytes);
  return { kind: 'ended', atMs, exitCode: 1, stopped, message, result };
}

/** The end as it is reported. */
export function endReport(attemptId: string, fence: number, end: EndRecord): AttemptEndReport {
  const { kind, atMs, exitCode, stopped, message, result } = end;
  const about = { attemptId, fence, atMs, message };
  if (kind !== 'ended') return { kind, ...about };
  // A kill is no exit.
  const signal = exitCode === null ? 'SIGKILL' : null;
  return { kind, ...about, exitCode, signal, stopped, result };
}

/** An end without an exit code. */
export function plainEnd(kind: 'lost' | 'refused', atMs: number, message: string): EndRecord {
  return { kind, atMs, exitCode: null, stopped: false, message, result: '' };
}

/** How far it is, as schedulerx.md §5.6 has it. Pure. */
export function progressOf({ name, parts }: Pick<AttemptRecord, 'name' | 'parts'>): string {
  const byWorker = new Map<string, PartRecord[]>();
  for (const part of parts) {
    const list = byWorker.get(part.address) ?? [];
    if (list.length === 0) byWorker.set(part.address, list);
    list.push(part);
  }
  return JSON.stringify({
    taskProgress: [{ name, ...counts(parts) }],
    workerProgress: [...byWorker]
      .slice(0, maxNamedWorkers)
      .map(([workerAddr, own]) => ({ workerAddr, ...counts(own) })),
  });
}

function counts(parts: readonly PartRecord[]): Record<string, number> {
  const count = (...states: readonly PartRecord['state'][]): number =>
    parts.filter(({ state }) => states.includes(state)).length;
  return {
    total: parts.length,
    pulled: count('sent'),
    running: count('accepted'),
    success: count('succeeded'),
    failed: count('failed', 'rejected', 'lost'),
  };
}

/** What the only dispatch answered; of several what each did, or the one thing that all did. */
function resultOf(parts: readonly PartRecord[]): string {
  const answers = new Set(parts.map(({ message }) => message));
  const [only = ''] = answers;
  const text =
    answers.size <= 1
      ? only
      : parts.map(({ index, message }) => `#${index}: ${message}`).join('\n');
  return cutToBytes(text, maxResultBytes);
}

function describe(parts: readonly PartRecord[], bad: readonly PartRecord[]): string {
  const [first] = bad;
  if (parts.length === 1) return first?.message ?? '';
  const named = bad
    .slice(0, maxNamed)
    .map(({ index, address, message }) => `#${index} on ${address}: ${message.slice(0, 300)}`);
  return `${bad.length} of ${parts.length} did not succeed: ${named.join('; ')}`;
}
