import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { LinkOptions } from '../../domain/transfer/link.ts';
import type { TransferSource, TransferTarget } from '../../domain/transfer/definition.ts';
import type { Connector, ConnectorContext, RowSource, RowTarget } from '../../ports/connector.ts';
import { sqlSource } from '../sql/sql-source.ts';
import { sqlTarget } from '../sql/sql-target.ts';
import { PostgresDatabase } from './database.ts';

type Options = Extract<LinkOptions, { kind: 'postgres' }>;

/** PostgreSQL and what speaks like it: rows move by COPY, both ways. */
export function postgresConnector(context: ConnectorContext): Connector<'postgres'> {
  const open = (options: Options): PostgresDatabase => new PostgresDatabase(options, context);

  /** Lends a database for one question. */
  async function ask<T>(
    options: Options,
    signal: AbortSignal,
    question: (database: PostgresDatabase) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const database = open(options);
    const abort = (): void => void database.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await question(database);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      await database.close();
    }
  }

  return {
    kind: 'postgres',
    test: (options, signal) =>
      ask(options, signal, async (database) => void (await database.query('SELECT 1'))),
    async source(options: Options, from: TransferSource): Promise<RowSource> {
      return sqlSource(open(options), from);
    },
    async target(options: Options, to: TransferTarget): Promise<RowTarget> {
      return sqlTarget(open(options), to);
    },
    tables: (options, schema, limit, signal): Promise<readonly TableName[]> =>
      ask(options, signal, (database) => database.tables(schema, limit)),
    columns: (options, table, signal): Promise<readonly Column[] | null> =>
      ask(options, signal, async (database) => (await database.facts(table))?.columns ?? null),
  };
}
