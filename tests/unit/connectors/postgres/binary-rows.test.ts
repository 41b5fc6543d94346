/** Rows that are made binary here, against what PostgreSQL makes of their texts. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { BinaryRows } from '../../../../src/connectors/postgres/binary-rows.ts';
import { columnType } from '../../../../src/connectors/postgres/types.ts';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import { decodeRow, rowOffsets } from '../../../../src/lib/rows/pg-binary.ts';
import { encodeRows } from '../../../../src/lib/rows/text.ts';
import { ChunkRefused } from '../../../../src/ports/connector.ts';
import type { DatabaseUnderTest } from '../../../contract/connector/database-adapter.ts';
import {
  batchOf,
  loaderFor,
  planFor,
  readTable,
  type Row,
  sorted,
  tableTarget,
  untyped,
  withTarget,
} from '../../../contract/connector/database-jobs.ts';
import { missingPostgres } from '../../../support/postgres.ts';

const digits = (most: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.boolean(), fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`)))
    .map(([negative, text]) => `${negative ? '-' : ''}${text}`);
const int = (bits: bigint): fc.Arbitrary<string> => {
  const most = 2n ** (bits - 1n) - 1n;
  return fc.oneof(
    fc.bigInt({ min: -most - 1n, max: most }).map(String),
    fc.constantFrom('0', '-0', '-1', '007', String(most), String(-most)),
  );
};
const pad = (value: number, width: number): string => String(value).padStart(width, '0');
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,6}$/));
const day = fc
  .date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString().slice(0, 10));
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fraction)
  .map(([h, m, s, rest]) => `${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}${rest}`);
const timestamp = fc.tuple(day, clock).map(([date, time]) => `${date} ${time}`);
// NUL is no text to PostgreSQL.
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((value) => value.replaceAll('\0', ''));
const json = fc.json({ maxDepth: 2 }).filter((value) => !value.includes('\\u0000'));

/** Texts of each type that are common enough to be made binary here. */
const types: Readonly<Record<string, fc.Arbitrary<string>>> = {
  smallint: int(16n),
  integer: int(32n),
  bigint: fc.oneof(int(64n), digits(19)).filter((value) => {
    const whole = BigInt(value);
    return whole < 9_223_372_036_000_000_000n && whole > -9_223_372_036_000_000_000n;
  }),
  numeric: fc
    .tuple(digits(30), fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,20}$/)))
    .map(([whole, rest]) => whole + rest),
  'numeric(12,3)': fc
    .tuple(digits(8), fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,5}$/)))
    .map(([whole, rest]) => whole + rest),
  'double precision': fc.oneof(
    fc.double().map((value) => (Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e'))),
    fc.constantFrom('NaN', 'Infinity', '-Infinity', '1.50', '0.1'),
  ),
  boolean: fc.constantFrom('t', 'f'),
  date: day,
  'time without time zone': clock,
  'timestamp without time zone': timestamp,
  'timestamp(3) without time zone': timestamp,
  'timestamp with time zone': timestamp.map((value) => `${value}+00`),
  uuid: fc.uuid(),
  bytea: fc
    .uint8Array({ maxLength: 20 })
    .map((value) => `\\x${Buffer.from(value).toString('hex')}`),
  jsonb: json,
  json,
  text,
  'character varying(60)': text.map((value) => [...value].slice(0, 60).join('')),
  'character(80)': text.map((value) => [...value].slice(0, 80).join('')),
};
const names = Object.keys(types);

function columnsOf(nativeTypes: readonly string[]): readonly Column[] {
  return nativeTypes.map((nativeType, place) => ({
    name: `c${place}`,
    type: columnType(nativeType),
    nullable: true,
    nativeType,
    comment: '',
    keyPosition: 0,
  }));
}

function encoder(...nativeTypes: readonly string[]): BinaryRows {
  return BinaryRows.of(columnsOf(nativeTypes)) ?? assert.fail('nothing to make them binary with');
}

function encoded(nativeType: string, value: string): Buffer | null {
  return encoder(nativeType).encode(encodeRows([[value]]))?.bytes ?? null;
}

describe('rows made binary', () => {
  test('hold the values of their texts', () => {
    for (const [nativeType, value] of [
      ['bigint', '9223372035999999999'],
      ['bigint', '-1000000000000000001'],
      ['integer', '-2147483648'],
      ['numeric', '-12345678901234567890.00010'],
      ['numeric', '0.000000001'],
      ['timestamp without time zone', '0001-01-01 00:00:00'],
      ['timestamp without time zone', '1999-12-31 23:59:59.999999'],
      ['timestamp without time zone', '9999-12-31 23:59:59.5'],
      ['date', '2000-02-29'],
      ['date', '1900-03-01'],
      ['time without time zone', '23:59:59.000001'],
      ['text', 'a\tb\\c\nd\re'],
      ['bytea', '\\x00ff7e'],
    ] as const) {
      const bytes = encoded(nativeType, value) ?? assert.fail(`${nativeType} ${value}`);
      assert.deepEqual(decodeRow(bytes, 0, bytes.length, [nativeType]), [value]);
    }
  });

  test('are not made where only the server knows what a text means', () => {
    for (const [nativeType, values] of Object.entries({
      smallint: ['32768', '-32769', '', ' 1', '1 ', '+1', '1.0', '1e2', '0x1', '１'],
      integer: ['2147483648', '-2147483649', '-', '--1', '99999999999999999999'],
      bigint: ['9223372036854775808', '-9223372036854775808', '10000000000000000000', '1_000'],
      numeric: ['', '.', '.5', '5.', '1e5', 'NaN', 'Infinity', '-', '1.2.3', '+1', '1,5'],
      'double precision': ['', '1e400', '-1e400', '1e-400', 'nan', 'inf', '0x1p3', ' 1', '.5'],
      boolean: ['', 'true', 'T', '1', 'yes', 'tt'],
      date: ['2026-02-29', '2026-00-01', '2026-13-01', '2026-04-31', '0000-01-01', 'infinity'],
      'time without time zone': [
        '24:00:00',
        '23:60:00',
        '23:59:60',
        '1:00:00',
        '10:00:00.',
        '10:00',
      ],
      'timestamp without time zone': [
        '2026-01-01',
        '2026-01-01T00:00:00',
        '2026-01-01 00:00:00.1234567',
        '2026-01-01 00:00:00+00',
        '10000-01-01 00:00:00',
        '-infinity',
      ],
      'timestamp with time zone': ['2026-01-01 00:00:00', '2026-01-01 00:00:00+01', 'now'],
      uuid: ['', '00000000000000000000000000000000', '0b5c3a8e-0000-0000-0000-00000000000G'],
      bytea: ['', 'abc', '\\x0', '\\xzz', '\\xAB'],
    })) {
      for (const value of values) {
        assert.equal(encoded(nativeType, value), null, `${nativeType} ${JSON.stringify(value)}`);
      }
    }
    // Escapes that rows of this format do not have, and rows that do not fit the table.
    for (const rows of ['\\b\n', 'a\\.\n', '\\\n', 'a\tb\n', 'a', '']) {
      assert.equal(encoder('text').encode(Buffer.from(rows)), null, JSON.stringify(rows));
    }
    for (const other of ['real', 'xml', 'inet', 'interval', 'integer[]', 'mood', '"char"']) {
      assert.equal(BinaryRows.of(columnsOf(['integer', other])), null, other);
    }
  });

  test('that grow to six times their texts have room', () => {
    const row = Array.from({ length: 10 }, () => '7');
    const native = row.map(() => 'bigint');
    const rows = Array.from({ length: 2_000 }, () => row);
    const made = encoder(...native).encode(encodeRows(rows));
    assert.equal(made?.rows, 2_000);
    assert.equal(made.bytes.length, 2_000 * (2 + 10 * 12));
    assert.deepEqual(decodeRow(made.bytes, 1_999 * 122, made.bytes.length, native), row);
  });

  test('whatever stands in rows, nothing is thrown and no row is made up', () => {
    const pieces = ['\t', '\n', '\\', 'N', '1', '-', '.', ':', ' ', '9', 'a', '\\N', 't', 'é'];
    const bytes = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.subarray(names, { minLength: 1 }), (rows, some) => {
        const made = encoder(...some).encode(Buffer.from(rows));
        if (made === null) return;
        assert.equal(made.rows, rows.split('\n').length - 1);
        assert.equal(rowOffsets(made.bytes).length - 1, made.rows);
      }),
      { numRuns: 2_000 },
    );
  });
});

