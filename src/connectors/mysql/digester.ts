/** Counts where the data lies. */
import type { TableName } from '../../domain/transfer/columns.ts';
import type { Digester } from '../../ports/connector.ts';
import type { TextRows } from '../sql/database.ts';

/** Digests of a database that only counts. */
export function createDigester(
  query: (sql: string) => Promise<TextRows>,
  item: (table: TableName) => string,
  _quote: (name: string) => string,
): Digester {
  return {
    methods: () => ['count'],
    async digest({ table, where }) {
      const [row] = await query(
        `SELECT COUNT(*) FROM ${item(table)}${where === null ? '' : ` WHERE ${where}`}`,
      );
      return { rows: Number(row?.[0] ?? 0), checksum: null };
    },
  };
}
