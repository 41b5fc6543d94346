import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { FileEntry } from '../../../../src/connectors/files/entries.ts';
import { parquetReader } from '../../../../src/connectors/files/formats/parquet-reader.ts';
import { writableParquet } from '../../../../src/connectors/files/formats/parquet-writer.ts';
import type { Column, ColumnType } from '../../../../src/domain/transfer/columns.ts';
import type { ParquetFormat } from '../../../../src/domain/transfer/definition.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../../../src/lib/rows/text.ts';

type Rows = readonly (readonly (string | null)[])[];

const snappy: ParquetFormat = { kind: 'parquet', compression: 'snappy' };

function column(name: string, type: ColumnType): Column {
  return { name, type, nullable: true, nativeType: '', comment: '', keyPosition: 0 };
}

/** A whole file; rows are given in as many batches as asked. */
async function written(
  columns: readonly Column[],
  rows: Rows,
  format: ParquetFormat = snappy,
  batches = 1,
): Promise<Buffer> {
  const table = { columns, nulls: '', bytesEncoding: 'utf-8' };
  const writer = writableParquet(format, table).writer({ kind: 'text' });
  const pieces: Uint8Array[] = [writer.begin()];
  const each = Math.max(1, Math.ceil(rows.length / batches));
  for (let at = 0; at < rows.length; at += each) {
    const some = rows.slice(at, at + each);
    pieces.push(await writer.rows({ bytes: encodeRows(some), rows: some.length }));
  }
  pieces.push(await writer.end());
  return Buffer.concat(pieces);
}

function entryOf(file: Buffer, range = true): FileEntry {
  return {
    shown: 'in/a.parquet',
    name: 'a.parquet',
    bytes: range ? file.length : null,
    content: async function* () {
      yield file;
    },
    range: range ? (start, end) => Promise.resolve(file.subarray(start, end)) : null,
  };
}

async function read(
  entry: FileEntry,
  {
    selected = null as readonly string[] | null,
    position = null as string | null,
    batchBytes = 1_000_000,
  } = {},
): Promise<{ columns: readonly Column[]; rows: (string | null)[][]; positions: string[] }> {
  const reader = parquetReader(selected);
  const { columns } = await reader.columns(entry);
  const request = {
    all: columns,
    columns,
    position,
    format: { kind: 'text' } as const,
    emptyTexts: null,
    batchBytes,
  };
  const rows: (string | null)[][] = [];
  const positions: string[] = [];
  for await (const batch of reader.read(entry, request)) {
    positions.push(batch.position);
    const offsets = rowOffsets(batch.bytes);
    for (let row = 0; row < batch.rows; row += 1) {
      rows.push(decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0));
    }
  }
  return { columns, rows, positions };
}

/** Every canonical type: what it becomes, and values that must come back as they went. */
const types: readonly (readonly [ColumnType, ColumnType, readonly string[]])[] = [
  [{ kind: 'bool' }, { kind: 'bool' }, ['t', 'f']],
  [{ kind: 'int16' }, { kind: 'int16' }, ['-32768', '32767', '0']],
  [{ kind: 'int32' }, { kind: 'int32' }, ['-2147483648', '2147483647']],
  [{ kind: 'int64' }, { kind: 'int64' }, ['-9223372036854775808', '9223372036854775807']],
  [{ kind: 'uint64' }, { kind: 'decimal', precision: 38, scale: 0 }, ['0', '18446744073709551615']],
  [
    { kind: 'decimal', precision: 5, scale: 2 },
    { kind: 'decimal', precision: 5, scale: 2 },
    ['-999.99', '0.01', '123.40'],
  ],
  [
    { kind: 'decimal', precision: 18, scale: 0 },
    { kind: 'decimal', precision: 18, scale: 0 },
    ['-999999999999999999', '7'],
  ],
  [
    { kind: 'decimal', precision: 38, scale: 10 },
    { kind: 'decimal', precision: 38, scale: 10 },
    ['-9999999999999999999999999999.9999999999', '0.0000000001'],
  ],
  [{ kind: 'decimal', precision: null, scale: null }, { kind: 'text' }, ['1.10', '1e400', 'NaN']],
  [{ kind: 'float32' }, { kind: 'float32' }, ['0.1', '-3.4028235e+38', 'NaN', 'Infinity', '-0']],
  [{ kind: 'float64' }, { kind: 'float64' }, ['0.1', '5e-324', '-Infinity', 'NaN', '-0']],
  [{ kind: 'date' }, { kind: 'date' }, ['1969-12-31', '0001-01-01', '9999-12-31', '2024-02-29']],
  [{ kind: 'time', fraction: 6 }, { kind: 'text' }, ['23:59:59.123456']],
  [
    { kind: 'timestamp', fraction: 6 },
    { kind: 'timestamp', fraction: 6 },
    ['2026-01-31 23:59:59.123456', '1969-12-31 23:59:59.9', '0001-01-01 00:00:00'],
  ],
  [
    { kind: 'timestamptz', fraction: 6 },
    { kind: 'timestamptz', fraction: 6 },
    ['2026-01-31 23:59:59.000001+00'],
  ],
  [{ kind: 'char', length: 3 }, { kind: 'text' }, ['a  ']],
  [{ kind: 'varchar', length: 30 }, { kind: 'text' }, ['', 'tab\tline\nback\\slash 空 \u{1f600}']],
  [{ kind: 'text' }, { kind: 'text' }, ['', '\\N', 'x'.repeat(100_000)]],
  [{ kind: 'json' }, { kind: 'text' }, ['{"a": [1, 2.0]}']],
  [{ kind: 'uuid' }, { kind: 'text' }, ['0f8fad5b-d9cb-469f-a165-70867728950e']],
  [{ kind: 'bytes', length: null }, { kind: 'bytes', length: null }, ['\\x', '\\x00ff7f']],
  [{ kind: 'other' }, { kind: 'text' }, ['{1,2}']],
];