const skip = missingPostgres() ?? false;

describe('rows made binary, in PostgreSQL', { skip }, () => {
  let opened: DatabaseUnderTest | null = null;
  before(async () => {
    const { adapter } = await import('../../../contract/connector/postgres-adapter.ts');
    opened = await adapter.open();
  });
  after(() => opened?.close());

  async function loaded(table: string, batches: readonly (readonly Row[])[], inOneGo: boolean) {
    const database = opened ?? assert.fail('the database is not open');
    const columns = names.map((_, place) => `c${place}`);
    await withTarget(database, tableTarget(table), async (target) => {
      const plan = await planFor(target, untyped(...columns.slice(0, batches[0]?.[0]?.length)));
      const loader = await loaderFor(target, plan, { inOneGo });
      for (const rows of batches) await loader.write(batchOf(rows));
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
    });
    return sorted(await readTable(database, table));
  }

  test('are what their texts are', async () => {
    const { run } = opened ?? assert.fail('the database is not open');
    const columns = names.map((name, place) => `c${place} ${name}`).join(', ');
    const values = fc.tuple(...names.map((name) => fc.option(types[name] ?? fc.constant(''))));
    const rows = fc.sample(values, 3_000);
    assert.equal(encoder(...names).encode(encodeRows(rows))?.rows, rows.length);
    for (const table of ['as_text', 'as_binary']) await run(`CREATE TABLE ${table} (${columns})`);
    const halves = [rows.slice(0, 1_500), rows.slice(1_500)];
    assert.deepEqual(
      await loaded('as_binary', halves, true),
      await loaded('as_text', halves, false),
    );
  });

  test('go on as texts behind one that only the server understands', async () => {
    const { run } = opened ?? assert.fail('the database is not open');
    await run('CREATE TABLE mixed (c0 integer, c1 timestamp)');
    const rows = await loaded(
      'mixed',
      [[['1', '2026-01-01 00:00:00']], [[' 2', 'infinity']], [['3', '2026-01-01 00:00:00']]],
      true,
    );
    assert.deepEqual(rows, [
      ['1', '2026-01-01 00:00:00'],
      ['2', 'infinity'],
      ['3', '2026-01-01 00:00:00'],
    ]);
  });

  test('that a server does not read are written anew as texts, all by themselves', async () => {
    const { run } = opened ?? assert.fail('the database is not open');
    // As databases that only resemble PostgreSQL answer.
    await run(`CREATE FUNCTION no_binary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF current_query() LIKE '%FORMAT binary%' THEN
        RAISE EXCEPTION 'COPY BINARY is not supported' USING ERRCODE = 'feature_not_supported';
      END IF;
      RETURN NEW; END $$`);
    await run('CREATE TABLE resembling (c0 integer, c1 text)');
    await run(
      'CREATE TRIGGER refuse BEFORE INSERT ON resembling FOR EACH ROW EXECUTE FUNCTION no_binary()',
    );
    const rows = [
      ['1', 'one'],
      ['2', 'two'],
    ];
    // The chunk is refused, not the row; a loader that answers for each batch sends texts.
    await assert.rejects(loaded('resembling', [rows], true), ChunkRefused);
    assert.deepEqual(await loaded('resembling', [rows], false), rows);
  });

  test('that the table refuses are refused as texts are', async () => {
    const { run } = opened ?? assert.fail('the database is not open');
    await run('CREATE TABLE narrow (c0 varchar(3), c1 numeric(4,2) CHECK (c1 > 0))');
    for (const row of [
      ['four', '1'],
      ['abc', '100'],
      ['abc', '-1'],
      [' \0', '1'],
    ] as const) {
      await assert.rejects(loaded('narrow', [[row]], true), ChunkRefused, row.join());
    }
    assert.deepEqual(await loaded('narrow', [[['abc', '1.234']]], true), [['abc', '1.23']]);
  });
});
