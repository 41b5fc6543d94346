import type { TableName } from '../../domain/transfer/columns.ts';
import type { Digester } from '../../ports/connector.ts';
import type { TextRows } from './database.ts';

/** The digester of a database that has no checksum in common with others: rows are counted. */
export function countDigester(
  query: (sql: string) => Promise<TextRows>,
  item: (table: TableName) => string,
): Digester {
  return {
    methods: () => ['count'],
    async digest({ table, where }) {
      const filter = where === null ? '' : ` WHERE ${where}`;
      const [row] = await query(`SELECT COUNT(*) FROM ${item(table)}${filter}`);
      return { rows: Number(row?.[0] ?? 0), checksum: null };
    },
  };
}
