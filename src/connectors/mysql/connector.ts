import type { Connector } from '../../ports/connector.ts';
import { sqlSource } from '../sql/sql-source.ts';
import { sqlTarget } from '../sql/sql-target.ts';
import { openDatabase } from './database.ts';
import { openSession } from './session.ts';

/** MySQL and MariaDB. */
export const mysqlConnector: Connector<'mysql'> = {
  kind: 'mysql',
  async test(options, signal) {
    const session = await openSession(options, signal);
    try {
      await session.query('SELECT 1');
    } finally {
      await session.close();
    }
  },
  async source(options, from, signal) {
    return sqlSource(await openDatabase(options, signal), from);
  },
  async target(options, to, _name, signal) {
    return sqlTarget(await openDatabase(options, signal), to);
  },
  async tables(options, schema, limit, signal) {
    const database = await openDatabase(options, signal);
    try {
      return await database.tables(schema, limit);
    } finally {
      await database.close();
    }
  },
  async columns(options, table, signal) {
    const database = await openDatabase(options, signal);
    try {
      return (await database.facts(table))?.columns ?? null;
    } finally {
      await database.close();
    }
  },
};
