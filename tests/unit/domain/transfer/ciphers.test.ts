import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCiphers, sealCiphers } from '../../../../src/domain/transfer/ciphers.ts';
import type { TransferDefinition } from '../../../../src/domain/transfer/definition.ts';

const cipher = { key: 'aa', iv: 'bb' };
const seal = (text: string, purpose: string): string => `<${purpose}:${text}>`;
const unseal = (text: string, purpose: string): string => {
  assert.ok(text.startsWith(`<${purpose}:`));
  return text.slice(purpose.length + 2, -1);
};
const definition = (decrypt: object | null, encrypt: object | null): TransferDefinition =>
  ({
    name: 'x',
    from: { kind: 'files', decrypt },
    to: { kind: 'files', encrypt },
  }) as unknown as TransferDefinition;

test('keys are sealed once and open again', () => {
  const plain = definition(cipher, cipher);
  const sealed = sealCiphers(plain, seal);
  assert.doesNotMatch(JSON.stringify(sealed), /"(?:aa|bb)"/);
  assert.deepEqual(sealCiphers(sealed, seal), sealed);
  assert.deepEqual(openCiphers(sealed, unseal), plain);
  assert.deepEqual(openCiphers(plain, unseal), plain);
});

test('without keys nothing changes', () => {
  for (const plain of [definition(null, null), definition(null, { kmsKeyId: 'k' })]) {
    assert.equal(sealCiphers(plain, seal), plain);
    assert.equal(openCiphers(plain, unseal), plain);
  }
});
