import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { postgresConnector } from '../../../src/connectors/postgres/connector.ts';
import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import type { Connector } from '../../../src/ports/connector.ts';
import { testPostgres } from '../../support/postgres.ts';
import type { DatabaseAdapter } from './database-adapter.ts';

type PostgresLink = Extract<LinkOptions, { kind: 'postgres' }>;

/** A link to a database of the tests' own server. */
export function postgresLink(url: string): PostgresLink {
  const { pathname, searchParams } = new URL(url.replace('postgresql:///', 'postgresql://x/'));
  return {
    kind: 'postgres',
    hosts: [searchParams.get('host') ?? ''],
    port: 5432,
    database: pathname.slice(1),
    user: 'postgres',
    password: '',
    tls: 'prefer',
    connectTimeoutMs: 5_000,
    socketTimeoutMs: 0,
    fetchRows: 1_000,
    commitRows: 10_000,
    batchRows: 100,
    identifierQuote: null,
    defaultSchema: '',
  };
}

const value = (
  literal: string,
  text: string | null = literal,
): { literal: string; text: string | null } => ({
  literal,
  text,
});
const text = (plain: string): { literal: string; text: string } => ({
  literal: `'${plain.replaceAll("'", "''")}'`,
  text: plain,
});
const none = value('NULL', null);

export const adapter: DatabaseAdapter = {
  name: 'postgres',
  async open() {
    const server = await testPostgres();
    const name = `c_${randomUUID().slice(0, 8)}`;
    const url = await server.database(name);
    const link = postgresLink(url);
    const client = new pg.Client({
      connectionString: url,
      types: { getTypeParser: () => (raw: unknown) => raw },
    });
    await client.connect();
    const run = async (sql: string): Promise<(string | null)[][]> => {
      const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' });
      return rows ?? [];
    };
    const context = { databaseRoot: null, shares: {}, refuses: () => null, nowMs: Date.now };
    return {
      connector: postgresConnector(context) as Connector,
      link,
      run,
      badLinks: [
        { link: { ...link, database: 'nosuch' }, code: 'link-database-missing' },
        { link: { ...link, user: 'nobody', password: 'geheim' }, code: 'link-credentials' },
        { link: { ...link, hosts: ['127.0.0.1'], port: 1 }, code: 'link-unreachable' },
        { link: { ...link, hosts: [] }, code: 'link-option' },
      ],
      columns: [
        { type: 'boolean', kind: 'bool', values: [value('true', 't'), value('false', 'f'), none] },
        { type: 'smallint', kind: 'int16', values: [value('-32768'), value('32767')] },
        { type: 'integer', kind: 'int32', values: [value('-2147483648'), none] },
        {
          type: 'bigint',
          kind: 'int64',
          values: [value('9223372036854775807'), value('-9223372036854775808')],
        },
        {
          type: 'numeric(20,4)',
          kind: 'decimal',
          values: [value('1234567890123456.7890'), value('-0.0001'), value('0', '0.0000')],
        },
        {
          type: 'numeric',
          kind: 'decimal',
          values: [value('1e30', `1${'0'.repeat(30)}`), value('0.00000001'), value("'NaN'", 'NaN')],
        },
        { type: 'real', kind: 'float32', values: [value('1.5'), value('0.1')] },
        {
          type: 'double precision',
          kind: 'float64',
          values: [value('0.1'), value("'-Infinity'", '-Infinity'), value("'NaN'", 'NaN')],
        },
        { type: 'date', kind: 'date', values: [text('2026-01-31'), text('1969-12-31'), none] },
        { type: 'time', kind: 'time', values: [text('23:59:59.123456'), text('00:00:00')] },
        {
          type: 'timestamp(3)',
          kind: 'timestamp',
          values: [text('2026-01-31 23:59:59.12'), text('1900-01-01 00:00:00')],
        },
        {
          type: 'timestamptz',
          kind: 'timestamptz',
          values: [value("'2026-01-31 01:00:00.5+02'", '2026-01-30 23:00:00.5+00'), none],
        },
        { type: 'char(3)', kind: 'char', values: [value("'a'", 'a  ')] },
        {
          type: 'varchar(20)',
          kind: 'varchar',
          values: [text('tab\tand\\back'), text('line\nend\r'), text('\b\f\v'), text('')],
        },
        { type: 'text', kind: 'text', values: [text('Grüße 😀'), text('\\N'), text('\\.'), none] },
        {
          type: 'bytea',
          kind: 'bytes',
          values: [value("'\\x00ff09'", '\\x00ff09'), value("''", '\\x')],
        },
        { type: 'jsonb', kind: 'json', values: [text('{"a": [1, null, "x\\ny"]}')] },
        { type: 'uuid', kind: 'uuid', values: [text('00112233-4455-6677-8899-aabbccddeeff')] },
        { type: 'integer[]', kind: 'other', values: [text('{1,NULL,3}')] },
        { type: 'interval', kind: 'other', values: [value("'1 day 02:03:04'", '1 day 02:03:04')] },
      ],
      longQuery:
        'SELECT a, repeat(b::text, 10) AS t FROM generate_series(1, 100000) a, generate_series(1, 10000) b',
      async connections() {
        const rows = await run(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'longshore' AND datname = current_database()",
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
