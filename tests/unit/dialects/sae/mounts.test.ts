import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkMounts, keyTarget } from '../../../../src/dialects/sae/validation/mount-paths.ts';
import { assertWire, configMapOf, created, factsOf, smallest } from './support.ts';

describe('mounts', () => {
  const mount = (key: string, mountPath: string, configMapId = 1) => ({
    configMapId,
    key,
    mountPath,
  });
  const nas = (mountPath: string) => ({
    mountPath,
    readOnly: false,
    nasId: 'n',
    mountDomain: '',
    nasPath: '/',
  });
  const oss = (mountPath: string) => ({ mountPath, bucketName: 'b', bucketPath: 'p' });
  const { configMaps } = factsOf([configMapOf(1, { a: '1', b: '2' }), configMapOf(2, { c: '3' })]);
  const check = (
    configMapMounts: readonly ReturnType<typeof mount>[],
    nasMounts: readonly ReturnType<typeof nas>[] = [],
    ossMounts: readonly ReturnType<typeof oss>[] = [],
    phpConfigPath: string | null = null,
  ) => checkMounts({ configMapMounts, nasMounts, ossMounts, phpConfigPath }, configMaps);
  const whole = 'sae-sys-configmap-all';

  test('one key: a file in the folder, or the path itself when it is a file’s', () => {
    for (const [key, mountPath, target] of [
      ['k', '/dir', '/dir/k'],
      ['k', '/dir/', '/dir/k'],
      ['k', '/', '/k'],
      ['k', '/dir/k', '/dir/k'],
      ['k', '/dir/k/', '/dir/k/k'],
      ['k', '/etc/app.properties', '/etc/app.properties'],
      ['k', '/etc/app.properties/', '/etc/app.properties/k'],
      ['k', '/etc/conf.d', '/etc/conf.d/k'],
      ['k', '/root/.kube', '/root/.kube/k'],
      ['k', '/opt/app-1.2', '/opt/app-1.2/k'],
      ['a.xml', '/x/./y/../z', '/x/z/a.xml'],
    ] as const) {
      assert.equal(keyTarget(key, mountPath), target, `${key} ${mountPath}`);
    }
  });

  test('a ConfigMap on the path of anything else is refused', () => {
    for (const conflict of [
      () => check([mount('a', '/x'), mount('a', '/x/')]),
      () => check([mount('a', '/x')], [nas('/x/.')]),
      () => check([mount('a', '/x/')], [], [oss('/x')]),
      () => check([mount('a', '/x')], [nas('/x/a')]),
      () => check([mount(whole, '/x')], [], [oss('/x')]),
      () => check([mount(whole, '/x'), mount(whole, '/x', 2)]),
      () => check([mount(whole, '/x'), mount('a', '/x')]),
      () => check([mount('a', '/x'), mount(whole, '/x')]),
      () => check([mount('a', '/x/f.txt'), mount('b', '/x/f.txt')]),
      () => check([mount('a', '/x/f.txt'), mount('b', '/x/f.txt/')]),
      () => check([mount('a', '/x/f.txt'), mount(whole, '/x/f.txt', 2)]),
      () => check([mount('a', '/php.ini')], [], [], '/php.ini'),
    ]) {
      assertWire(
        conflict,
        400,
        'MountConflict.ConfigMap',
        /^Conflict detected for ConfigMap path \/\S+\.$/,
      );
    }
  });

  test('what is apart is taken', () => {
    check([mount('a', '/x'), mount('b', '/x')], [nas('/y')], [oss('/z')]);
    check([mount(whole, '/x'), mount('c', '/x', 2)]);
    check([mount('a', '/y/a')], [nas('/y')]);
  });

  test('other mounts: one path once, never the whole file system, not too many', () => {
    const refused = (work: () => void, reason: RegExp) =>
      assertWire(work, 400, 'InvalidParameter.WithMessage', reason);
    refused(() => check([], [nas('/a'), nas('/a/')]), /\/a is mounted twice/);
    refused(() => check([], [nas('/a')], [oss('/b/../a')]), /OssMountDescs\}: .*mounted twice/);
    refused(() => check([], [nas('/..')]), /must not be \//);
    const many = Array.from({ length: 129 }, (_, index) => nas(`/m${index}`));
    refused(() => check([], many), /more than 128 mounts/);
    check([], many.slice(1));
  });

  test('a key that is no file name cannot be mounted', () => {
    const facts = factsOf([configMapOf(1, { '../x': '1' })]);
    for (const key of ['../x', whole]) {
      assertWire(
        () =>
          created(
            {
              ConfigMapMountDesc: JSON.stringify([{ configMapId: 1, key, mountPath: '/m' }]),
            },
            smallest,
            { catalog: facts },
          ),
        400,
        'InvalidParameter.WithMessage',
        'The parameter is invalid {ConfigMapMountDesc}: the key ../x cannot be the name of a file',
      );
    }
  });
});
