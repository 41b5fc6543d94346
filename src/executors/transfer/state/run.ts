import type { TransferErrorCode } from '../../../domain/transfer/errors.ts';
import type {
  ProofReport,
  TransferFailure,
  TransferPhase,
} from '../../../domain/transfer/report.ts';
import type { Chunk, FinishedFiles, PlannedTable, RowFormat } from '../../../ports/connector.ts';
import { maxTransient, transientRetryMs } from '../limits.ts';
import type { Connection } from './database.ts';
import type { Members } from './members.ts';
import { takeSample } from './samples.ts';

/** What the plan says of a table besides its columns. */
export interface TableDetails {
  /** How rows are read. */
  readonly read: RowFormat;
  /** How rows are written. The same, unless they are changed on their way. */
  readonly write: RowFormat;
  /** Whether values are computed or changed. */
  readonly transforms: boolean;
  /** By place: name of the added field; null = a source column. */
  readonly added: readonly (string | null)[];
  /** Whether the target can tell rows apart. */
  readonly keyed: boolean;
  /** Files are copied as they are. */
  readonly binary: boolean;
  readonly toFiles: boolean;
  readonly estimatedRows: number | null;
}

/** A table of the plan with its pieces. */
export interface PlannedWork {
  readonly table: PlannedTable;
  readonly details: TableDetails;
  /** Names for people. */
  readonly source: string;
  readonly target: string;
  readonly chunks: readonly Chunk[];
}

/** What lies in a target table before anything is loaded. */
export interface Before {
  readonly rows: number;
  readonly checksum: string | null;
  /** What the checksum was computed by; absent = there is none, or an earlier version did it. */
  readonly method?: string;
}

/** A table as the state holds it. */
export interface KeptTable extends Omit<PlannedWork, 'chunks'> {
  readonly state: 'waiting' | 'loading' | 'done' | 'failed';
  readonly message: string;
  readonly before: Before | null;
}

interface TableRow {
  readonly planned: string;
  readonly details: string;
  readonly source: string;
  readonly target: string;
  readonly state: KeptTable['state'];
  readonly message: string;
  readonly before: string | null;
}

/** What becomes of an error. */
export type ErrorDecision =
  | { readonly kind: 'again'; readonly waitMs: number }
  | { readonly kind: 'fail' };

/** Failures that another try would only repeat. */
const repeatable: ReadonlySet<TransferErrorCode> = new Set([
  'connector-missing',
  'link-option',
  'column-mismatch',
  'partition-column',
  'invalid-definition',
  'variable-missing',
  'dirty-limit',
  'proof-mismatch',
  'file-exists',
  'stopped',
  'internal',
]);

/** The run as a whole: its phase, its plan, its end. */
export class RunRecord {
  readonly #database: Connection;
  readonly #members: Members;
  readonly #me: string;
  readonly #nowMs: () => number;

  constructor(database: Connection, members: Members, me: string, nowMs: () => number) {
    this.#database = database;
    this.#members = members;
    this.#me = me;
    this.#nowMs = nowMs;
  }

  phase(): TransferPhase {
    return (this.#database.prepare('select phase from run').get() as { phase: TransferPhase })
      .phase;
  }

  grain(): 'chunk' | 'shard' {
    return (this.#database.prepare('select grain from run').get() as { grain: 'chunk' | 'shard' })
      .grain;
  }

  /** Takes the phase that is one worker's, unless a living one has it. */
  takePhase(phase: 'planning' | 'finishing' | 'proving'): boolean {
    return this.#transaction(() => {
      const row = this.#database.prepare('select phase, owner from run').get() as {
        phase: TransferPhase;
        owner: string | null;
      };
      if (row.phase !== phase) return false;
      if (row.owner !== null && row.owner !== this.#me && this.#members.isAlive(row.owner))
        return false;
      this.#database.prepare('update run set owner = ?').run(this.#me);
      return true;
    });
  }

  /** From loading to finishing, once nothing is left to load. @returns whether this worker does it. */
  beginFinishing(): boolean {
    return this.#transaction(() => {
      const { changes } = this.#database
        .prepare(
          `update run set phase = 'finishing', owner = @me, updated_at = @now
            where phase = 'loading' and not exists (
              select 1 from chunks c join tables t on t.idx = c.table_idx
               where c.state <> 'done' and t.state <> 'failed')`,
        )
        .run({ me: this.#me, now: this.#nowMs() });
      if (changes === 1) {
        this.#database
          .prepare(`update tables set state = 'done' where state in ('waiting', 'loading')`)
          .run();
      }
      return changes === 1;
    });
  }

