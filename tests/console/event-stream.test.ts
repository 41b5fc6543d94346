/** The console's reader of event streams, against the cases of the HTML standard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents, type ServerEvent } from '../../console/src/api/event-stream.ts';

function streamOf(chunks: readonly Uint8Array[], onCancel = () => {}): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next];
      next += 1;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: onCancel,
  });
}

async function read(
  text: string,
  chunkBytes: number,
  lastId = '',
): Promise<readonly ServerEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    chunks.push(bytes.slice(at, at + chunkBytes));
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(chunks), lastId)) events.push(event);
  return events;
}

const text = [
  ': a comment keeps the line open',
  '',
  'event: chunk',
  'id: 7',
  'data: {"text":"第一行"}',
  '',
  'data:no space',
  'data: second line\r',
  '\r',
  'id',
  'event: no data, so no event',
  '',
  'retry: 10',
  'unknown: field',
  'data: last',
  '',
  'data: never ended',
].join('\n');

const expected: readonly ServerEvent[] = [
  { event: 'chunk', id: '7', data: '{"text":"第一行"}' },
  { event: 'message', id: '7', data: 'no space\nsecond line' },
  { event: 'message', id: '', data: 'last' },
];

test('events are the same wherever the stream is cut', async () => {
  for (const chunkBytes of [1, 2, 3, 7, 64, 10_000]) {
    assert.deepEqual(await read(text, chunkBytes), expected, `${chunkBytes} bytes a chunk`);
  }
});

test('the last id is kept until the server sends another', async () => {
  const events = await read('data: a\n\nid: 9\ndata: b\n\ndata: c\n\n', 5, '8');
  assert.deepEqual(
    events.map(({ id }) => id),
    ['8', '9', '9'],
  );
});

test('an event without an end does not fill the memory', async () => {
  const line = new TextEncoder().encode(`data: ${'x'.repeat(1024 * 1024)}\n`);
  await assert.rejects(() => read('data: x\n'.repeat(5 * 1024 * 1024), 1024 * 1024), /too large/);
  const endless = Array.from({ length: 6 }, () => line.slice(0, -1));
  await assert.rejects(async () => {
    for await (const { id } of readEvents(streamOf(endless), ''))
      assert.fail(`no event is whole: ${id}`);
  }, /too large/);
});

test('who stops reading closes the line', async () => {
  let isClosed = false;
  const chunks = [new TextEncoder().encode('data: a\n\ndata: b\n\n'), new Uint8Array(1)];
  const stream = streamOf(chunks, () => {
    isClosed = true;
  });
  for await (const { data } of readEvents(stream, '')) {
    assert.equal(data, 'a');
    break;
  }
  assert.equal(isClosed, true);
});