describe('Parquet', () => {
  for (const compression of ['none', 'snappy', 'gzip'] as const) {
    test(`every type comes back with its values and NULL (${compression})`, async () => {
      for (const [type, kept, values] of types) {
        const rows = [...values, null].map((value) => [value]);
        const file = await written([column('c', type)], rows, { kind: 'parquet', compression });
        const found = await read(entryOf(file));
        assert.deepEqual(found.columns[0]?.type, kept, type.kind);
        assert.deepEqual(found.rows, rows, type.kind);
      }
    });
  }

  test('whole numbers and decimals of any size keep every digit', async () => {
    const columns = [
      column('i', { kind: 'int64' }),
      column('d', { kind: 'decimal', precision: 30, scale: 7 }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
            fc.option(fc.bigInt(-(10n ** 30n) + 1n, 10n ** 30n - 1n)),
          ),
          { minLength: 1, maxLength: 60 },
        ),
        async (values) => {
          const rows = values.map(([whole, digits]) => [
            whole === null ? null : String(whole),
            digits === null ? null : pointed(digits, 7),
          ]);
          assert.deepEqual((await read(entryOf(await written(columns, rows)))).rows, rows);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a table without rows is a file with columns', async () => {
    const found = await read(entryOf(await written([column('a', { kind: 'int32' })], [])));
    assert.deepEqual([found.columns.map(({ name }) => name), found.rows], [['a'], []]);
  });

  test('reading goes on behind every position and gives each row once', async () => {
    const columns = [column('n', { kind: 'int32' }), column('t', { kind: 'text' })];
    const rows = Array.from({ length: 5_000 }, (_, at) => [String(at), `row ${at % 7}`]);
    const file = await written(columns, rows, snappy, 9);
    const whole = await read(entryOf(file), { batchBytes: 4_000 });
    assert.deepEqual(whole.rows, rows);
    assert.ok(whole.positions.length > 10);
    for (const position of whole.positions.filter((_, at) => at % 5 === 0)) {
      const rest = await read(entryOf(file), { position, batchBytes: 4_000 });
      assert.deepEqual(rest.rows, rows.slice(Number(position)));
    }
  });

  test('many rows become several row groups, each bounded', async () => {
    const columns = [column('n', { kind: 'int64' })];
    const rows = Array.from({ length: 450_000 }, (_, at) => [String(at)]);
    const found = await read(entryOf(await written(columns, rows, snappy, 45)));
    assert.equal(found.rows.length, rows.length);
    assert.deepEqual(found.rows.at(-1), ['449999']);
  });

  test('columns are chosen by name or number, also twice and in another order', async () => {
    const columns = ['a', 'b', 'c'].map((name) => column(name, { kind: 'text' }));
    const file = await written(columns, [['1', '2', '3']]);
    const found = await read(entryOf(file), { selected: ['c', '1', 'a'] });
    assert.deepEqual(found.rows, [['3', '1', '1']]);
    await assert.rejects(read(entryOf(file), { selected: ['4'] }), { code: 'column-mismatch' });
  });

  test('a file that can only be read from its beginning is read too', async () => {
    const file = await written([column('a', { kind: 'text' })], [['x']]);
    assert.deepEqual((await read(entryOf(file, false))).rows, [['x']]);
  });

  test('a value that its column cannot hold names row and column, and nothing of it is taken', async () => {
    const bad: readonly (readonly [ColumnType, string])[] = [
      [{ kind: 'int16' }, '32768'],
      [{ kind: 'int32' }, '1.5'],
      [{ kind: 'int64' }, '9223372036854775808'],
      [{ kind: 'uint64' }, '-1'],
      [{ kind: 'decimal', precision: 4, scale: 2 }, '100.00'],
      [{ kind: 'decimal', precision: 4, scale: 2 }, '1.001'],
      [{ kind: 'float32' }, '1e39'],
      [{ kind: 'float64' }, 'x'],
      [{ kind: 'bool' }, 'maybe'],
      [{ kind: 'date' }, '2023-02-29'],
      [{ kind: 'timestamp', fraction: 6 }, '2023-01-01 24:00:00'],
      [{ kind: 'bytes', length: null }, '\\x0'],
    ];
    for (const [type, value] of bad) {
      const columns = [column('k', { kind: 'text' }), column('v', type)];
      const table = { columns, nulls: '', bytesEncoding: 'utf-8' };
      const writer = writableParquet(snappy, table).writer({ kind: 'text' });
      const pieces = [writer.begin()];
      const batch = encodeRows([
        ['fine', null],
        ['bad', value],
      ]);
      await assert.rejects(
        async () => writer.rows({ bytes: batch, rows: 2 }),
        (error: Error & { row: number }) => {
          assert.deepEqual([error.name, error.row], ['RowsRefused', 1], type.kind);
          assert.match(error.message, /column v/);
          return true;
        },
      );
      pieces.push(await writer.rows({ bytes: encodeRows([['only', null]]), rows: 1 }));
      pieces.push(await writer.end());
      assert.deepEqual((await read(entryOf(Buffer.concat(pieces)))).rows, [['only', null]]);
    }
  });

  // Made by Apache Arrow's Python library, so that somebody else's reading of the format counts.
  for (const codec of ['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4']) {
    test(`a file of Arrow is read: ${codec}`, async () => {
      const found = await read(entryOf(await fixture(`arrow-${codec}`)));
      const first = found.columns.map(({ name, type }, place) => [
        name,
        type.kind,
        found.rows[0]?.[place],
        found.rows[1]?.[place],
      ]);
      assert.deepEqual(first, arrow);
    });
  }

  test('times of the oldest kind are read (INT96)', async () => {
    const found = await read(entryOf(await fixture('arrow-int96')));
    assert.equal(found.columns[0]?.nativeType, 'INT96');
    assert.deepEqual(found.rows, [
      ['1950-01-02 03:04:05.678', '空'],
      [null, null],
    ]);
  });

  test('broken files fail with their name', async () => {
    const file = await written(
      [column('a', { kind: 'text' })],
      Array.from({ length: 100 }, (_, at) => [`value ${at}`]),
    );
    const cut = file.subarray(0, file.length - 20);
    const damaged = Buffer.from(file);
    damaged.fill(0xff, 4, 60);
    for (const broken of [Buffer.alloc(0), Buffer.from('PAR1'), cut, damaged]) {
      await assert.rejects(read(entryOf(broken)), (error: Error & { code: string }) => {
        assert.equal(error.code, 'file-format');
        assert.match(error.message, /in\/a\.parquet/);
        return true;
      });
    }
  });
});

const arrow = [
  ['b', 'bool', 't', null],
  ['i8', 'int16', '-1', '2'],
  ['u32', 'int64', '4294967295', '2'],
  ['u64', 'uint64', '18446744073709551615', '2'],
  ['d', 'decimal', '-12345678901234567890.123', null],
  ['f', 'float32', '0.1', null],
  ['dt', 'date', '1950-01-02', null],
  ['tms', 'timestamp', '1950-01-02 03:04:05.678', null],
  ['tns', 'timestamp', '1970-01-01 00:00:01.234567', null],
  ['tz', 'timestamptz', '2020-01-02 03:04:05.678901+00', null],
  ['t64', 'time', '01:02:03.004005', null],
  ['s', 'text', '空', null],
  ['by', 'bytes', '\\x00ff', null],
  ['fx', 'bytes', '\\x616263', null],
  ['l', 'json', '[1,2]', null],
  ['st', 'json', '{"x":1,"y":"z"}', null],
  ['dict', 'text', 'p', 'q'],
];

function fixture(name: string): Promise<Buffer> {
  return readFile(join(import.meta.dirname, `../../../fixtures/parquet/${name}.parquet`));
}

function pointed(digits: bigint, scale: number): string {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return `${digits < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
