import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteRange } from '../../../../src/dialects/native/byte-range.ts';

test('parts of a file, and what is answered with the whole', () => {
  const cases: [string | null, number, [number, number] | null][] = [
    [null, 10, null],
    ['bytes=0-3', 10, [0, 4]],
    ['bytes=4-', 10, [4, 10]],
    ['bytes=4-99', 10, [4, 10]],
    ['bytes=-3', 10, [7, 10]],
    ['bytes=-99', 10, [0, 10]],
    ['bytes=-0', 10, null],
    ['bytes=10-', 10, null],
    ['bytes=5-4', 10, null],
    ['bytes=0-1,3-4', 10, null],
    ['lines=0-1', 10, null],
    ['bytes=-', 10, null],
    ['bytes=0-', 0, null],
  ];
  for (const [header, length, expected] of cases) {
    const part = byteRange(header, length);
    assert.deepEqual(part === null ? null : [part.from, part.until], expected, `${header}`);
  }
});