  /** Keeps the plan in place of an earlier one that was not begun. */
  savePlan(
    tables: readonly PlannedWork[],
    facts: {
      readonly grain: 'chunk' | 'shard';
      readonly filesTotal: number | null;
      readonly bytesTotal: number | null;
    },
  ): void {
    this.#transaction(() => {
      this.#database.exec('delete from tables; delete from chunks; delete from quarantine;');
      const table = this.#database.prepare(
        `insert into tables (idx, planned, source, target, details, state) values (?, ?, ?, ?, ?, 'waiting')`,
      );
      const chunk = this.#database.prepare(
        `insert into chunks (table_idx, seq, shard, chunk, weight, state) values (?, ?, ?, ?, ?, 'waiting')`,
      );
      for (const work of tables) {
        const { index } = work.table;
        table.run(
          index,
          JSON.stringify(work.table),
          work.source,
          work.target,
          JSON.stringify(work.details),
        );
        for (const [seq, piece] of work.chunks.entries()) {
          const weight = piece.weight === null ? null : Math.round(piece.weight);
          chunk.run(index, seq, piece.shard, JSON.stringify(piece), weight);
        }
      }
      this.#database
        .prepare('update run set grain = @grain, files_total = @files, bytes_total = @bytes')
        .run({ grain: facts.grain, files: facts.filesTotal, bytes: facts.bytesTotal });
    });
  }

  /** What lay in the tables before; then loading begins. */
  beginLoading(before: ReadonlyMap<number, Before>, rowsDeleted: number): void {
    this.#transaction(() => {
      for (const [index, found] of before) {
        this.#database
          .prepare('update tables set before = ? where idx = ?')
          .run(JSON.stringify(found), index);
      }
      this.#database
        .prepare(`update run set phase = 'loading', owner = null, rows_deleted = ?, updated_at = ?`)
        .run(rowsDeleted, this.#nowMs());
      takeSample(this.#database, this.#nowMs(), true);
    });
  }

  tables(): readonly KeptTable[] {
    const rows = this.#database
      .prepare('select * from tables order by idx')
      .all() as readonly TableRow[];
    return rows.map((row) => ({
      table: JSON.parse(row.planned) as PlannedTable,
      details: JSON.parse(row.details) as TableDetails,
      source: row.source,
      target: row.target,
      state: row.state,
      message: row.message,
      before: row.before === null ? null : (JSON.parse(row.before) as Before),
    }));
  }

  /** All pieces of the run. */
  allChunks(): readonly Chunk[] {
    const rows = this.#database
      .prepare('select chunk from chunks order by table_idx, seq')
      .all() as readonly { chunk: string }[];
    return rows.map(({ chunk }) => JSON.parse(chunk) as Chunk);
  }

  /**
   * Moves to the next phase of the one worker that finishes.
   * @param files what finishing did to files; null = nothing.
   */
  proving(files: FinishedFiles | null = null): void {
    this.#transaction(() => {
      if (files !== null) {
        this.#database
          .prepare('update run set files_empty = @empty, files_left = @skipped')
          .run({ empty: files.empty, skipped: files.skipped });
      }
      this.#setPhase('proving');
    });
  }

  /** Keeps the comparison of source and target. */
  proved(proof: ProofReport): void {
    this.#database.prepare('update run set proof = ?').run(JSON.stringify(proof));
  }

  done(): void {
    this.#end('done', null);
  }

  /** The first failure is the run's. @returns the run's. */
  fail(failure: TransferFailure): TransferFailure {
    return this.#transaction(() => {
      const known = this.failure();
      if (known !== null) return known;
      this.#end('failed', failure);
      return failure;
    });
  }

  /** One table failed and the others go on. */
  failTable(table: number, message: string): void {
    this.#database
      .prepare(`update tables set state = 'failed', message = ? where idx = ? and state <> 'done'`)
      .run(message, table);
  }

  failure(): TransferFailure | null {
    const row = this.#database.prepare('select failure from run').get() as {
      failure: string | null;
    };
    return row.failure === null ? null : (JSON.parse(row.failure) as TransferFailure);
  }

  /** What the target holds for the run was removed. */
  abandoned(): void {
    this.#database.prepare('update run set abandoned = 1').run();
  }

  isAbandoned(): boolean {
    return (
      (this.#database.prepare('select abandoned from run').get() as { abandoned: number })
        .abandoned === 1
    );
  }

  /** Decides what becomes of an error, and counts it. `tries`: of the same thing in a row so far. */
  onError(
    error: { readonly code: TransferErrorCode; readonly transient: boolean },
    tries: number,
    policy: { readonly errorRetries: number; readonly retryDelaysMs: readonly number[] },
  ): ErrorDecision {
    return this.#transaction((): ErrorDecision => {
      const row = this.#database.prepare('select error_tries, transient_tries from run').get() as {
        error_tries: number;
        transient_tries: number;
      };
      const transientWait = transientRetryMs[tries];
      if (error.transient && transientWait !== undefined && row.transient_tries < maxTransient) {
        this.#database.prepare('update run set transient_tries = transient_tries + 1').run();
        return { kind: 'again', waitMs: transientWait };
      }
      if (repeatable.has(error.code) || row.error_tries >= policy.errorRetries)
        return { kind: 'fail' };
      this.#database.prepare('update run set error_tries = error_tries + 1').run();
      const waitMs = policy.retryDelaysMs[row.error_tries] ?? policy.retryDelaysMs.at(-1) ?? 0;
      return { kind: 'again', waitMs };
    });
  }

  #setPhase(phase: TransferPhase): void {
    this.#database.prepare('update run set phase = ?, updated_at = ?').run(phase, this.#nowMs());
  }

  #end(phase: 'done' | 'failed', failure: TransferFailure | null): void {
    this.#database
      .prepare(
        'update run set phase = @phase, owner = null, failure = @failure, ended_at = @now, updated_at = @now',
      )
      .run({
        phase,
        failure: failure === null ? null : JSON.stringify(failure),
        now: this.#nowMs(),
      });
    takeSample(this.#database, this.#nowMs(), true);
  }

  #transaction<T>(act: () => T): T {
    return this.#database.transaction(act).immediate();
  }
}
