/** What happens when a trigger fires while the template has an unfinished run. */
export type ConcurrencyPolicy = 'allow' | 'forbid' | 'replace';

/** How failed attempts are retried within one run. */
export interface RetryPolicy {
  /** Failed attempts the whole run may have before it fails. 0 = the first failure is final. */
  readonly limit: number;
  /** Wait before the first retry; doubled for each further one. */
  readonly backoffMs: number;
  /** Longest wait between two attempts. */
  readonly backoffMaxMs: number;
}

/** SAE's recommended backoff: 10 s × 2^n, at most 360 s (contract sae.md §4.3.9). */
export const defaultBackoff = { backoffMs: 10_000, backoffMaxMs: 360_000 } as const;

/**
 * Milliseconds to wait before the retry that follows the `failures`-th failed attempt (1-based).
 * Doubling saturates at `backoffMaxMs`.
 */
export function backoffDelayMs(policy: RetryPolicy, failures: number): number {
  const exponent = Math.min(Math.max(failures - 1, 0), 40);
  return Math.min(policy.backoffMs * 2 ** exponent, policy.backoffMaxMs);
}
