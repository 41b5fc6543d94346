import type { AttemptEndReport, AttemptReport } from '../../ports/executor.ts';

/** Why an attempt became running, as its event says it. */
export function startedReason({
  pid,
  note,
}: Pick<AttemptReport & { kind: 'started' }, 'pid' | 'note'>): string {
  const how = pid === null ? 'started' : `started as process ${pid}`;
  return note === undefined || note === '' ? how : `${how}; ${note}`;
}

/** What an ended attempt says: how it ended, and what was noted when it started. */
export function endMessage(reason: string, note: string): string {
  return note === '' ? reason : `${reason}; ${note}`;
}

/** Longest kept texts, in bytes of UTF-8. */
const attemptTextBounds = {
  /** The port's limit. */
  result: 1_000,
  worker: 255,
  progress: 64 * 1024,
} as const;

/** What an attempt answered, as much of it as is kept. */
export function keptResult(report: AttemptEndReport): string {
  return report.kind === 'ended' ? cut(report.result ?? '', attemptTextBounds.result) : '';
}

/** Address of the worker that has the attempt. */
export function keptWorker({ worker }: AttemptReport & { kind: 'started' }): string {
  return cut(worker ?? '', attemptTextBounds.worker);
}

/** How far an attempt is; null = too long to be kept, the text before stays: half of a JSON text is none. */
export function keptProgress(progress: string): string | null {
  return Buffer.byteLength(progress) <= attemptTextBounds.progress ? progress : null;
}

/** The longest beginning that fits, ending between two characters. */
function cut(text: string, maxBytes: number): string {
  // No character takes more than three bytes for each of its units.
  if (text.length * 3 <= maxBytes) return text;
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxBytes)).read);
}
