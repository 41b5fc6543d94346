import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeExtended, encodeExtended } from '../../../../../src/dialects/cdm/values/extended.ts';

/** Captured from the real service (cdm.md §3.2.2). */
const samples: readonly [string, object][] = [
  ['e30=', {}],
  ['eyLCYXRjaEpvYiI6ImZhbHNlIn0=', { BatchJob: 'false' }],
  ['eyLodHRwc0FjY2VzcyI6InRydWUifQ==', { httpsAccess: 'true' }],
  ['eyLjbGVhclR5cGUiOiLLTlNFUlRfT1ZFUldSSVRFIn0=', { clearType: 'INSERT_OVERWRITE' }],
  [
    'eyLpbXBvcnRNb2RlIjoiQ09QWSIsImxvYWRlckNvbmN1cnLlbmN5IjoiMSL9',
    { importMode: 'COPY', loaderConcurrency: '1' },
  ],
];

for (const [text, fields] of samples) {
  test(`the service's ${text} is read and written`, () => {
    assert.deepEqual(decodeExtended(text), fields);
    assert.equal(encodeExtended(fields as Record<string, unknown>), text);
  });
}

test('plain base64 is read too, and what is neither is not', () => {
  const plain = Buffer.from('{"JL":"JL"}').toString('base64');
  assert.deepEqual(decodeExtended(plain), { JL: 'JL' });
  assert.deepEqual(decodeExtended(''), {});
  assert.equal(decodeExtended('no base64 at all'), null);
  assert.equal(decodeExtended(Buffer.from('[1]').toString('base64')), null);
});

test('what is written reads back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
      const json = JSON.parse(JSON.stringify(fields)) as object;
      assert.deepEqual(decodeExtended(encodeExtended(fields)), json);
    }),
  );
});
