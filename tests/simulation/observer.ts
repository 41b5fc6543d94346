import type { Database as Connection } from 'better-sqlite3';

/** A committed change of one row, as the triggers wrote it down. */
export interface Change {
  /** Table and what happened: `run+` inserted, `run~` changed, `run-` deleted. */
  readonly kind: string;
  readonly row: Readonly<Record<string, number | string | null>>;
}

/** Watched columns by table; the row's word in changes is the key. */
const watched = {
  template: ['templates', 'n id suspended deleted_at'],
  revision: ['template_revisions', 'template_n revision spec'],
  run: [
    'runs',
    'n id template_n revision trigger by idempotency_key state hold stop_cause replicas active succeeded failed created_at not_before scheduled_at deleted_at spec',
  ],
  instance: ['instances', 'run_n idx state attempt'],
  attempt: ['attempts', 'run_n idx number state fence started_at message'],
  firing: ['firings', 'template_n nominal_at until_at count outcome run_id rule'],
  schedule: ['schedules', 'template_n definition since_at next_at last_at paused delay_ms note'],
  server: ['servers', 'fence host lease_until ended_at'],
} as const satisfies Record<string, readonly [string, string]>;

/**
 * Hears of every change of a row by triggers of its own, inside the transaction that makes it:
 * it sees each step of the database, however short, and asks no code of the store.
 */
export class Observer {
  readonly #read;
  readonly #clear;

  constructor(db: Connection) {
    db.exec('create temp table changes (n integer primary key, kind text, row text)');
    for (const [word, [table, columns]] of Object.entries(watched)) {
      for (const [sign, event, alias] of [
        ['+', 'insert', 'new'],
        ['~', 'update', 'new'],
        ['-', 'delete', 'old'],
      ] as const) {
        const pairs = columns
          .split(' ')
          .map((column) => `'${column}', ${alias}."${column}"`)
          .join(', ');
        db.exec(
          `create temp trigger ${word}_${event} after ${event} on main.${table} begin
             insert into changes (kind, row) values ('${word}${sign}', json_object(${pairs})); end`,
        );
      }
    }
    this.#read = db.prepare('select kind, row from temp.changes order by n');
    this.#clear = db.prepare('delete from temp.changes');
  }

  /** Everything committed since the last call, in order. */
  take(): readonly Change[] {
    const rows = this.#read.all() as { kind: string; row: string }[];
    if (rows.length === 0) return [];
    this.#clear.run();
    return rows.map(({ kind, row }) => ({ kind, row: JSON.parse(row) as Change['row'] }));
  }
}
