import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type LogReader,
  type LogSearch,
  type SearchPace,
  searchLog,
  searchLogs,
} from '../../../src/engine/log-search.ts';

/** Half of all pieces are the last of their call. */
let asked = 0;
const pace: SearchPace = {
  isOver: () => (asked += 1) % 2 === 0,
  rest: () => Promise.resolve(),
};
/** Never over. */
const patient: SearchPace = { isOver: () => false, rest: () => Promise.resolve() };

/** An output in memory, read as an executor reads its files. */
function reader(bytes: Buffer, firstOffset = 0): LogReader {
  return (offset, maxBytes) => {
    const size = bytes.length;
    const from = Math.min(Math.max(offset, firstOffset), size);
    const end = Math.min(size, Math.min(offset, size) + Math.min(maxBytes, 1024 * 1024));
    const piece = bytes.subarray(from, Math.max(from, end));
    return Promise.resolve({ offset: from, bytes: piece, nextOffset: Math.max(from, end), size });
  };
}

/** Offsets of everything that is found, call by call. */
async function all(
  bytes: Buffer,
  search: Partial<LogSearch> & { text: string },
): Promise<number[]> {
  const found: number[] = [];
  let from: number | null = search.from ?? null;
  for (let calls = 0; calls < 1_000; calls += 1) {
    const result = await searchLog(
      reader(bytes),
      {
        ignoreCase: false,
        backwards: false,
        limit: 3,
        ...search,
        from,
      },
      pace,
    );
    assert.ok(result !== null);
    found.push(...result.matches.map(({ offset }) => offset));
    if (result.next === null) return found;
    assert.notEqual(result.next, from, 'it goes on');
    from = result.next;
  }
  throw new Error('the search does not end');
}

describe('searching logs', () => {
  test('each line with a match once, from either end', async () => {
    const text = 'one error\nfine\nerror error\n\nlast ERROR';
    const bytes = Buffer.from(text);
    assert.deepEqual(await all(bytes, { text: 'error' }), [4, 15]);
    assert.deepEqual(await all(bytes, { text: 'error', ignoreCase: true }), [4, 15, 33]);
    assert.deepEqual(await all(bytes, { text: 'error', backwards: true }), [21, 4]);
    assert.deepEqual(
      await all(bytes, { text: 'ERRor', backwards: true, ignoreCase: true, limit: 1 }),
      [33, 21, 4],
    );
    assert.deepEqual(await all(bytes, { text: 'error', from: 10 }), [15]);
    assert.deepEqual(await all(bytes, { text: 'nothing' }), []);
    assert.deepEqual(await all(bytes, { text: '.' }), [], 'characters mean themselves');
    assert.deepEqual(await all(Buffer.alloc(0), { text: 'x' }), []);
    const { matches } =
      (await searchLog(
        reader(bytes),
        {
          text: 'ERROR',
          ignoreCase: false,
          from: null,
          backwards: true,
          limit: 5,
        },
        patient,
      )) ?? assert.fail();
    assert.deepEqual(matches, [{ offset: 33, lineOffset: 28, line: 'last ERROR', cut: false }]);
  });

  test('matches across the borders of what is read at a time', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'a\n');
    const places = [1024 * 1024 - 3, 2 * 1024 * 1024 - 1, 3 * 1024 * 1024 - 6];
    for (const place of places) bytes.write('needle', place);
    assert.deepEqual(await all(bytes, { text: 'needle' }), places);
    assert.deepEqual(await all(bytes, { text: 'needle', limit: 1 }), places);
    assert.deepEqual(await all(bytes, { text: 'needle', backwards: true }), places.toReversed());
    assert.deepEqual(
      await all(bytes, { text: 'needle', backwards: true, limit: 1 }),
      places.toReversed(),
    );
  });

  test('a line without an end is cut, and found in all its parts without standing still', async () => {
    const bytes = Buffer.alloc(40_000, 'x');
    bytes.write('NEEDLE', 100);
    bytes.write('NEEDLE', 30_000);
    const { matches } =
      (await searchLog(
        reader(bytes),
        {
          text: 'NEEDLE',
          ignoreCase: false,
          from: null,
          backwards: false,
          limit: 10,
        },
        patient,
      )) ?? assert.fail();
    assert.deepEqual(
      matches.map(({ offset, cut, line }) => [offset, cut, line.length <= 4_096]),
      [
        [100, true, true],
        [30_000, true, true],
      ],
    );
    assert.deepEqual(await all(bytes, { text: 'NEEDLE', backwards: true }), [30_000, 100]);
    assert.ok((await all(bytes, { text: 'x' })).length > 5);
    assert.ok((await all(bytes, { text: 'x', backwards: true })).length > 5);
  });

  test('what was let go is left out', async () => {
    const bytes = Buffer.from('error one\nerror two\nerror three\n');
    const result = await searchLog(
      reader(bytes, 10),
      {
        text: 'error',
        ignoreCase: false,
        from: null,
        backwards: true,
        limit: 10,
      },
      patient,
    );
    assert.deepEqual(
      result?.matches.map(({ line }) => line),
      ['error three', 'error two'],
    );
    assert.equal(
      await searchLog(
        () => Promise.resolve(null),
        {
          text: 'x',
          ignoreCase: false,
          from: null,
          backwards: false,
          limit: 1,
        },
        patient,
      ),
      null,
    );
  });

  test('several outputs, one after the other, from where it ended', async () => {
    const outputs = new Map([
      ['a.0.1', Buffer.from('x1\nx2\n')],
      ['a.1.1', Buffer.from('none\n')],
      ['a.2.1', Buffer.from('x3\n')],
    ]);
    const logs = [...outputs.keys()].map((attemptId) => ({ attemptId, stream: 'stdout' as const }));
    const found: string[] = [];
    let from = null;
    for (let calls = 0; calls < 10; calls += 1) {
      const result: Awaited<ReturnType<typeof searchLogs>> = await searchLogs(
        logs,
        ({ attemptId }) => reader(outputs.get(attemptId) ?? Buffer.alloc(0)),
        { text: 'x', ignoreCase: false, limit: 1 },
        from,
        pace,
      );
      found.push(...result.matches.map(({ attemptId, line }) => `${attemptId} ${line}`));
      from = result.next;
      if (from === null) break;
    }
    assert.deepEqual(found, ['a.0.1 x1', 'a.0.1 x2', 'a.2.1 x3']);
  });
});
