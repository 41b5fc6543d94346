/** What orders runs that wait for a place under the limit of their namespace. */
export interface Waiting {
  readonly priority: number;
  /** When it came due. */
  readonly notBeforeMs: number;
  /** Order of acceptance. */
  readonly n: number;
}

/** Bounds of a spec's `priority`. */
export const priorityBounds = { min: -1_000, max: 1_000 } as const;

/** The greater priority first, then the one that was due first, then the one accepted first. */
export function byPriority(one: Waiting, other: Waiting): number {
  return other.priority - one.priority || one.notBeforeMs - other.notBeforeMs || one.n - other.n;
}

/** Why a run waits. */
export function limitReason(maxRunning: number): string {
  return `waits: as many runs as may at the same time (${maxRunning}) are running already`;
}

/** A spec's priority, within its bounds. */
export function priorityOf({ priority = 0 }: { readonly priority?: number }): number {
  const whole = Number.isFinite(priority) ? Math.trunc(priority) : 0;
  return Math.min(Math.max(whole, priorityBounds.min), priorityBounds.max);
}
