/** The stretch of an output that the viewer holds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  appended,
  emptyWindow,
  lineIndexAt,
  type LogWindow,
  maxLines,
  prepended,
  windowFrom,
} from '../../console/src/pages/run/logs/log-window.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = ({ lines }: LogWindow): readonly string[] => lines.map(({ text }) => text);
const offsets = ({ lines }: LogWindow): readonly number[] => lines.map(({ offset }) => offset);

describe('log window', () => {
  test('lines that come in pieces, characters too', () => {
    const all = bytes('first\nzweite Zeile ä\n第三行\nlast');
    for (const size of [1, 2, 3, 5, all.length]) {
      let window = emptyWindow(0);
      for (let at = 0; at < all.length; at += size) {
        window = appended(window, at, all.subarray(at, at + size));
      }
      assert.deepEqual(texts(window), ['first', 'zweite Zeile ä', '第三行', 'last']);
      assert.deepEqual(offsets(window), [0, 6, 22, 32]);
      assert.deepEqual([window.start, window.end], [0, all.length]);
    }
  });

  test('what comes from elsewhere begins anew; what comes before is put before', () => {
    const text = 'one\ntwo\nthree\nfour\nfive\n';
    const middle = windowFrom(5, bytes(text.slice(5, 14)), false);
    assert.deepEqual(texts(middle), ['three']);
    assert.equal(middle.start, 8);
    const up = prepended(middle, 0, bytes(text.slice(0, 8)), true);
    assert.deepEqual(texts(up), ['one', 'two', 'three']);
    assert.deepEqual(offsets(up), [0, 4, 8]);
    assert.equal(up.place, middle.place);
    const down = appended(up, 14, bytes(text.slice(14)));
    assert.deepEqual(texts(down), ['one', 'two', 'three', 'four', 'five']);
    const far = appended(down, 1_000, bytes('far\n'));
    assert.deepEqual([texts(far), far.start], [['far'], 1_000]);
    assert.notEqual(far.place, down.place);
    assert.deepEqual(
      [lineIndexAt(down, 0), lineIndexAt(down, 13), lineIndexAt(down, 14)],
      [0, 2, 3],
    );
  });

  test('is bounded at both ends, and goes on where it was cut', () => {
    const page = bytes('line\n'.repeat(3_000));
    let window = emptyWindow(0);
    for (let at = 0; at < 5; at += 1) window = appended(window, at * page.length, page);
    assert.equal(window.lines.length, maxLines + 3_000);
    assert.equal(window.start, window.lines[0]?.offset);
    assert.equal(window.end, 5 * page.length);
    const before = window.start;
    for (let at = window.start; at > 0;) {
      const from = Math.max(0, at - page.length);
      window = prepended(window, from, page.subarray(0, at - from), from === 0);
      at = window.start;
    }
    assert.equal(window.start, 0);
    assert.ok(window.lines.length <= maxLines + 3_000);
    assert.ok(window.end < before + page.length * 3);
    const last = window.lines.at(-1);
    assert.equal(window.end, (last?.offset ?? 0) + 5);
  });

  test('lines without an end come in pieces, and carriage returns write over', () => {
    const long = windowFrom(0, bytes('x'.repeat(40_000)), true);
    assert.deepEqual(
      long.lines.map(({ text, open }) => [text.length, open]),
      [
        [16_384, true],
        [16_384, true],
        [7_232, true],
      ],
    );
    const window = windowFrom(0, bytes('10 %\r50 %\r100 %\r\nnext\r\n'), true);
    assert.deepEqual(texts(window), ['100 %', 'next']);
  });
});
