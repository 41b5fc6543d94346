import type { Column } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import type { TransferError } from '../../domain/transfer/errors.ts';
import { HEADER, TRAILER } from '../../lib/rows/pg-binary.ts';
import { slicesOf } from '../../lib/rows/slices.ts';
import { rowCount } from '../../lib/rows/text.ts';
import {
  ChunkRefused,
  type RowBatch,
  type RowFormat,
  type RowLoader,
  RowsRefused,
  type WriteCounts,
} from '../../ports/connector.ts';
import { BinaryRows } from './binary-rows.ts';
import { type BlockRange, commitToken } from './commit-token.ts';
import { copyInStatement } from './copy-statements.ts';
import { csvAsText, isPlain, recordOfLine } from './csv-batches.ts';
import { onConflict } from './definitions.ts';
import {
  blamesRows,
  isDeadlock,
  reasonOf,
  refusesBinary,
  ServerError,
  transferErrorOf,
} from './errors.ts';
import { literal, type Quoting } from './quoting.ts';
import type { CopyIn, PgSession, Result } from './session.ts';

/** Table of the session's own that rows pass through when their keys may be there already. */
const PASSAGE_NAME = '_cdm_passage';
const PASSAGE = `pg_temp.${PASSAGE_NAME}`;
/** Numbers its rows, so that of several with one key the last one counts. */
const PLACE = '_cdm_place';
const nothing: WriteCounts = { written: 0, updated: 0, bytes: 0, files: 0 };

/** Blocks that PostgreSQL adds to a table at once, with room to spare: it is 64 at most. */
const GROWTH_BLOCKS = 128;
/** Blocks that another loader may add to a table while the last rows of this one's go in. */
const BESIDE_BLOCKS = 256;

/** What a loader writes into. */
export interface LoadTarget {
  /** As in a FROM clause. */
  readonly item: string;
  /** In words. */
  readonly name: string;
  /** Columns that rows have, in their order. */
  readonly columns: readonly Column[];
  /** Names of all that are there. */
  readonly all: readonly string[];
  readonly key: readonly string[];
  /** `leave` = rows whose key is there stay as they are. */
  readonly conflict: TableTarget['conflict'] | 'leave';
  /** Whether the server tells rows that were changed from those that are new. */
  readonly tellsChanged: boolean;
}

/** A COPY that batches are sent into one after the other. */
interface Going {
  readonly copy: CopyIn;
  readonly format: RowFormat;
  /** Rows that were sent. */
  rows: number;
}

/**
 * Rows by COPY FROM STDIN. In one go: all of a chunk by one statement, which the server works on
 * without a break. Otherwise every batch stands under a savepoint, and goes to the server in one
 * round trip with the statements around it.
 */
export class PgLoader implements RowLoader {
  readonly #session: PgSession;
  readonly #target: LoadTarget;
  readonly #format: RowFormat;
  readonly #quoting: Quoting;
  readonly #xact: string;
  /** Behind INSERT; empty = rows go straight into the table. */
  readonly #clause: string;
  readonly #onClose: () => Promise<void>;
  /** Where COPY says that it stopped. */
  readonly #place: RegExp;
  readonly #inOneGo: boolean;
  #begun = false;
  #savepoint = false;
  #going: Going | null = null;
  /** Whether rows came since the last commit, in one go. */
  #sent = false;
  /** Blocks that the table had before the rows that are not committed; null = not known, or none came. */
  #blocks: number | null = null;
  /** Blocks that it had when the last commit was prepared; null = there was none. */
  #lastEnd: number | null = null;
  #binary: BinaryRows | null;

