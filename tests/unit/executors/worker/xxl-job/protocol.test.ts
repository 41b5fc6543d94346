import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOf, progressOf } from '../../../../../src/executors/worker/xxl-job/outcome.ts';
import {
  cutToBytes,
  readCallbacks,
  readLogPage,
  readRegistry,
  readReply,
  replyBody,
} from '../../../../../src/executors/worker/xxl-job/protocol.ts';
import { readShards } from '../../../../../src/executors/worker/xxl-job/sharding.ts';

test('no body makes the parsers throw, and what they give is sound', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (body) => {
      readRegistry(body);
      readLogPage(body);
      const read = readCallbacks(body);
      const list = Array.isArray(body) ? body : null;
      assert.equal(read === null && list !== null, false);
      for (const { logId, code, message } of read?.items ?? []) {
        assert.ok(Number.isSafeInteger(logId) && logId >= 0 && Number.isSafeInteger(code));
        assert.equal(typeof message, 'string');
      }
      if (read !== null && list !== null) {
        assert.equal(read.items.length + read.unreadable, list.length);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('every callback is found in every shape, whatever stands around it', () => {
  const item = fc.record({
    logId: fc.nat(),
    code: fc.constantFrom(200, 500, 502),
    message: fc.option(fc.string(), { nil: null }),
  });
  const junk = fc.constantFrom(null, 7, 'x', {}, { logId: -1, handleCode: 200 }, { logId: 3 }, [
    [],
  ]);
  fc.assert(
    fc.property(fc.array(fc.oneof(item, junk), { maxLength: 20 }), (list) => {
      const own = list.filter(
        (one): one is { logId: number; code: number; message: string | null } =>
          typeof one === 'object' && one !== null && 'message' in one,
      );
      const expected = own.map(({ logId, code, message }) => ({
        logId,
        code,
        message: message ?? '',
      }));
      const shaped = (shape: (one: (typeof own)[number]) => object): unknown =>
        list.map((one) => (own.includes(one as never) ? shape(one as never) : one));
      const usual = shaped(({ logId, code, message }) => ({
        logId,
        logDateTim: 1,
        handleCode: code,
        handleMsg: message,
      }));
      const older = shaped(({ logId, code, message }) => ({
        logId: String(logId),
        executeResult: { code, msg: message, content: null },
      }));
      for (const body of [usual, older, { callbackList: usual }]) {
        assert.deepEqual(readCallbacks(body)?.items, expected);
      }
    }),
  );
});

test('numbers that are not ours are none', () => {
  for (const logId of [1.5, -1, 2 ** 53, '9'.repeat(17), '1e3', null, true, {}]) {
    assert.deepEqual(readCallbacks([{ logId, handleCode: 200 }])?.items, []);
  }
});

test('more items than the bound are left, and counted', () => {
  const list = Array.from({ length: 10_010 }, (_, logId) => ({ logId, handleCode: 200 }));
  const read = readCallbacks(list);
  assert.deepEqual([read?.items.length, read?.unreadable], [10_000, 10]);
});

test('replies are read whether their value is called content or data', () => {
  assert.deepEqual(readReply('{"code":200,"msg":null,"content":{"a":1}}').data, { a: 1 });
  assert.deepEqual(readReply('{"code":200,"data":{"a":1}}').data, { a: 1 });
  for (const text of ['', '[]', 'null', '{}', '{"code":"x"}', '{"code":null}']) {
    assert.throws(() => readReply(text), SyntaxError);
  }
  assert.deepEqual(JSON.parse(replyBody(500, 'why')), {
    code: 500,
    msg: 'why',
    content: null,
    data: null,
  });
});

test('text is cut to bytes between two characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(60), (text, max) => {
      const cut = cutToBytes(text, max);
      assert.ok(Buffer.byteLength(cut) <= max);
      const whole = Buffer.from(text).toString('utf8');
      assert.ok(whole.startsWith(cut));
      if (Buffer.byteLength(text) <= max) assert.equal(cut, whole);
      else assert.ok(max - Buffer.byteLength(cut) < 4);
    }),
    { numRuns: 1_000 },
  );
});

test('sharding parameters', () => {
  assert.deepEqual(readShards(' 0 = a ,1=b\r\n\n2='), [
    { number: 0, value: 'a' },
    { number: 1, value: 'b' },
    { number: 2, value: '' },
  ]);
  for (const text of ['', 'a', '0=a,0=b', '-1=a', '0=a,b']) {
    assert.equal(typeof readShards(text), 'string', text);
  }
  const many = Array.from({ length: 1_001 }, (_, index) => `${index}=x`).join();
  assert.match(String(readShards(many)), /more than 1000/);
});

test('progress of very many workers stays within what is kept', () => {
  const parts = Array.from({ length: 1_000 }, (_, index) => ({
    logId: index,
    dispatchedAtMs: 0,
    index,
    total: 1_000,
    address: `xxljob@host-with-a-rather-long-name-${index}.example:9999`,
    url: '',
    appName: null,
    state: 'failed' as const,
    message: 'm'.repeat(1_000),
  }));
  assert.ok(progressOf({ name: 'job', parts }).length < 64 * 1024);
  const record = { group: 1, jobId: 1, name: '', parts, startedAtMs: 1, stopAtMs: null, end: null };
  const { message, result } = endOf(record, 1);
  assert.ok(message.length <= 2_000 && result.length <= 1_000);
});
