import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maxReferredConfigMaps } from '../../../../src/dialects/sae/validation/references.ts';
import {
  assertWire,
  configMapOf,
  created,
  factsOf,
  secretOf,
  smallest,
  updated,
  wireError,
} from './support.ts';

describe('references', () => {
  const env = (configMapId: number | string, key?: string) =>
    JSON.stringify([
      {
        name: key === undefined ? 'sae-sys-configmap-all-m' : 'A',
        valueFrom: 'configMapRef',
        configMapId,
        key,
      },
    ]);
  const catalog = factsOf(
    [configMapOf(1, { k: 'v' }), configMapOf(2, { k: 'v' }, 'cn-hangzhou:team')],
    secretOf(9),
  );
  const made = (values: Record<string, string>, facts = catalog) =>
    created(values, smallest, { catalog: facts });

  test('what the template’s own namespace has is taken', () => {
    assert.ok(made({ Envs: env(1, 'k') }));
    assert.ok(made({ Envs: env('01') }));
    assert.ok(made({ Envs: env(2, 'k'), NamespaceId: 'cn-hangzhou:team' }));
    assert.ok(made({ ImagePullSecrets: '9' }));
    const stored = { ...smallest, NamespaceId: 'cn-hangzhou:team' };
    assert.ok(updated(stored, { Envs: env(2, 'k') }, { catalog }));
  });

  test('another namespace’s is as unknown as one that is nowhere', () => {
    for (const refused of [
      () => made({ Envs: env(2, 'k') }),
      () => made({ Envs: env(2) }),
      () => made({ Envs: env(1, 'k'), NamespaceId: 'cn-hangzhou:team' }),
      () => updated(smallest, { Envs: env(2, 'k') }, { catalog }),
      () => made({ Envs: env('9999999999999999999', 'k') }),
    ]) {
      assert.equal(wireError(refused).code, 'NotFound.ConfigMap');
    }
    const elsewhere = secretOf(9, { namespace: 'cn-hangzhou:team' });
    for (const secret of [elsewhere, null, secretOf(8)]) {
      assert.match(
        wireError(() => made({ ImagePullSecrets: '9' }, factsOf([], secret))).message,
        /ImagePullSecrets\}: the Secret \(ID: 9\) does not exist/,
      );
    }
  });

  test('a key of the prototype is no key', () => {
    assertWire(
      () => made({ Envs: env(1, 'toString') }),
      400,
      'NotFound.ConfigMapKey',
      'The key toString of ConfigMap object (ID: 1) does not exist.',
    );
  });

  test('a Secret of another type cannot pull', () => {
    const opaque = factsOf([], secretOf(9, { type: 'Opaque' }));
    assertWire(
      () => made({ ImagePullSecrets: '9' }, opaque),
      400,
      'InvalidParameter.WithMessage',
      'The parameter is invalid {ImagePullSecrets}: the Secret (ID: 9) is of type Opaque; it must be kubernetes.io/dockerconfigjson',
    );
  });

  test('their number is bounded', () => {
    const ids = Array.from({ length: maxReferredConfigMaps + 1 }, (_, index) => index + 1);
    const envs = (count: number) =>
      JSON.stringify(
        ids.slice(0, count).map((id) => ({
          name: `sae-sys-configmap-all-${id}`,
          valueFrom: 'configMapRef',
          configMapId: id,
        })),
      );
    const facts = factsOf(ids.map((id) => configMapOf(id, {})));
    assert.ok(made({ Envs: envs(maxReferredConfigMaps) }, facts));
    assert.match(
      wireError(() => made({ Envs: envs(ids.length) }, facts)).message,
      /more than 100 ConfigMaps/,
    );
  });
});
