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

/** Blocks of the table that rows of a transaction should be in, most of them in the first; null = any. */
export interface Arrived {
  readonly blocks: readonly BlockRange[] | null;
}

/** Numbers of blocks, up to but without `end`. */
export interface BlockRange {
  readonly from: number;
  readonly end: number;
}

/** As `RowLoader.prepareCommit` gives it. */
export function commitToken({ xact, pid, since, arrived }: CommitToken): string {
  const blocks = arrived?.blocks?.flatMap(({ from, end }) => [`${from}`, `${end}`]) ?? ['', ''];
  return JSON.stringify([xact, pid, since, ...(arrived === null ? [] : blocks)]);
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
  const [xact, pid, since, ...bounds] = parts as readonly string[];
  if (xact === undefined || pid === undefined || since === undefined) return null;
  if (bounds.length < 2) return { xact, pid, since, arrived: null };
  const blocks: BlockRange[] = [];
  for (let at = 0; at + 1 < bounds.length; at += 2) {
    const [from = '', end = ''] = bounds.slice(at, at + 2);
    if (from === '' || end === '') return { xact, pid, since, arrived: { blocks: null } };
    blocks.push({ from: Number(from), end: Number(end) });
  }
  return { xact, pid, since, arrived: { blocks } };
}
