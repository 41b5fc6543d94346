import { maxMessageBytes, maxResultBytes } from './limits.ts';

/** Words of SchedulerX for what happened (schedulerx.md §5.8). */
export const words = {
  killed: 'killed from server',
  lost: "don't update progress more than 30s",
  noAnswer: 'submit jobInstanceId to worker timeout',
  noWorker: 'no available worker',
  allBusy: 'all workers are busy',
  stoppedBefore: 'stopped before it was started',
  neverBegan: 'the server stopped before the start',
} as const;

/** How an attempt ended; kept in its journal until the store has it for sure. */
export interface EndRecord {
  readonly kind: 'ended' | 'lost' | 'refused';
  readonly atMs: number;
  /** 0 or 1; null unless `kind` is `ended`. */
  readonly exitCode: number | null;
  readonly stopped: boolean;
  readonly message: string;
  readonly result: string;
}

/** Final codes of a worker's report, by what they mean here (schedulerx.md §5.6). */
const finalCodes: Readonly<Record<number, { readonly ok: boolean; readonly text: string }>> = {
  4: { ok: true, text: '' },
  5: { ok: false, text: 'failed' },
  6: { ok: false, text: 'killed' },
  9: { ok: false, text: 'rejected' },
  12: { ok: true, text: 'skipped' },
  99: { ok: false, text: 'removed' },
};

/** The end that a report tells; null while it is not the last one. Pure. */
export function endOfStatus(
  code: number,
  result: string,
  stopAsked: boolean,
  atMs: number,
): EndRecord | null {
  const final = finalCodes[code];
  if (final === undefined) return null;
  if (final.ok) {
    const text = cutToBytes(result, maxResultBytes);
    return { ...ended(atMs, 0), stopped: stopAsked, message: final.text, result: text };
  }
  if (stopAsked) return killed(atMs);
  const message = cutToBytes(result === '' ? final.text : result, maxMessageBytes);
  return { ...ended(atMs, 1), message, result: cutToBytes(result, maxResultBytes) };
}

/** The end after a stop that was asked for. */
export function killed(atMs: number): EndRecord {
  return { ...ended(atMs, 1), stopped: true, message: words.killed, result: words.killed };
}

/** An end without an exit code. */
export function plainEnd(kind: 'lost' | 'refused', atMs: number, message: string): EndRecord {
  return { kind, atMs, exitCode: null, stopped: false, message, result: '' };
}

/** At most that many bytes of UTF-8, cut between characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  // A byte 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function ended(atMs: number, exitCode: number): EndRecord {
  return { kind: 'ended', atMs, exitCode, stopped: false, message: '', result: '' };
}
