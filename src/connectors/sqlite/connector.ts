import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import { sqlSource } from '../sql/sql-source.ts';
import { sqlTarget } from '../sql/sql-target.ts';
import { openFile, SqliteDatabase } from './database.ts';
import { databaseFile } from './file.ts';

/** SQLite files below the operator's folder. */
export function createSqliteConnector({
  databaseRoot,
}: Pick<ConnectorContext, 'databaseRoot'>): Connector<'sqlite'> {
  const open = (file: string, mustExist: boolean): SqliteDatabase =>
    new SqliteDatabase(databaseFile(databaseRoot, file), mustExist);
  return {
    kind: 'sqlite',
    async test({ file }) {
      // A file that is not there yet can be a target.
      openFile(databaseFile(databaseRoot, file), false).close();
    },
    async source({ file }, from) {
      return sqlSource(open(file, true), from);
    },
    async target({ file }, to) {
      return sqlTarget(open(file, false), to);
    },
    async tables({ file }, schema, limit) {
      const database = open(file, true);
      try {
        return await database.tables(schema, limit);
      } finally {
        await database.close();
      }
    },
    async columns({ file }, table) {
      const database = open(file, true);
      try {
        return (await database.facts(table))?.columns ?? null;
      } finally {
        await database.close();
      }
    },
  };
}
