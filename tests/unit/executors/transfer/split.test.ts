import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type RejectedRow,
  type RowBatch,
  type RowLoader,
  RowsRefused,
} from '../../../../src/ports/connector.ts';
import { rowReader } from '../../../../src/executors/transfer/worker/formats.ts';
import { writeRows } from '../../../../src/executors/transfer/worker/split.ts';
import { encodeRows } from '../../../../src/lib/rows/text.ts';

const nothing = { written: 0, updated: 0, bytes: 0, files: 0 };

/** A target that refuses batches with bad rows, telling the first of them or not. */
class PickyLoader implements RowLoader {
  readonly kept: string[] = [];
  writes = 0;
  readonly #isBad: (row: string) => boolean;
  readonly #tells: boolean;

  constructor(isBad: (row: string) => boolean, tells: boolean) {
    this.#isBad = isBad;
    this.#tells = tells;
  }

  write({ bytes, rows }: RowBatch): Promise<typeof nothing> {
    this.writes += 1;
    const lines = Buffer.from(bytes).toString().split('\n').slice(0, -1);
    assert.equal(lines.length, rows);
    const bad = lines.findIndex((line) => this.#isBad(line));
    if (bad >= 0) {
      return Promise.reject(new RowsRefused(`${lines[bad]} is bad`, this.#tells ? bad : null));
    }
    this.kept.push(...lines);
    return Promise.resolve({ ...nothing, written: rows });
  }
  prepareCommit = (): Promise<string> => Promise.resolve('');
  commit = (): Promise<typeof nothing> => Promise.resolve(nothing);
  rollback = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
}

const table = {
  index: 0,
  source: {
    name: { schema: '', name: 't' },
    columns: [],
    named: true,
    estimatedRows: null,
    bytes: null,
    files: null,
  },
  target: { schema: '', name: 't' },
  columns: [],
};
const reader = rowReader({ kind: 'text' }, table);

async function write(
  rows: readonly string[],
  loader: PickyLoader,
): Promise<{ readonly written: number; readonly rejected: readonly RejectedRow[] }> {
  const rejected: RejectedRow[] = [];
  const batch = { bytes: encodeRows(rows.map((row) => [row])), rows: rows.length };
  const { written } = await writeRows(loader, batch, {
    reader,
    place: (row) => `row ${row + 1}`,
    onRejected: (row) => void rejected.push(row),
  });
  return { written, rejected };
}

describe('a batch that the target refuses', () => {
  test('every good row is written once and in order, every bad one stands alone', async () => {
    const row = fc.oneof(fc.constantFrom('bad1', 'bad2'), fc.stringMatching(/^[a-z]{1,4}$/));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), fc.boolean(), async (rows, tells) => {
        const isBad = (text: string): boolean => text.startsWith('bad');
        const loader = new PickyLoader(isBad, tells);
        const { written, rejected } = await write(rows, loader);
        assert.deepEqual(
          loader.kept,
          rows.filter((text) => !isBad(text)),
        );
        assert.equal(written, loader.kept.length);
        const expected = rows.flatMap((text, place) =>
          isBad(text)
            ? [{ fields: [text], where: `row ${place + 1}`, reason: `${text} is bad` }]
            : [],
        );
        assert.deepEqual(rejected, expected);
      }),
    );
  });

  test('one bad row of many takes few writes', async () => {
    const rows = Array.from({ length: 1024 }, (_, place) => (place === 700 ? 'bad' : `r${place}`));
    const isBad = (text: string): boolean => text === 'bad';
    const told = new PickyLoader(isBad, true);
    await write(rows, told);
    assert.equal(told.writes, 3);
    const untold = new PickyLoader(isBad, false);
    await write(rows, untold);
    assert.ok(untold.writes <= 22, `${untold.writes} writes`);
  });

  test('other failures pass through', async () => {
    const loader = new PickyLoader(() => false, false);
    loader.write = () => Promise.reject(new Error('connection lost'));
    await assert.rejects(write(['a'], loader), /connection lost/);
  });
});
