import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  maxMessageBytes,
  MessageReader,
  MessageWriter,
} from '../../../../src/executors/process/protocol.ts';

type Message = { readonly t: string; readonly text?: string };

test('messages survive any cut of the stream', () => {
  const bytes = Buffer.from('{"t":"a","text":"港"}\n{"t":"b"}\n');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const reader = new MessageReader<Message>();
    const messages = [
      ...(reader.push(bytes.subarray(0, cut)) ?? []),
      ...(reader.push(bytes.subarray(cut)) ?? []),
    ];
    assert.deepEqual(messages, [{ t: 'a', text: '港' }, { t: 'b' }]);
  }
});

test('anything but messages is refused', () => {
  for (const text of ['GET / HTTP/1.1\r\n', '[]\n', 'null\n', '{"x":1}\n', '\n']) {
    assert.equal(new MessageReader<Message>().push(Buffer.from(text)), null, text);
  }
  const reader = new MessageReader<Message>();
  assert.deepEqual(reader.push(Buffer.alloc(maxMessageBytes, 'x')), []);
  assert.equal(reader.push(Buffer.from('x')), null);
});

test('messages of one turn are one write', async () => {
  const written: string[] = [];
  const writer = new MessageWriter<Message>((text) => written.push(text));
  writer.send({ t: 'a' });
  writer.send({ t: 'b' });
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  assert.deepEqual(written, ['{"t":"a"}\n{"t":"b"}\n']);
});
