import { setTimeout as pause } from 'node:timers/promises';
import { TransferError } from '../../domain/transfer/errors.ts';
import { parseCommitToken } from './commit-token.ts';
import { literal } from './quoting.ts';
import type { Result } from './session.ts';

/** Longest wait for a commit that is under way, before its connection is ended. */
const COMMIT_LIMIT_MS = 10_000;
/** Longest wait after that. */
const END_LIMIT_MS = 20_000;
const LOOK_AGAIN_MS = 100;

/**
 * What became of the transaction of a token: its number, and process and start of the connection
 * that it ran in. One that still runs, because the server has not noticed that its client is
 * gone, is ended after a while.
 */
export async function outcomeOf(
  token: string,
  run: (sql: string) => Promise<Result>,
): Promise<'committed' | 'rolled-back' | 'unknown'> {
  const parsed = parseCommitToken(token);
  if (parsed === null) return 'unknown';
  const { xact, pid, since } = parsed;
  const startedAtMs = performance.now();
  let ended = false;
  for (;;) {
    const status = await statusOf(xact, run);
    if (status === 'committed') return 'committed';
    if (status === 'aborted') return 'rolled-back';
    if (status !== 'in progress') return 'unknown';
    const waitedMs = performance.now() - startedAtMs;
    if (waitedMs > COMMIT_LIMIT_MS && !ended) {
      ended = true;
      await run(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ${Number(pid)} AND extract(epoch FROM backend_start)::text = ${literal(since)}`,
      );
    }
    if (waitedMs > COMMIT_LIMIT_MS + END_LIMIT_MS) return 'unknown';
    await pause(LOOK_AGAIN_MS);
  }
}

/** Null for transactions that are so old that the server has forgotten them, or none of its own. */
async function statusOf(
  xact: string,
  run: (sql: string) => Promise<Result>,
): Promise<string | null> {
  try {
    const { rows } = await run(`SELECT txid_status(${literal(xact)}::bigint)`);
    return rows[0]?.[0] ?? null;
  } catch (error) {
    if (error instanceof TransferError && error.code === 'sql-failed' && !error.transient) {
      return null;
    }
    throw error;
  }
}
