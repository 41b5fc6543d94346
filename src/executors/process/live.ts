import type { AttemptReport } from '../../ports/executor.ts';
import type { Reply, Request } from './protocol.ts';

/** An attempt whose end has not been reported. */
export interface Live {
  readonly fence: number;
  /**
   * The start, until it is confirmed: sent again should the supervisor die meanwhile. Null while
   * it is being prepared, too.
   */
  start: Extract<Request, { t: 'start' }> | null;
  /** Whether a supervisor may have seen the start. */
  sent: boolean;
  stopping: boolean;
  /**
   * What is done between its end and the report of it (`finishAttempt`): `none` for plain starts,
   * which are told at once; `due` also where only its folder knows whether there is anything.
   */
  ending: 'none' | 'due' | 'under-way' | 'over';
  /** What a script answered; null = it was none, or has not ended. */
  result: string | null;
  /** Goes into the report of the start; null = in the attempt's folder, if anywhere. */
  note: string | null;
}

/** An attempt that begins to be looked after. */
export function newLive(
  fence: number,
  facts: Pick<Live, 'ending'> & Partial<Pick<Live, 'sent' | 'note'>>,
): Live {
  return { fence, start: null, sent: false, stopping: false, note: '', result: null, ...facts };
}

/** What the end of an attempt is told as; its start too, if nobody has told that. */
export function endReports(
  reply: Extract<Reply, { t: 'ended' | 'lost' | 'refused' }>,
  live: Live,
  note: { readonly note?: string },
): readonly AttemptReport[] {
  const { atMs, message } = reply;
  const base = { attemptId: reply.id, fence: live.fence, atMs };
  if (reply.t !== 'ended') {
    const again = reply.t === 'refused' && reply.again === true ? { again: true } : {};
    return [{ ...base, kind: reply.t, message, ...again }];
  }
  const { exitCode, signal, stopped, pid, startedAtMs } = reply;
  const result = live.result === null ? {} : { result: live.result };
  const ended = { ...base, kind: 'ended', exitCode, signal, stopped, message, ...result } as const;
  if (live.start === null) return [ended];
  return [{ ...base, kind: 'started', atMs: startedAtMs || atMs, pid, ...note }, ended];
}
