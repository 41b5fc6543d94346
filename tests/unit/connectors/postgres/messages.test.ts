import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchBuilder } from '../../../../src/connectors/postgres/batch-builder.ts';
import {
  copyDataHeader,
  fieldsOf,
  MessageReader,
} from '../../../../src/connectors/postgres/messages.ts';
import { BatchMemory } from '../../../../src/lib/rows/batch-memory.ts';
import type { RowBatch } from '../../../../src/ports/connector.ts';

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** The bytes in pieces that end at the given places. */
function pieces(bytes: Buffer, ends: readonly number[]): readonly Buffer[] {
  const places = [0, ...ends.map((end) => end % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
}

test('messages are the same however the network cuts them', () => {
  const stream = Buffer.concat([
    message('H', Buffer.from([0, 0, 0])),
    message('d', Buffer.from('first\n')),
    message('d', Buffer.from('\n')),
    message('d', Buffer.alloc(0)),
    message('S', Buffer.from('a\0b\0')),
    message('d', Buffer.from(`${'long'.repeat(50)}\n`)),
    message('c', Buffer.alloc(0)),
    message('Z', Buffer.from('I')),
  ]);
  const read = (parts: readonly Buffer[]): readonly string[] => {
    const seen: string[] = [];
    let row = '';
    const reader = new MessageReader({
      row: (chunk, start, end, whole) => {
        row += chunk.toString('utf8', start, end);
        if (whole) seen.push(`row ${row}`);
        if (whole) row = '';
      },
      message: (type, body) => void seen.push(`${String.fromCharCode(type)} ${body.toString()}`),
    });
    for (const part of parts) reader.feed(part);
    return seen;
  };
  const whole = read([stream]);
  assert.equal(whole.length, 8);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (ends) => {
      assert.deepEqual(read(pieces(stream, ends)), whole);
    }),
  );
});

test('rows become batches of about the size asked for, none is cut or lost, in memory that is used again', () => {
  const rows = fc.array(fc.nat(300), { maxLength: 60 });
  const ends = fc.array(fc.nat(5_000), { maxLength: 10 });
  // How many pieces later a batch is written.
  const delays = fc.array(fc.nat(3), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rows, ends, delays, (lengths, places, waits) => {
      const given = lengths.map((length, at) => Buffer.from(`${at}:${'x'.repeat(length)}\n`));
      const stream = Buffer.concat(given.map((row) => message('d', row)));
      const shape = { skip: 0, trailer: null, finish: null };
      const builder = new BatchBuilder(256, shape, new BatchMemory());
      const reader = new MessageReader({
        row: (chunk, start, end, whole) => builder.add(chunk, start, end, whole),
        message: () => assert.fail('there is no other message'),
      });
      const held: { readonly batch: RowBatch; wait: number }[] = [];
      const written: string[] = [];
      const write = (mostWait: number): void => {
        for (let next = held[0]; next !== undefined && next.wait <= mostWait; next = held[0]) {
          held.shift();
          const { batch } = next;
          const text = Buffer.from(batch.bytes).toString();
          assert.ok(text.endsWith('\n'));
          assert.equal(text.split('\n').length - 1, batch.rows);
          // Room that a long row made is used by those behind it.
          assert.ok(batch.rows === 1 || batch.bytes.length <= 256 + 2 * 310);
          written.push(text);
          batch.bytes.fill(0);
          batch.release?.();
        }
        for (const one of held) one.wait -= 1;
      };
      const take = (): void => {
        for (let batch = builder.take(); batch !== null; batch = builder.take()) {
          held.push({ batch, wait: waits[(written.length + held.length) % waits.length] ?? 0 });
        }
      };
      for (const piece of pieces(stream, places)) {
        reader.feed(piece);
        take();
        write(0);
      }
      builder.end();
      take();
      write(Infinity);
      assert.equal(written.join(''), Buffer.concat(given).toString());
    }),
  );
});

test('header and trailer of binary COPY are no rows', () => {
  for (const rows of [[], [Buffer.from('one')], [Buffer.from('one'), Buffer.from('two')]]) {
    const header = Buffer.from('HEADER');
    const trailer = Buffer.from([0xff, 0xff]);
    const parts = [...rows, trailer];
    const stream = parts.map((part, at) =>
      message('d', at === 0 ? Buffer.concat([header, part]) : part),
    );
    const builder = new BatchBuilder(64, { skip: 6, trailer, finish: null }, new BatchMemory());
    const reader = new MessageReader({
      row: (chunk, start, end, whole) => builder.add(chunk, start, end, whole),
      message: () => undefined,
    });
    for (const byte of Buffer.concat(stream)) reader.feed(Buffer.from([byte]));
    builder.end();
    const batch = builder.take();
    assert.equal(batch?.rows ?? 0, rows.length);
    assert.equal(Buffer.from(batch?.bytes ?? []).toString(), Buffer.concat(rows).toString());
  }
});

test('bytes of another protocol are refused', () => {
  const reader = new MessageReader({ row: () => undefined, message: () => undefined });
  assert.throws(() => reader.feed(Buffer.from('HTTP/1.1 400 Bad Request')), /bytes|length/);
});

test('errors are told by fields', () => {
  const body = Buffer.from('SERROR\0C23505\0Mtwice\0\0');
  assert.deepEqual(fieldsOf(body), { S: 'ERROR', C: '23505', M: 'twice' });
  assert.deepEqual([...copyDataHeader(3)], [0x64, 0, 0, 0, 7]);
});
