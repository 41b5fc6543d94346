/** Rows into a table of MySQL or MariaDB: one transaction for each chunk. */
import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import type { LoaderRequest, RowBatch, RowLoader, WriteCounts } from '../../ports/connector.ts';
import { RowsRefused } from '../../ports/connector.ts';
import { decodeRow, rowOffsets } from '../../lib/rows/text.ts';
import { createMarks, marksTable, writeMark } from './commits.ts';
import {
  databaseProblem,
  errorWords,
  isLocalInfileRefused,
  isRefusal,
  isTransient,
} from './errors.ts';
import type { Session } from './session.ts';
import { writeExpression } from './types.ts';

export interface MysqlLoaderOptions {
  readonly session: Session;
  readonly request: LoaderRequest;
  readonly into: TableName;
  readonly conflict: TableTarget['conflict'];
  readonly key: readonly string[];
  /** LOAD DATA LOCAL, while the server allows it. */
  readonly loadData: boolean;
  /** Rows of one INSERT when it does not. */
  readonly batchRows: number;
  readonly quote: (name: string) => string;
  readonly item: (table: TableName) => string;
}

/** Bytes of one INSERT: below the usual `max_allowed_packet` of 16 MiB by far. */
const maxInsertBytes = 1 << 20;

/** Opens a loader: nothing but the table of marks is created. */
export async function openLoader(options: MysqlLoaderOptions): Promise<RowLoader> {
  const { session, into, request, item } = options;
  const marks = marksTable(into.schema, request.runId);
  let marked: boolean;
  try {
    marked = await createMarks(session, item(marks));
  } catch (error) {
    throw databaseProblem(error);
  }
  return new MysqlLoader(options, marks, marked);
}

class MysqlLoader implements RowLoader {
  readonly #options: MysqlLoaderOptions;
  readonly #session: Session;
  readonly #marks: TableName;
  readonly #marked: boolean;
  readonly #columns: readonly { readonly source: Column | null; readonly target: Column }[];
  /** Rows go beside first and are then moved, when duplicates are to be told apart. */
  readonly #aside: boolean;
  readonly #asideItem: string;
  #loadData: boolean;
  #begun = false;
  #hasAside = false;

  constructor(options: MysqlLoaderOptions, marks: TableName, marked: boolean) {
    this.#options = options;
    this.#session = options.session;
    this.#marks = marks;
    this.#marked = marked;
    this.#columns = options.request.table.columns;
    this.#loadData = options.loadData;
    this.#aside =
      options.key.length > 0 && (options.conflict === 'update' || options.request.repeats);
    this.#asideItem = options.quote('_cdm_rows');
  }

  async write(batch: RowBatch): Promise<WriteCounts> {
    try {
      await this.#begin();
      await this.#session.run('SAVEPOINT cdm_batch');
    } catch (error) {
      throw databaseProblem(error);
    }
    try {
      return await this.#writeRows(batch);
    } catch (error) {
      if (isTransient(error) || !(error instanceof RowsRefused || isRefusal(error))) {
        throw databaseProblem(error);
      }
      await this.#session.execute('ROLLBACK TO SAVEPOINT cdm_batch');
      if (error instanceof RowsRefused) throw error;
      throw new RowsRefused(errorWords(error), rowOf(errorWords(error), batch.rows));
    }
  }

