import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { WireError } from '../../../../src/dialects/aliyun/errors.ts';
import { refusedAs, saeError } from '../../../../src/dialects/sae/errors.ts';
import { supportingErrors } from '../../../../src/dialects/sae/supporting-errors.ts';
import { parseKeyValues, parseSecretData } from '../../../../src/dialects/sae/values/key-values.ts';
import { DomainError } from '../../../../src/domain/errors.ts';

/** Whatever comes back is made of texts that every store and variable can hold. */
function assertUsable(pairs: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(pairs)) {
    assert.ok(key !== '' && key.length <= 250 && !/[/\0]/.test(key) && !/^\.\.?$/.test(key));
    assert.equal(typeof value, 'string');
    assert.ok(!value.includes('\0') && key.isWellFormed() && value.isWellFormed());
  }
  assert.equal(Object.getPrototypeOf(pairs), Object.prototype);
}

/** The result, or null for the refusal that every fault must end in. */
function orRefused<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    assert.deepEqual([error.status, error.code], [400, 'InvalidParameter.WithMessage']);
    return null;
  }
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.json({ maxDepth: 4 }),
  fc.json({ maxDepth: 4 }).map((text) => JSON.stringify({ SecretData: text })),
  fc
    .dictionary(fc.string({ unit: 'binary', maxLength: 10 }), fc.jsonValue(), { maxKeys: 5 })
    .map((value) => JSON.stringify(value)),
  fc.nat(200).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
);

describe('Data and SecretData', () => {
  test('any text gives usable pairs or one kind of refusal', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const work of [() => parseKeyValues('Data', text), () => parseSecretData(text)]) {
          const pairs = orRefused(work);
          if (pairs !== null) assertUsable(pairs);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('wrapping makes no difference, but for data whose one key is SecretData', () => {
    const key = fc
      .stringMatching(/^[A-Za-z_.][A-Za-z0-9_.-]{1,12}$/)
      .filter((text) => text !== '..');
    const data = fc.dictionary(key, fc.base64String({ maxLength: 24 }), { maxKeys: 4 });
    fc.assert(
      fc.property(data, (pairs) => {
        if (Object.keys(pairs).join() === 'SecretData') return;
        const text = JSON.stringify(pairs);
        const bare = parseSecretData(text);
        assert.deepEqual({ ...bare }, { ...pairs });
        assert.deepEqual(parseSecretData(JSON.stringify({ SecretData: text })), bare);
        assert.deepEqual(parseSecretData(JSON.stringify({ SecretData: pairs })), bare);
      }),
    );
    // One wrapper is taken off, not two.
    const twice = JSON.stringify({ SecretData: '{"SecretData":"dg=="}' });
    assert.deepEqual(parseSecretData(twice), { SecretData: 'dg==' });
  });

  test('a key named __proto__ is a key', () => {
    const pairs = parseKeyValues('Data', '{"__proto__":"v","constructor":"w"}');
    assert.deepEqual(Object.entries(pairs), [
      ['__proto__', 'v'],
      ['constructor', 'w'],
    ]);
  });
});

describe('codes of the supporting operations', () => {
  test('statuses', () => {
    const others = Object.entries(supportingErrors).filter(([, row]) => row.status !== 400);
    assert.deepEqual(
      others.map(([code, row]) => [code, row.status]),
      [
        ['OperationFailed.RPCError', 500],
        ['InvalidAppId.NotFound', 404],
      ],
    );
  });

  test('a refusal gets the name it has in the operation; all else passes', async () => {
    const quota = () => Promise.reject(new DomainError('catalog-quota-exceeded', 'full'));
    const answers = { 'catalog-quota-exceeded': () => saeError('Exceed.Secret') };
    assert.equal(await refusedAs(Promise.resolve(1), answers), 1);
    await assert.rejects(refusedAs(quota(), answers), { code: 'Exceed.Secret' });
    await assert.rejects(refusedAs(quota(), {}), { code: 'catalog-quota-exceeded' });
    await assert.rejects(refusedAs(Promise.reject(new Error('other')), answers), /other/);
  });
});
