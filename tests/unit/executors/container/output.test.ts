import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from '../../../../src/executors/container/frames.ts';
import { linesOf } from '../../../../src/executors/container/lines.ts';
import { LogWriter } from '../../../../src/executors/container/log-writer.ts';
import { isBefore, parseStamp } from '../../../../src/executors/container/stamps.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('frames are found however the bytes arrive', () => {
  const frame = fc.record({ stream: fc.constantFrom(1, 2), text: fc.string() });
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 20 }), (frames, size) => {
      const bytes = Buffer.concat(
        frames.map(({ stream, text }) => {
          const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
          header.writeUInt32BE(Buffer.byteLength(text), 4);
          return Buffer.concat([header, Buffer.from(text)]);
        }),
      );
      const reader = new FrameReader();
      const seen: { stream: number; text: string }[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        for (const { stream, payload } of reader.push(bytes.subarray(at, at + size))) {
          seen.push({ stream: stream === 'stdout' ? 1 : 2, text: payload.toString() });
        }
      }
      assert.deepEqual(
        seen,
        frames.map(({ stream, text }) => ({ stream, text: Buffer.from(text).toString() })),
      );
    }),
  );
});

test('stamps of all engines are compared as moments', () => {
  const ordered = [
    '2026-11-21T10:24:00.999999999Z',
    '2026-11-21T10:24:01Z',
    '2026-11-21T18:24:01.5+08:00',
    '2026-11-21T10:24:01.500000001Z',
  ].map((text) => parseStamp(text));
  for (const [index, later] of ordered.entries()) {
    const earlier = ordered[index - 1];
    assert.ok(later);
    if (earlier) assert.ok(isBefore(earlier, later) && !isBefore(later, earlier));
  }
  for (const text of ['', 'x', '2026-11-21', '2026-99-21T10:24:01Z']) {
    assert.equal(parseStamp(text), null);
  }
});

test('reads that break off and begin again anywhere write every byte once', async (t) => {
  // Several lines may share a stamp, and an engine may cut them differently each time.
  const line = fc.record({
    second: fc.integer({ min: 0, max: 2 }),
    text: fc.string({ maxLength: 9 }),
  });
  const reads = fc.array(fc.record({ from: fc.nat(20), to: fc.nat(60), reopen: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 40 }), reads, async (steps, plan) => {
      const place = await temporaryFolder(t);
      let second = 0;
      const frames = steps.map((step) => {
        second += step.second;
        const stamp = `2026-11-21T10:${String(Math.floor(second / 60) % 60).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}Z`;
        return { stamp, text: step.text };
      });
      let writer = new LogWriter(place, 'stdout', 1 << 20, null);
      for (const { from, to, reopen } of [...plan, { from: 99, to: 99, reopen: false }]) {
        if (reopen) {
          const { mark } = writer;
          await writer.close();
          writer = new LogWriter(place, 'stdout', 1 << 20, mark);
        }
        writer.rewind();
        const { mark } = writer;
        // Any beginning is right that is not after the mark's first frame.
        const known = mark === null ? 0 : frames.findIndex(({ stamp }) => stamp === mark.stamp);
        const begin = mark === null ? 0 : Math.max(0, known - from);
        for (const { stamp, text } of frames.slice(begin, to)) {
          writer.take(Buffer.from(`${stamp} ${text}`));
        }
        await writer.flush();
      }
      await writer.close();
      const written = await readFile(join(place, 'stdout'), 'utf8').catch(() => '');
      assert.equal(written, Buffer.from(frames.map(({ text }) => text).join('')).toString());
    }),
    { numRuns: 60 },
  );
});

test('lines are found across chunks; the last may be open', async () => {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (const text of ['{"a":', '1}\n\n{"b"', ':2}\r\n{"c":3}']) yield Buffer.from(text);
  }
  const seen: string[] = [];
  for await (const text of linesOf(chunks())) seen.push(text);
  assert.deepEqual(seen, ['{"a":1}', '{"b":2}', '{"c":3}']);
});

test('what an engine has dropped while it was followed is put right by a read of everything', async (t) => {
  const folder = await temporaryFolder(t);
  const writer = new LogWriter(folder, 'stdout', 1 << 20, null);
  const lines = ['one\n', 'two\n', 'three\n', 'four\n', 'five\n'];
  const take = (indexes: readonly number[]): void => {
    for (const index of indexes) writer.take(Buffer.from(`2026-11-21T10:24:01Z ${lines[index]}`));
  };
  take([0, 1, 3]);
  await writer.flush();
  writer.verify();
  take([0, 1, 2]);
  await writer.flush();
  take([3, 4]);
  await writer.finish();
  await writer.close();
  assert.equal(await readFile(join(folder, 'stdout'), 'utf8'), lines.join(''));
});