  async #writeRows(batch: RowBatch): Promise<WriteCounts> {
    const { into, item, conflict } = this.#options;
    if (!this.#aside) {
      const word = conflict === 'replace' ? 'REPLACE' : '';
      const { updated } = await this.#load(batch, item(into), word);
      return { written: batch.rows, updated, bytes: 0, files: 0 };
    }
    await this.#emptyAside();
    await this.#load(batch, this.#asideItem, '');
    const { affected } = await this.#session.run(this.#move());
    // An inserted row counts once, a changed one twice, one that stays as it is not at all.
    if (conflict !== 'update') return { written: affected, updated: 0, bytes: 0, files: 0 };
    const updated = Math.max(affected - batch.rows, 0);
    return { written: batch.rows, updated, bytes: 0, files: 0 };
  }

  /** Writes the rows into a table, by LOAD DATA or by INSERT; all or none. */
  async #load(batch: RowBatch, table: string, word: string): Promise<{ readonly updated: number }> {
    if (this.#loadData) {
      try {
        return await this.#loadFile(batch, table, word);
      } catch (error) {
        if (!isLocalInfileRefused(error)) throw error;
        this.#loadData = false;
      }
    }
    return this.#insert(batch, table, word === 'REPLACE' ? 'REPLACE' : 'INSERT');
  }

  async #loadFile(batch: RowBatch, table: string, word: string): Promise<{ updated: number }> {
    const effect = await this.#session.run(
      `LOAD DATA LOCAL INFILE 'rows' ${word} INTO TABLE ${table} CHARACTER SET utf8mb4 ${this.#fields()}`,
      batch.bytes,
    );
    const [records, deleted, skipped] = ['Records', 'Deleted', 'Skipped'].map((name) =>
      Number(new RegExp(`${name}: (\\d+)`).exec(effect.info)?.[1] ?? 0),
    );
    // With LOCAL the server turns errors into warnings and bends the values: such a batch is none.
    if (effect.warnings > 0 || skipped !== 0 || records !== batch.rows) {
      const [warning] = await this.#session.query('SHOW WARNINGS LIMIT 1');
      const words = warning?.[2] ?? `${skipped} of ${batch.rows} rows were skipped`;
      throw new RowsRefused(words, rowOf(words, batch.rows));
    }
    return { updated: deleted ?? 0 };
  }

  /** Columns, and what is done to the values of some on their way. */
  #fields(): string {
    const { quote } = this.#options;
    const names: string[] = [];
    const sets: string[] = [];
    for (const [at, { source, target }] of this.#columns.entries()) {
      const name = quote(target.name);
      const expression = writeExpression(`@v${at}`, source, target);
      names.push(expression === null ? name : `@v${at}`);
      if (expression !== null) sets.push(`${name} = ${expression}`);
    }
    return `(${names.join(', ')})${sets.length === 0 ? '' : ` SET ${sets.join(', ')}`}`;
  }

  async #insert(batch: RowBatch, table: string, verb: string): Promise<{ updated: number }> {
    const { quote, batchRows } = this.#options;
    const names = this.#columns.map(({ target }) => quote(target.name)).join(', ');
    const head = `${verb} INTO ${table} (${names}) VALUES `;
    const offsets = rowOffsets(batch.bytes);
    let values: string[] = [];
    let size = 0;
    let first = 0;
    let affected = 0;
    const flush = async (next: number): Promise<void> => {
      if (values.length === 0) return;
      try {
        affected += (await this.#session.run(head + values.join(','))).affected;
      } catch (error) {
        const row = rowOf(errorWords(error), values.length);
        if (!isRefusal(error) || isTransient(error)) throw error;
        throw new RowsRefused(
          errorWords(error),
          row === null ? (values.length === 1 ? first : null) : first + row,
        );
      }
      values = [];
      size = 0;
      first = next;
    };
    for (let row = 0; row < batch.rows; row++) {
      const fields = decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
      const text = `(${this.#columns.map((column, at) => valueOf(fields[at] ?? null, column)).join(',')})`;
      values.push(text);
      size += text.length;
      if (values.length >= batchRows || size >= maxInsertBytes) await flush(row + 1);
    }
    await flush(batch.rows);
    return { updated: verb === 'REPLACE' ? Math.max(affected - batch.rows, 0) : 0 };
  }

  /** A temporary table without keys: only the target judges duplicates. */
  async #emptyAside(): Promise<void> {
    if (this.#hasAside) {
      await this.#session.run(`DELETE FROM ${this.#asideItem}`);
      return;
    }
    const { quote, item, into } = this.#options;
    const names = this.#columns.map(({ target }) => quote(target.name)).join(', ');
    await this.#session.run(
      `CREATE TEMPORARY TABLE ${this.#asideItem} AS SELECT ${names} FROM ${item(into)} LIMIT 0`,
    );
    this.#hasAside = true;
  }

  #move(): string {
    const { quote, item, into, key, conflict, request } = this.#options;
    const names = this.#columns.map(({ target }) => quote(target.name));
    const keys = new Set(key.map((name) => name.toLowerCase()));
    const rest = this.#columns
      .filter(({ target }) => !keys.has(target.name.toLowerCase()))
      .map(({ target }) => quote(target.name));
    const first = quote(key[0] ?? '');
    const table = item(into);
    // Set to itself: the row that is there stays as it is.
    const same = `${first} = ${table}.${first}`;
    const changes =
      request.repeats && conflict === 'insert'
        ? same
        : rest.length === 0
          ? same
          : rest.map((name) => `${name} = VALUES(${name})`).join(', ');
    return (
      `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.join(', ')} ` +
      `FROM ${this.#asideItem} ON DUPLICATE KEY UPDATE ${changes}`
    );
  }

  async prepareCommit(): Promise<string> {
    try {
      await this.#begin();
      return await writeMark(
        this.#session,
        this.#marks,
        this.#options.item(this.#marks),
        this.#marked,
      );
    } catch (error) {
      throw databaseProblem(error);
    }
  }

  async commit(): Promise<WriteCounts> {
    await this.#session.execute('COMMIT');
    this.#begun = false;
    return { written: 0, updated: 0, bytes: 0, files: 0 };
  }

  async rollback(): Promise<void> {
    this.#begun = false;
    await this.#session.execute('ROLLBACK').catch(() => this.#session.destroy());
  }

  async close(): Promise<void> {
    if (this.#begun) this.#session.destroy();
    else await this.#session.close();
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    await this.#session.run('START TRANSACTION');
    this.#begun = true;
  }
}

/** A value within an INSERT. */
function valueOf(
  value: string | null,
  { source, target }: { readonly source: Column | null; readonly target: Column },
): string {
  if (value === null) return 'NULL';
  const literal = textLiteral(value);
  return writeExpression(literal, source, target) ?? literal;
}

/** A text as a literal, whatever is in it. */
export function textLiteral(value: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL and SUB have escapes of their own
  const escaped = value.replace(/[\\'"\0\n\r\x1a]/g, (char) => {
    switch (char) {
      case '\0':
        return '\\0';
      case '\n':
        return '\\n';
      case '\r':
        return '\\r';
      case '\x1a':
        return '\\Z';
      default:
        return `\\${char}`;
    }
  });
  return `'${escaped}'`;
}

/** 0-based row that the server names, e.g. `… at row 3`; null when it names none of the batch. */
function rowOf(words: string, rows: number): number | null {
  const row = Number(/at row (\d+)/.exec(words)?.[1] ?? 0);
  return row >= 1 && row <= rows ? row - 1 : null;
}
