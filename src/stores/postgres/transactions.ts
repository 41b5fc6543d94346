import type pg from 'pg';
import { DomainError } from '../../domain/errors.ts';
import {
  ConnectionLostError,
  isConflict,
  isConnectionError,
  isSessionLost,
  toCallerError,
  UnknownOutcomeError,
} from './errors.ts';
import { storableText } from './json-rows.ts';

/** Tries of a transaction that another one got in the way of. */
const MAX_TRIES = 10;
/** Tries of a transaction whose connection was lost before the commit: the pooled one may be an old one. */
const MAX_CONNECTIONS_TRIED = 3;
/** Longest wait before the n-th try is n times this; random, so that two do not meet again. */
const CONFLICT_BACKOFF_MS = 20;
/** Most transactions waiting for a connection; beyond it the store says it is overloaded. */
const MAX_WAITING = 10_000;

/** A statement that each connection parses and plans once. Texts are constants: values are always bound. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Names a statement; the name is unique in the store. */
export function statement(name: string, text: string): Statement {
  return { name, text };
}

/** A value that a statement binds. */
export type Bound = string | number | null | Uint8Array | readonly string[] | readonly number[];

/** Anything that runs statements: a transaction, or single reads. */
export interface Queries {
  /** @throws ConnectionLostError, or the server's own error. */
  rows<R extends pg.QueryResultRow>(statement: Statement, values?: readonly Bound[]): Promise<R[]>;
}

/** An open transaction. */
export interface Transaction extends Queries {
  /** Set when the transaction made something claimable: other servers are then woken by its commit. */
  wake: boolean;
}

type Runner = Pick<pg.PoolClient, 'query'>;

/** Transactions at READ COMMITTED: every statement sees what was committed before it began. */
export class Transactions {
  readonly #beforeCommit: (tx: Transaction) => Promise<void>;

  /** `beforeCommit` runs as the last statement of each transaction that set `wake`. */
  constructor(beforeCommit: (tx: Transaction) => Promise<void>) {
    this.#beforeCommit = beforeCommit;
  }

  /**
   * Runs `work` in a transaction and resolves once it is committed and synced. `work` runs again
   * after a conflict, so it has no effects outside the transaction.
   * @throws DomainError as `work` throws it, or `unavailable` when the database cannot do it now;
   *   UnknownOutcomeError when the connection was lost during the commit.
   */
  async run<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let tries = 1, connections = 1; ;) {
      try {
        return await this.#once(pool, work);
      } catch (error) {
        if (isConflict(error) && tries < MAX_TRIES) {
          await pause(Math.random() * CONFLICT_BACKOFF_MS * tries);
          tries += 1;
        } else if (error instanceof ConnectionLostError && connections < MAX_CONNECTIONS_TRIED) {
          connections += 1;
        } else {
          throw toCallerError(error);
        }
      }
    }
  }

  async #once<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await connect(pool);
    let usable = false;
    try {
      const tx: Transaction = {
        wake: false,
        rows: (query, values) => rowsOf(client, query, values),
      };
      await control(client, 'begin');
      const value = await work(tx);
      if (tx.wake) await this.#beforeCommit(tx);
      await commit(client);
      usable = true;
      return value;
    } catch (error) {
      if (!(error instanceof ConnectionLostError) && !(error instanceof UnknownOutcomeError)) {
        usable = await rolledBack(client);
      }
      throw error;
    } finally {
      // A connection in doubt is closed; the pool makes another one when it is needed.
      client.release(!usable);
    }
  }
}

/** Single statements outside a transaction, for reads. */
export function reading(pool: pg.Pool): Queries {
  return {
    rows: async (query, values) => {
      for (let connections = 1; ; connections += 1) {
        try {
          return await rowsOf(bounded(pool), query, values);
        } catch (error) {
          const again =
            error instanceof ConnectionLostError &&
            connections < MAX_CONNECTIONS_TRIED &&
            !pool.ending;
          if (!again) throw toCallerError(error);
        }
      }
    },
  };
}

/** A read made of several statements by the query builder. @throws DomainError `unavailable`. */
export async function guardedRead<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw toCallerError(isConnectionError(error) ? new ConnectionLostError(error) : error);
  }
}

async function rowsOf<R extends pg.QueryResultRow>(
  runner: Runner,
  { name, text }: Statement,
  values: readonly Bound[] = [],
): Promise<R[]> {
  try {
    const result = await runner.query<R>({ name, text, values: values.map(storableValue) });
    return result.rows;
  } catch (error) {
    throw isSessionLost(error) ? new ConnectionLostError(error) : error;
  }
}

function storableValue(value: Bound): unknown {
  return typeof value === 'string' ? storableText(value) : value;
}

async function control(client: Runner, text: 'begin' | 'rollback'): Promise<void> {
  try {
    await client.query(text);
  } catch (error) {
    throw isSessionLost(error) ? new ConnectionLostError(error) : error;
  }
}

async function commit(client: Runner): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('commit'));
  } catch (error) {
    throw isSessionLost(error) ? new UnknownOutcomeError(error) : error;
  }
  if (command !== 'COMMIT') {
    throw new Error('PostgreSQL rolled the transaction back instead of committing it');
  }
}

async function rolledBack(client: Runner): Promise<boolean> {
  try {
    await control(client, 'rollback');
    return true;
  } catch {
    return false;
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await bounded(pool).connect();
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new ConnectionLostError(error);
  }
}

/** @throws DomainError `unavailable` when too many wait for a connection already. */
function bounded(pool: pg.Pool): pg.Pool {
  if (pool.waitingCount < MAX_WAITING) return pool;
  throw new DomainError(
    'unavailable',
    `${MAX_WAITING} calls wait for a database connection already; try again later`,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
