import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBody } from '../../../../src/dialects/huawei/body.ts';
import { parseQuery, pathSegments } from '../../../../src/dialects/huawei/incoming.ts';

const parse = (text: string): unknown => parseBody(Buffer.from(text));

test('no body, an empty one, null and {} are one', () => {
  for (const text of ['', ' \r\n', 'null', '{}']) assert.deepEqual(parse(text), {}, text);
});

test('members that are null are absent, at any depth; items of lists stay', () => {
  assert.deepEqual(parse('{"a":null,"b":{"c":null,"d":[{"e":null},null]}}'), {
    b: { d: [{}, null] },
  });
});

test('odd names stay names', () => {
  const body = parse('{"__proto__":{"admin":true},"constructor":1}') as object;
  assert.deepEqual(Object.keys(body), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(body), Object.prototype);
});

test('what is not JSON in UTF-8, or too deep, is told apart', () => {
  for (const text of ['{', 'nul', '{"a":}', '\u0000', '['.repeat(65) + ']'.repeat(65)]) {
    assert.equal(parse(text), undefined, text);
  }
  assert.equal(parseBody(Uint8Array.from([0x22, 0xff, 0x22])), undefined);
  assert.ok(Array.isArray(parse('['.repeat(64) + ']'.repeat(64))));
});

test('queries are decoded once, + as a space', () => {
  assert.deepEqual(parseQuery('a=1&b=x+y%2Bz&c&=d&a=2&&'), [
    ['a', '1'],
    ['b', 'x y+z'],
    ['c', ''],
    ['', 'd'],
    ['a', '2'],
  ]);
  for (const text of ['a=%', '%ff=1', 'a&'.repeat(201)]) assert.equal(parseQuery(text), null);
});

test('paths are decoded once, word by word', () => {
  assert.deepEqual(pathSegments('/v3/a%2Fb/%E4%BD%9C%2520/'), ['v3', 'a/b', '作%20']);
  assert.deepEqual(pathSegments('/'), ['']);
  assert.equal(pathSegments('/a/%zz'), null);
});
