/** What a commit is known by afterwards, in any process. */
export interface CommitToken {
  /** Number of the transaction, of 64 bits. */
  readonly xact: string;
  /** Process of the server that it ran in, and when that began. */
  readonly pid: string;
  readonly since: string;
  /** Where its rows lie; null = they do not all carry its number. */
  readonly arrived: Arrived | null;
}

/** Blocks of the table that rows of a transaction should be in, up to but without `end`; null = any. */
export interface Arrived {
  readonly blocks: { readonly from: number; readonly end: number } | null;
}

/** As `RowLoader.prepareCommit` gives it. */
export function commitToken({ xact, pid, since, arrived }: CommitToken): string {
  const { from = '', end = '' } = arrived?.blocks ?? {};
  return JSON.stringify([xact, pid, since, ...(arrived === null ? [] : [`${from}`, `${end}`])]);
}

/** Null for what is none. */
export function parseCommitToken(token: string): CommitToken | null {
  let parts: unknown;
  try {
    parts = JSON.parse(token);
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return null;
  const [xact, pid, since, from, end] = parts as readonly string[];
  if (xact === undefined || pid === undefined || since === undefined) return null;
  if (from === undefined || end === undefined) return { xact, pid, since, arrived: null };
  const blocks = from === '' || end === '' ? null : { from: Number(from), end: Number(end) };
  return { xact, pid, since, arrived: { blocks } };
}
