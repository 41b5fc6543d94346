import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutLines } from '../../../src/engine/collector-lines.ts';
import { serviceLogStore } from '../../../src/engine/collector-targets.ts';
import { type CollectedLine, maxLineBytes } from '../../../src/ports/log-store.ts';

/** Cuts output that comes in pieces, as the collector does: what is left is read again. */
function cutAll(output: Buffer, pieceBytes: readonly number[], wanted = 0): CollectedLine[] {
  const lines: CollectedLine[] = [];
  let offset = wanted;
  let seen = 0;
  for (const bytes of [...pieceBytes, output.length]) {
    seen = Math.min(output.length, seen + bytes);
    const chunk = {
      offset,
      bytes: output.subarray(offset, seen),
      nextOffset: seen,
      size: output.length,
    };
    const cut = cutLines('stdout', chunk, offset, false);
    lines.push(...cut);
    offset = cut.at(-1)?.nextOffset ?? offset;
  }
  const last = {
    offset,
    bytes: output.subarray(offset),
    nextOffset: output.length,
    size: output.length,
  };
  return [...lines, ...cutLines('stdout', last, offset, true)];
}

test('however output comes, its lines are the same, and each offset is where the next one begins', () => {
  const character = fc.constantFrom('a', 'ü', '€', '🚢', '\n', '\r\n', '\u0000');
  const long = fc.integer({ min: 1, max: 40_000 }).map((length) => '€x'.repeat(length));
  const part = fc.oneof({ weight: 9, arbitrary: character }, { weight: 1, arbitrary: long });
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 20 }),
      (parts, pieces) => {
        const output = Buffer.from(parts.join(''));
        const lines = cutAll(output, pieces);
        let from = 0;
        for (const { text, nextOffset, continues } of lines) {
          const raw = output.subarray(from, nextOffset).toString('utf8');
          assert.equal(continues ? text : `${text}${/\r?\n?$/.exec(raw)?.[0]}`, raw);
          assert.ok(Buffer.byteLength(text) <= maxLineBytes);
          from = nextOffset;
        }
        assert.equal(from, output.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('an unfinished line waits, unless nothing more will come or it is too long', () => {
  const chunk = (text: string) => {
    const bytes = Buffer.from(text);
    return { offset: 0, bytes, nextOffset: bytes.length, size: bytes.length };
  };
  assert.deepEqual(
    cutLines('stdout', chunk('a\nb'), 0, false).map(({ text }) => text),
    ['a'],
  );
  assert.deepEqual(
    cutLines('stdout', chunk('a\nb'), 0, true).map(({ text }) => text),
    ['a', 'b'],
  );
  const long = cutLines('stdout', chunk('€'.repeat(maxLineBytes)), 0, false);
  assert.deepEqual(
    long.map(({ text, continues }) => [text.length, continues]),
    [
      [5461, true],
      [5461, true],
      [5461, true],
    ],
    'one character is left',
  );
});

test('bytes that were gone before they could be collected are told with the first line after them', () => {
  const bytes = Buffer.from('half\nwhole\n');
  const chunk = { offset: 500, bytes, nextOffset: 511, size: 511 };
  assert.deepEqual(
    cutLines('stdout', chunk, 100, false).map(({ missedBytes, nextOffset }) => [
      missedBytes,
      nextOffset,
    ]),
    [
      [400, 505],
      [0, 511],
    ],
  );
});

test('log stores that go with a template are named after their source', () => {
  const of = (path: string) => serviceLogStore('id', { kind: 'file', path }).logstore;
  assert.deepEqual(serviceLogStore('id', { kind: 'stdout' }), {
    project: 'sae-id',
    logstore: 'stdout',
  });
  assert.equal(of('/var/log/app.log'), 'file-var-log-app.log');
  assert.equal(of('/var/log/*.log'), 'file-var-log-.log');
});
