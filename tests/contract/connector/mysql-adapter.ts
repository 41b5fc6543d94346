import { randomUUID } from 'node:crypto';
import { mysqlConnector } from '../../../src/connectors/mysql/connector.ts';
import type { Connector } from '../../../src/ports/connector.ts';
import { testMariadb } from '../../support/mariadb.ts';
import type { DatabaseAdapter } from './database-adapter.ts';

interface Value {
  readonly literal: string;
  readonly text: string | null;
}

const value = (literal: string, text: string | null = literal): Value => ({ literal, text });
const text = (plain: string): Value => ({
  literal: `'${plain.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
  text: plain,
});
const none = value('NULL', null);

/** The suite on MariaDB, once with LOAD DATA and once with INSERT. */
export function mariadbAdapter(loadData: boolean): DatabaseAdapter {
  return {
    name: `mysql, ${loadData ? 'LOAD DATA' : 'INSERT'}`,
    async open() {
      const server = await testMariadb();
      const name = `c_${randomUUID().slice(0, 8)}`;
      const link = { ...(await server.link(name)), loadData };
      const client = await server.connect(name);
      await client.query(`SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), time_zone = '+00:00'`);
      const run = async (sql: string): Promise<(string | null)[][]> => {
        const [rows] = await client.query({
          sql,
          rowsAsArray: true,
          typeCast: (field) => field.string(),
        });
        return Array.isArray(rows) ? (rows as unknown as (string | null)[][]) : [];
      };
      return {
        connector: mysqlConnector as Connector,
        link,
        run,
        badLinks: [
          { link: { ...link, database: 'nosuch' }, code: 'link-database-missing' },
          { link: { ...link, password: 'geheim' }, code: 'link-credentials' },
          { link: { ...link, port: 1 }, code: 'link-unreachable' },
          { link: { ...link, hosts: [] }, code: 'link-option' },
        ],
        columns: [
          {
            type: 'boolean',
            kind: 'bool',
            values: [value('true', 't'), value('false', 'f'), none],
          },
          { type: 'bit(1)', kind: 'bool', values: [value("b'1'", 't'), value("b'0'", 'f')] },
          { type: 'smallint', kind: 'int16', values: [value('-32768'), value('32767')] },
          { type: 'integer', kind: 'int32', values: [value('-2147483648'), none] },
          { type: 'bigint', kind: 'int64', values: [value('9223372036854775807')] },
          { type: 'bigint unsigned', kind: 'uint64', values: [value('18446744073709551615')] },
          {
            type: 'decimal(20,4)',
            kind: 'decimal',
            values: [value('1234567890123456.7890'), value('-0.0001'), value('0', '0.0000')],
          },
          { type: 'double', kind: 'float64', values: [value('0.1'), value('-1.5')] },
          { type: 'date', kind: 'date', values: [text('2026-01-31'), text('1969-12-31'), none] },
          { type: 'time(6)', kind: 'time', values: [text('23:59:59.123456'), text('00:00:00')] },
          {
            type: 'datetime(3)',
            kind: 'timestamp',
            values: [text('2026-01-31 23:59:59.12'), text('1900-01-01 00:00:00')],
          },
          { type: 'char(3)', kind: 'char', values: [text('a')] },
          {
            type: 'varchar(20)',
            kind: 'varchar',
            values: [text('tab\tand\\back'), text('line\nend\r'), text('\b\f\v\0'), text('')],
          },
          { type: 'longtext', kind: 'text', values: [text('Grüße 😀'), text('\\N'), none] },
          {
            type: 'longblob',
            kind: 'bytes',
            values: [value("x'00ff09'", '\\x00ff09'), value("''", '\\x')],
          },
          { type: 'uuid', kind: 'uuid', values: [text('00112233-4455-6677-8899-aabbccddeeff')] },
          { type: "enum('a','b c')", kind: 'other', values: [text('b c')] },
        ],
        longQuery:
          'SELECT a.seq AS a, REPEAT(b.seq, 10) AS t FROM seq_1_to_100000 AS a, seq_1_to_10000 AS b',
        async connections() {
          const rows = await run(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'longshore'",
          );
          return Number(rows[0]?.[0] ?? 0);
        },
        async close() {
          await client.end();
          await server.stop();
        },
      };
    },
  };
}
