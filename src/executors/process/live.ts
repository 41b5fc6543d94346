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
  /** Whether what the job changed is being taken back, and whether that is over. */
  takingBack?: boolean;
  takenBack?: boolean;
  /** Goes into the report of the start; null = in the attempt's folder, if anywhere. */
  note: string | null;
}

/** What the end of an attempt is told as; its start too, if nobody has told that. */
export function endReports(
  reply: Extract<Reply, { t: 'ended' | 'lost' | 'refused' }>,
  live: Live,
  note: { readonly note?: string },
): readonly AttemptReport[] {
  const { atMs, message } = reply;
  const base = { attemptId: reply.id, fence: live.fence, atMs };
  if (reply.t !== 'ended') return [{ ...base, kind: reply.t, message }];
  const { exitCode, signal, stopped, pid, startedAtMs } = reply;
  const ended = { ...base, kind: 'ended', exitCode, signal, stopped, message } as const;
  if (live.start === null) return [ended];
  return [{ ...base, kind: 'started', atMs: startedAtMs || atMs, pid, ...note }, ended];
}
