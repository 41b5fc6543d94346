import type { TableName } from '../../../domain/transfer/columns.ts';
import type { Digester } from '../../../ports/connector.ts';

/**
 * Has the target do while rows still come what it puts off to their first reader, so that the
 * proof does not wait for it. Nothing depends on it: what fails is left to the proof.
 */
export class Settling {
  readonly #settle: NonNullable<Digester['settle']> | null;
  readonly #signal: AbortSignal;
  /** Tables with rows that were committed since they were settled, by name. */
  readonly #due = new Map<string, TableName>();
  #running: Promise<void> = Promise.resolve();
  #idle = true;

  /** @param digester null = there will be no proof. */
  constructor(digester: Digester | null, signal: AbortSignal) {
    this.#settle = digester?.settle?.bind(digester) ?? null;
    this.#signal = signal;
  }

  /** Rows of the table were committed, or (the first time) will be from now on. */
  due(table: TableName): void {
    if (this.#settle === null || this.#signal.aborted) return;
    this.#due.set(JSON.stringify([table.schema, table.name]), table);
    if (!this.#idle) return;
    this.#idle = false;
    this.#running = this.#run(this.#settle);
  }

  /** Nothing is under way any more; what is due stays undone. */
  async end(): Promise<void> {
    this.#due.clear();
    await this.#running;
  }

  async #run(settle: NonNullable<Digester['settle']>): Promise<void> {
    for (const [name, table] of this.#due) {
      this.#due.delete(name);
      await settle(table, this.#signal).catch(() => undefined);
    }
    this.#idle = true;
  }
}
