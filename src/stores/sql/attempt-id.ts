/** Where an attempt stands: its run, its instance, and which try it is. */
export interface AttemptPosition {
  readonly runId: string;
  /** 0-based. */
  readonly index: number;
  /** 1-based. */
  readonly number: number;
}

/** Reads an attempt's id apart; null when it is none. The reverse of `attemptId` of the domain. */
export function parseAttemptId(text: string): AttemptPosition | null {
  const match = /^(.+)\.(\d{1,9})\.(\d{1,9})$/.exec(text);
  if (match === null) return null;
  return { runId: match[1] ?? '', index: Number(match[2]), number: Number(match[3]) };
}
