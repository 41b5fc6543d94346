import type { DialectName } from '../domain/template.ts';

/** How many runs of a namespace run at the same time. */
export interface RunLimitStore {
  /**
   * Sets the limit, over all servers; null = any number. A run counts from its first claim to its
   * end, retries included. Those that come due beyond the limit wait (`hold` `limited`) and begin
   * by the priority of their spec, then by age, as others end. What runs when a limit is set or
   * lowered goes on. Runs that start others of their own namespace would wait for themselves.
   * @returns `wake` = runs that waited may begin.
   */
  setRunLimit(
    dialect: DialectName,
    namespace: string,
    maxRunning: number | null,
  ): Promise<{ readonly wake: boolean }>;
}
