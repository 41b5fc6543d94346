import type { Column } from '../../domain/transfer/columns.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { checksumOf } from '../../lib/rows/checksum.ts';
import { PgRowHash } from '../../lib/rows/pg-hash.ts';
import type {
  Digest,
  Digester,
  DigestRequest,
  ReadBackRequest,
  RowSum,
} from '../../ports/connector.ts';
import type { Database } from '../sql/database.ts';
import { digestRows, readingMethodOf } from '../sql/reading-digester.ts';
import { type CommitToken, parseCommitToken } from './commit-token.ts';
import { transferErrorOf } from './errors.ts';
import type { Quoting } from './quoting.ts';
import type { PgSession } from './session.ts';
import { hashColumnsOf, rowHash, sampleItem } from './row-hash.ts';
import { binaryName } from './types.ts';

/** Begins the names of the methods that add up hashes. */
const METHOD = 'pg-row-hash';
const SAMPLE_BYTES = 64 * 1024;
/** Questions at once when a run waits for nothing else. */
const HURRIED_SESSIONS = 2;

/**
 * Counts, and sums of hashes that PostgreSQL itself has for its types: the same on every server for
 * equal types, cheap enough to be taken of everything, and known here as well (`pg-hash.ts`).
 */
export class PgDigester implements Digester {
  readonly #quoting: Quoting;
  readonly #use: <T>(signal: AbortSignal, work: (session: PgSession) => Promise<T>) => Promise<T>;

  readonly #database: Pick<Database, 'read'>;
  #encoding: string | null = null;

  constructor(
    database: Pick<Database, 'read'>,
    quoting: Quoting,
    use: <T>(signal: AbortSignal, work: (session: PgSession) => Promise<T>) => Promise<T>,
  ) {
    this.#database = database;
    this.#quoting = quoting;
    this.#use = use;
  }

  methods(columns: readonly Column[]): readonly string[] {
    const names = columns.map(({ nativeType }) => binaryName(nativeType));
    const unknown = names.includes(null) || names.length === 0;
    const read = readingMethodOf(columns);
    return [
      ...(unknown ? [] : [`${METHOD}(${names.join(',')})`]),
      ...(read === null ? [] : [read]),
      'count',
    ];
  }

  /**
   * Of rows that carry the number of the transaction which wrote them; each where its token says
   * they lie, or all by one look at everything. The first reader of a row marks it as committed,
   * and does so cheapest right after the commit: behind the server's next checkpoint every block
   * that is changed so is logged as a whole. What was just written is in memory: asking the server's
   * helpers for it beforehand, as it would, costs a tenth more.
   */
  async readBack(request: ReadBackRequest): Promise<Digest | null> {
    const { table, columns, method, tokens, everywhere, hurried, signal } = request;
    const sessions = hurried && !everywhere ? HURRIED_SESSIONS : 1;
    const conditions = everywhere
      ? anywhere(tokens)
      : tokens.flatMap((token) => inPlace(token, sessions));
    if (!method.startsWith(METHOD) || !conditions.every((one) => one !== null)) return null;
    let [rows, sum] = [0, 0n];
    const ask = (asked: readonly string[]): Promise<void> =>
      this.#use(signal, async (session) => {
        const expression = await this.#sum(columns, session);
        for (const condition of asked) {
          const select = `SELECT count(*), ${expression} FROM ${this.#quoting.table(table)} WHERE ${condition}`;
          const found = await session.run(
            everywhere
              ? select
              : `BEGIN; SET LOCAL effective_io_concurrency = 0; ${select}; COMMIT`,
          );
          const [count, total] = found.rows[0] ?? [];
          rows += Number(count ?? 0);
          sum += BigInt(total ?? 0);
        }
      });
    await Promise.all(
      Array.from({ length: sessions }, (_, one) =>
        ask(conditions.filter((_condition, place) => place % sessions === one)),
      ),
    );
    return { rows, checksum: checksumOf(sum) };
  }

  async digest(request: DigestRequest): Promise<Digest> {
    const { table, columns, where, method, signal } = request;
    if (method === readingMethodOf(columns)) {
      return digestRows(this.#database, this.#quoting.table(table), request);
    }
    const filter = where === null ? '' : ` WHERE (${where})`;
    const item = this.#quoting.table(table);
    try {
      const { rows } = await this.#use(signal, async (session) => {
        const sum = method === 'count' ? 'NULL' : await this.#sum(columns, session);
        return session.run(`SELECT count(*), ${sum} FROM ${item}${filter}`);
      });
      const [count, total] = rows[0] ?? [];
      return {
        rows: Number(count ?? 0),
        checksum: method === 'count' ? null : checksumOf(BigInt(total ?? 0)),
      };
    } catch (error) {
      if (error instanceof TransferError) throw error;
      throw transferErrorOf(error, 'sql-failed', `comparing table ${table.name}`);
    }
  }

  /** Of rows in binary, when this server takes the same values for some samples. */
  async rowSum({
    method,
    columns,
    format,
    signal,
  }: Parameters<NonNullable<Digester['rowSum']>>[0]): Promise<RowSum | null> {
    const hashed = hashColumnsOf(columns);
    if (format.kind !== 'pg-binary' || hashed === null || !method.startsWith(METHOD)) return null;
    const hash = new PgRowHash(hashed);
    const from = sampleItem(columns, this.#quoting);
    let ours = 0n;
    const read = { columns, from, format, batchBytes: SAMPLE_BYTES, signal };
    for await (const { bytes } of this.#database.read(read)) ours += hash.sumOf(bytes);
    const { rows } = await this.#use(signal, async (session) =>
      session.run(`SELECT ${await this.#sum(columns, session)} FROM ${from}`),
    );
    const theirs = BigInt(rows[0]?.[0] ?? 0);
    return checksumOf(ours) === checksumOf(theirs) ? (bytes) => hash.sumOf(bytes) : null;
  }

  async #sum(columns: readonly Column[], session: PgSession): Promise<string> {
    this.#encoding ??= (await session.run('SHOW server_encoding')).rows[0]?.[0] ?? '';
    return `sum(${rowHash(columns, this.#quoting, this.#encoding)})`;
  }
}

/**
 * Rows of a commit in the blocks that it names, the first of their ranges in so many parts; null =
 * it names none.
 */
function inPlace(token: string, parts: number): readonly (string | null)[] {
  const commit = parseCommitToken(token);
  const [most, ...others] = commit?.arrived?.blocks ?? [];
  if (commit === null || most === undefined) return [null];
  const { from, end } = most;
  const cut = (part: number): number => from + Math.floor(((end - from) * part) / parts);
  const pieces = Array.from({ length: parts }, (_, part) => ({
    from: cut(part),
    end: cut(part + 1),
  }));
  return [...pieces, ...others].map(
    (blocks) =>
      `ctid >= '(${blocks.from},0)' AND ctid < '(${blocks.end},0)' AND xmin = '${xidOf(commit)}'::xid`,
  );
}

/** Rows of commits, wherever they are; null where one of them does not tell its rows. */
function anywhere(tokens: readonly string[]): readonly (string | null)[] {
  const commits = tokens.map((token) => parseCommitToken(token));
  const xids = commits.map((commit) =>
    commit === null || commit.arrived === null ? null : xidOf(commit),
  );
  return [xids.includes(null) ? null : `xmin = ANY ('{${xids.join(',')}}'::xid[])`];
}

/** A row carries the lower 32 bits of its transaction's number. */
function xidOf({ xact }: CommitToken): bigint {
  return BigInt.asUintN(32, BigInt(xact));
}
