import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createSqliteConnector } from '../../../src/connectors/sqlite/connector.ts';
import type { Connector } from '../../../src/ports/connector.ts';
import type { DatabaseAdapter } from './database-adapter.ts';

interface Value {
  readonly literal: string;
  readonly text: string | null;
}

const value = (literal: string, text: string | null = literal): Value => ({ literal, text });
const text = (plain: string): Value => ({
  literal: `'${plain.replaceAll("'", "''")}'`,
  text: plain,
});
const none = value('NULL', null);

export const adapter: DatabaseAdapter = {
  name: 'sqlite',
  async open() {
    const root = await mkdtemp(join(tmpdir(), 'longshore-sqlite-'));
    const link = { kind: 'sqlite', file: 'a.db', batchRows: 100, commitRows: 10_000 } as const;
    const database = new Sqlite(join(root, link.file), { timeout: 20_000 });
    database.defaultSafeIntegers(true);
    const run = async (sql: string): Promise<(string | null)[][]> => {
      const statement = database.prepare(sql);
      if (!statement.reader) {
        statement.run();
        return [];
      }
      const rows = statement.raw(true).all() as (bigint | number | string | null)[][];
      return rows.map((row) => row.map((one) => (one === null ? null : String(one))));
    };
    return {
      connector: createSqliteConnector({ databaseRoot: root }) as Connector,
      link,
      run,
      badLinks: [
        { link: { ...link, file: '../a.db' }, code: 'link-option' },
        { link: { ...link, file: 'nowhere/a.db' }, code: 'link-unreachable' },
      ],
      columns: [
        { type: 'boolean', kind: 'bool', values: [value('1', 't'), value('0', 'f'), none] },
        { type: 'bigint', kind: 'int64', values: [value('9223372036854775807'), none] },
        { type: 'decimal(10,2)', kind: 'decimal', values: [value('12.5'), value('-3')] },
        { type: 'double', kind: 'float64', values: [value('0.1'), value('-1.5')] },
        { type: 'date', kind: 'date', values: [text('2026-01-31'), none] },
        { type: 'datetime', kind: 'timestamp', values: [text('2026-01-31 23:59:59.12')] },
        { type: 'time', kind: 'time', values: [text('23:59:59')] },
        {
          type: 'varchar(20)',
          kind: 'varchar',
          values: [text('tab\tand\\back'), text('line\nend\r'), text('\b\f\v'), text('')],
        },
        { type: 'text', kind: 'text', values: [text('Grüße 😀'), text('\\N'), none] },
        {
          type: 'blob',
          kind: 'bytes',
          values: [value("x'00ff09'", '\\x00ff09'), value("x''", '\\x')],
        },
      ],
      longQuery:
        'WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n LIMIT 100000000) SELECT a, hex(randomblob(20)) AS t FROM n',
      // Every integer has 64 bits.
      overflow: '9223372036854775808',
      connections: async () => null,
      async close() {
        database.close();
        await rm(root, { recursive: true, force: true });
      },
    };
  },
};
