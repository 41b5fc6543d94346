import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatTraceparent,
  keptTraceparent,
  parseTraceparent,
} from '../../../src/domain/trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test('valid headers are read, those of later versions by what we know of them', () => {
  assert.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-01`), { traceId, spanId, flags: 1 });
  assert.deepEqual(parseTraceparent(`cc-${traceId}-${spanId}-03-what-the-future-holds`), {
    traceId,
    spanId,
    flags: 3,
  });
  assert.equal(keptTraceparent(` cc-${traceId}-${spanId}-03-x `), `00-${traceId}-${spanId}-03`);
});

test('everything else is none', () => {
  for (const text of [
    null,
    undefined,
    '',
    'x',
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01\nX=1`,
    `cc-${traceId}-${spanId}-01-${'x'.repeat(600)}`,
  ]) {
    assert.equal(parseTraceparent(text), null, String(text));
  }
});

test('what is written is read as it was', () => {
  const hex = (length: number) =>
    fc
      .uint8Array({ minLength: length / 2, maxLength: length / 2 })
      .map((bytes) => Buffer.from(bytes).toString('hex'))
      .filter((text) => !/^0+$/.test(text));
  fc.assert(
    fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 255 }), (trace, span, flags) => {
      const place = { traceId: trace, spanId: span, flags };
      assert.deepEqual(parseTraceparent(formatTraceparent(place)), place);
    }),
  );
});

test('any text is read without a fault, and what is kept can stand in an environment', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const kept = keptTraceparent(text);
      assert.ok(kept === null || /^[0-9a-f-]{55}$/.test(kept));
    }),
  );
});