  /** @param xact expression for the number of the transaction. */
  constructor(
    session: PgSession,
    target: LoadTarget,
    format: RowFormat,
    parts: {
      readonly quoting: Quoting;
      readonly xact: string;
      readonly inOneGo: boolean;
      readonly onClose: () => Promise<void>;
    },
  ) {
    this.#session = session;
    this.#target = target;
    this.#format = format;
    this.#quoting = parts.quoting;
    this.#xact = parts.xact;
    this.#onClose = parts.onClose;
    const { conflict, key, columns, all } = target;
    // Names may hold anything, also what looks like a place.
    this.#place = new RegExp(
      `^COPY (?:${PASSAGE_NAME}|${target.name.replaceAll(/\W/g, '\\$&')}), line (\\d+)(?:, column ([^:]+))?`,
      'm',
    );
    const names = columns.map(({ name }) => name);
    this.#clause = onConflict(conflict, key, names, all, this.#quoting);
    this.#inOneGo = parts.inOneGo && this.#clause === '';
    this.#binary = BinaryRows.of(columns);
  }

  async write(batch: RowBatch): Promise<WriteCounts> {
    if (batch.rows === 0) return nothing;
    if (this.#inOneGo) return this.#send(batch);
    if (!this.#begun && this.#clause !== '') await this.#makePassage();
    const { bytes, format } = this.#asCopyReads(batch.bytes);
    const { columns, item } = this.#target;
    const into = this.#clause === '' ? item : PASSAGE;
    const sql = [...this.#before(), copyInStatement(into, columns, format, this.#quoting)];
    // Also when it fails: then there is a transaction to be rolled back.
    this.#begun = true;
    try {
      const parts = format.kind === 'pg-binary' ? [HEADER, bytes, TRAILER] : [bytes];
      const { affected } = await this.#session.copyIn(sql.join('; '), parts);
      this.#savepoint = true;
      if (this.#clause === '') return { ...nothing, written: affected };
      return await this.#pass(affected);
    } catch (error) {
      throw await this.#refusal(error, bytes, format);
    }
  }

  async prepareCommit(): Promise<string> {
    await this.#allIn();
    const sql = [
      ...(this.#begun ? [] : ['BEGIN']),
      // What would fail only at the commit shall fail before it.
      'SET CONSTRAINTS ALL IMMEDIATE',
      `SELECT ${this.#xact}, pg_backend_pid(), (SELECT extract(epoch FROM backend_start)::text FROM pg_stat_activity WHERE pid = pg_backend_pid()), (${this.#blocksQuery()})`,
    ];
    this.#begun = true;
    const { rows } = await this.#run(sql.join('; '));
    const [xact, pid, since, blocks] = rows[0] ?? [];
    const end = numberOf(blocks);
    return commitToken({
      xact: xact ?? '',
      pid: pid ?? '',
      since: since ?? '',
      // Below savepoints rows carry other numbers.
      arrived: this.#inOneGo ? { blocks: this.#arrivedIn(end) } : null,
    });
  }

  async commit(): Promise<WriteCounts> {
    this.#begun = false;
    this.#savepoint = false;
    this.#sent = false;
    this.#blocks = null;
    const { tag } = await this.#run('COMMIT');
    // A transaction that has failed is rolled back by COMMIT, without an error.
    if (tag !== 'COMMIT') throw this.#lost(new Error(`the commit became a ${tag}`));
    return nothing;
  }

  async rollback(): Promise<void> {
    if (!this.#begun) return;
    this.#begun = false;
    this.#savepoint = false;
    this.#sent = false;
    this.#blocks = null;
    const going = this.#going;
    this.#going = null;
    await going?.copy.giveUp();
    if (this.#session.usable) await this.#run('ROLLBACK');
  }

  async close(): Promise<void> {
    if (this.#begun) await this.rollback().catch(() => undefined);
    await this.#onClose();
  }

  /** Sends a batch on, into the COPY that is under way or a new one. */
  async #send(batch: RowBatch): Promise<WriteCounts> {
    if (this.#format.kind === 'text' && this.#binary !== null) {
      await this.#sendBinary(batch);
    } else {
      const { bytes, format } = this.#asCopyReads(batch.bytes);
      await this.#sendOn(bytes, batch.rows, format, batch.release);
    }
    return { ...nothing, written: batch.rows };
  }

  /** Texts in binary, as long as all of them are understood here. */
  async #sendBinary({ bytes: texts, release }: RowBatch): Promise<void> {
    let isRead = true;
    for await (const slice of slicesOf(texts)) {
      const made = this.#binary?.encode(slice) ?? null;
      if (made !== null) {
        await this.#sendOn(made.bytes, made.rows, { kind: 'pg-binary' }, made.release);
        continue;
      }
      // Where there is one such value there are more.
      this.#binary = null;
      isRead = false;
      await this.#sendOn(slice, rowCount(slice), this.#format);
    }
    // What was sent is made of them, unless some were sent as they are.
    if (isRead) release?.();
  }

  async #sendOn(
    bytes: Uint8Array,
    rows: number,
    format: RowFormat,
    onSent?: () => void,
  ): Promise<void> {
    if (this.#going !== null && this.#going.format.kind !== format.kind) await this.#allIn();
    try {
      const going = this.#going ?? (await this.#go(format));
      going.rows += rows;
      await going.copy.write(bytes, onSent);
    } catch (error) {
      throw this.#refusedInOneGo(error);
    }
  }

  async #go(format: RowFormat): Promise<Going> {
    const { columns, item } = this.#target;
    const statement = copyInStatement(item, columns, format, this.#quoting);
    const copy = this.#session.beginCopyIn(
      this.#begun ? statement : `BEGIN; ${this.#blocksQuery()}; ${statement}`,
    );
    this.#begun = true;
    const going = { copy, format, rows: 0 };
    this.#going = going;
    this.#sent = true;
    if (format.kind === 'pg-binary') await copy.write(HEADER);
    return going;
  }

  /** Everything that was sent is in the table. */
  async #allIn(): Promise<void> {
    const going = this.#going;
    if (going === null) return;
    let affected: number;
    try {
      if (going.format.kind === 'pg-binary') await going.copy.write(TRAILER);
      const { rows, affected: taken } = await going.copy.end();
      affected = taken;
      this.#blocks ??= numberOf(rows[0]?.[0]);
    } catch (error) {
      throw this.#refusedInOneGo(error);
    }
    this.#going = null;
    // Triggers may leave rows out: then they are counted batch by batch.
    if (affected !== going.rows) {
      throw new ChunkRefused(`of ${going.rows} rows the table took ${affected}`);
    }
  }

  /**
   * Blocks with the rows that came; those of others may lie between them. The first of them go into
   * the block that the session wrote last, if there is room, however far behind it is.
   */
  #arrivedIn(end: number | null): readonly BlockRange[] | null {
    const begin = this.#sent ? this.#blocks : end;
    const lastEnd = this.#lastEnd;
    this.#lastEnd = end;
    if (begin === null || end === null) return null;
    const from = Math.max(begin - GROWTH_BLOCKS, 0);
    const last =
      lastEnd === null
        ? null
        : { from: Math.max(lastEnd - BESIDE_BLOCKS, 0), end: Math.min(lastEnd, from) };
    return [{ from, end }, ...(last === null || last.from >= last.end ? [] : [last])];
  }

  /** Before version 14 blocks cannot be read by number; a partitioned table has none. */
  #blocksQuery(): string {
    return `SELECT pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class WHERE oid = ${literal(this.#target.item)}::regclass AND relkind = 'r' AND current_setting('server_version_num')::int >= 140000`;
  }

  #refusedInOneGo(error: unknown): Error {
    if (!(error instanceof ServerError)) return this.#lost(error);
    // Done again, the chunk goes as texts.
    const ours = this.#format.kind === 'text' && refusesBinary(error);
    // With a chunk that goes in beside this one. Batch by batch it is all in when another one begins.
    const crossed = isDeadlock(error);
    return ours || crossed || blamesRows(error)
      ? new ChunkRefused(reasonOf(error))
      : this.#lost(error);
  }

  /** What has to be said before a batch. */
  #before(): readonly string[] {
    if (!this.#begun) return ['BEGIN', 'SAVEPOINT cdm'];
    return this.#savepoint ? ['RELEASE SAVEPOINT cdm', 'SAVEPOINT cdm'] : ['SAVEPOINT cdm'];
  }

  #asCopyReads(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly format: RowFormat } {
    const format = this.#format;
    if (format.kind !== 'csv' || isPlain(bytes, format)) return { bytes, format };
    return { bytes: csvAsText(bytes, format, this.#target.columns), format: { kind: 'text' } };
  }

  async #makePassage(): Promise<void> {
    const { item, columns } = this.#target;
    const names = this.#quoting.list(columns.map(({ name }) => name));
    // Without the table's constraints: these are checked when rows go into the table itself.
    this.#begun = true;
    await this.#run(
      `BEGIN; CREATE TEMP TABLE ${PASSAGE_NAME} ON COMMIT DROP AS SELECT ${names} FROM ${item} WITH NO DATA; ALTER TABLE ${PASSAGE} ADD COLUMN ${PLACE} bigint GENERATED ALWAYS AS IDENTITY`,
    );
  }

  /** Moves what is in the passage into the table. */
  async #pass(rows: number): Promise<WriteCounts> {
    const { item, columns, key, conflict, tellsChanged } = this.#target;
    const names = this.#quoting.list(columns.map(({ name }) => name));
    const keys = this.#quoting.list(key);
    const changed = tellsChanged ? 'xmax <> 0' : 'false';
    const { rows: counted } = await this.#session.run(
      `WITH passed AS (
         INSERT INTO ${item} (${names}) OVERRIDING SYSTEM VALUE
         SELECT ${names} FROM (
           SELECT DISTINCT ON (${keys}) ${names} FROM ${PASSAGE} ORDER BY ${keys}, ${PLACE} DESC
         ) AS last ${this.#clause} RETURNING ${changed} AS changed)
       SELECT count(*), count(*) FILTER (WHERE changed) FROM passed; TRUNCATE ${PASSAGE}`,
    );
    const [passed, updated] = (counted[0] ?? []).map(Number);
    if (conflict === 'leave') return { ...nothing, written: passed ?? 0 };
    // Of several rows with one key, each changes the one before.
    const again = rows - (passed ?? 0);
    return { ...nothing, written: rows, updated: tellsChanged ? (updated ?? 0) + again : 0 };
  }

  async #refusal(error: unknown, bytes: Uint8Array, format: RowFormat): Promise<Error> {
    if (!(error instanceof ServerError) || !blamesRows(error)) return this.#lost(error);
    try {
      // The statements before COPY have taken effect, or nothing has.
      await this.#session.run('ROLLBACK TO SAVEPOINT cdm');
    } catch (failure) {
      return this.#lost(failure);
    }
    this.#savepoint = true;
    const [, line, column] = this.#place.exec(error.context) ?? [];
    const at = column === undefined ? '' : `column ${column}: `;
    return new RowsRefused(`${at}${reasonOf(error)}`, rowOf(line, bytes, format));
  }

  async #run(sql: string): Promise<Result> {
    try {
      return await this.#session.run(sql);
    } catch (error) {
      throw this.#lost(error);
    }
  }

  #lost(error: unknown): TransferError {
    return transferErrorOf(error, 'write-failed', `writing table ${this.#target.name}`);
  }
}

function numberOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

/** 0-based row of a line that COPY tells. */
function rowOf(line: string | undefined, bytes: Uint8Array, format: RowFormat): number | null {
  if (line === undefined) return null;
  return format.kind === 'csv' ? recordOfLine(bytes, Number(line), format) : Number(line) - 1;
}
