import type { AttemptReport } from '../../ports/executor.ts';

/** Why an attempt became running, as its event says it. */
export function startedReason({ pid, note }: AttemptReport & { kind: 'started' }): string {
  const how = pid === null ? 'started' : `started as process ${pid}`;
  return note === undefined || note === '' ? how : `${how}; ${note}`;
}

/** What an ended attempt says: how it ended, and what was noted when it started. */
export function endMessage(reason: string, note: string): string {
  return note === '' ? reason : `${reason}; ${note}`;
}
