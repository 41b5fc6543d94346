import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { bucketCredentials } from '../../../../src/dialects/sae/translate/mounts.ts';
import { sealSecrets } from '../../../../src/dialects/sae/translate/seal-secrets.ts';
import { taskVariables } from '../../../../src/dialects/sae/translate/variables.ts';
import { createTextBox, sealNonceBytes } from '../../../../src/lib/sealed-box.ts';
import { configMapOf, created, factsOf, revisionOf, smallest } from './support.ts';

const revision = (values: Record<string, string>) => revisionOf(created(values));

describe('variables from ConfigMaps', () => {
  const literal = (name: string, value: string) => ({ kind: 'literal', name, value }) as const;
  const ref = (name: string, configMapId: number, key: string | null = 'k') =>
    ({ kind: 'config-map', name, configMapId: String(configMapId), key }) as const;
  const whole = (configMapId: number) => ref('sae-sys-configmap-all-m', configMapId, null);

  test('of one name the last item wins, literal or not', () => {
    assert.deepEqual(taskVariables([literal('A', '1'), ref('A', 1)]), {
      env: {},
      envFrom: [{ name: 'A', configMapId: 1, key: 'k' }],
    });
    assert.deepEqual(taskVariables([ref('A', 1), literal('A', '1')]), { env: { A: '1' } });
    assert.deepEqual(taskVariables([literal('A', '1'), literal('A', '2')]), { env: { A: '2' } });
    const proto = taskVariables([literal('__proto__', 'kept')]);
    assert.deepEqual(Object.entries(proto.env), [['__proto__', 'kept']]);
  });

  test('names win over whole ConfigMaps; of those the last wins', () => {
    assert.deepEqual(taskVariables([ref('A', 3), whole(1), whole(2), whole(1)]), {
      env: {},
      envFrom: [{ allOf: 2 }, { allOf: 1 }, { name: 'A', configMapId: 3, key: 'k' }],
    });
  });

  test('an overruled item still is a reference', () => {
    const catalog = factsOf([configMapOf(1, { k: 'v' })]);
    const job = created(
      {
        Envs: '[{"name":"A","valueFrom":"configMapRef","configMapId":"01","key":"k"},{"name":"A","value":"1"}]',
        ConfigMapMountDesc: '[{"configMapId":1,"key":"k","mountPath":"/m"}]',
      },
      smallest,
      { catalog },
    );
    const { spec, references } = revisionOf(job);
    assert.equal(spec.task.envFrom, undefined);
    assert.deepEqual(references, [{ kind: 'config-map', id: 1 }]);
  });
});

describe('mounts, hosts and logs', () => {
  test('all kinds of mounts', () => {
    const catalog = factsOf([configMapOf(1, { k: 'v', 'app.xml': 'w' })]);
    const job = created(
      {
        ConfigMapMountDesc:
          '[{"configMapId":1,"key":"k","mountPath":"/dir/"},{"configMapId":"1","key":"app.xml","mountPath":"/etc/app.xml"},{"configMapId":1,"key":"sae-sys-configmap-all","mountPath":"/all"}]',
        NasConfigs:
          '[{"mountPath":"/nas/","readOnly":true,"nasId":"n1","mountDomain":"n1.example","nasPath":"a/../b"}]',
        OssMountDescs:
          '[{"bucketName":"b","bucketPath":"data/x","mountPath":"/oss"},{"bucketName":"c","bucketPath":"y","mountPath":"/ro","readOnly":true}]',
        OssAkId: 'id',
        OssAkSecret: 'sealed text',
      },
      smallest,
      { catalog },
    );
    const credentials = {
      accessKeyId: 'id',
      sealedSecret: 'sealed text',
      purpose: 'sae OssAkSecret',
    };
    const configMap = { kind: 'config-map', configMapId: 1 };
    assert.deepEqual(revisionOf(job).spec.task.mounts, [
      { mountPath: '/dir/k', readOnly: true, source: { ...configMap, key: 'k' } },
      { mountPath: '/etc/app.xml', readOnly: true, source: { ...configMap, key: 'app.xml' } },
      { mountPath: '/all', readOnly: true, source: { ...configMap, key: null } },
      {
        mountPath: '/nas',
        readOnly: true,
        source: { kind: 'volume', id: 'n1', host: 'n1.example', path: '/b' },
      },
      {
        mountPath: '/oss',
        readOnly: false,
        source: { kind: 'bucket', bucket: 'b', path: 'data/x', credentials },
      },
      {
        mountPath: '/ro',
        readOnly: true,
        source: { kind: 'bucket', bucket: 'c', path: 'y', credentials },
      },
    ]);
  });

  test('NasId with MountDesc; without a file system nothing is mounted; half a key is none', () => {
    const mounts = (values: Record<string, string>) => revision(values).spec.task.mounts;
    const MountDesc = '[{mountPath: "/tmp", nasPath: "/"}]';
    assert.deepEqual(mounts({ MountDesc, NasId: 'n' }), [
      {
        mountPath: '/tmp',
        readOnly: false,
        source: { kind: 'volume', id: 'n', host: '', path: '/' },
      },
    ]);
    assert.equal(mounts({ MountDesc }), undefined);
    const OssMountDescs = '[{"bucketName":"b","bucketPath":"p","mountPath":"/m"}]';
    const [bucket] = mounts({ OssMountDescs, OssAkId: 'id' }) ?? [];
    assert.equal(bucket?.source.kind === 'bucket' && bucket.source.credentials, null);
  });

  test('what is sealed opens again for the mount', () => {
    const box = createTextBox(randomBytes(32), () => randomBytes(sealNonceBytes));
    const sent = sealSecrets({ OssAkSecret: 'the secret' }, (text, purpose) =>
      box.seal(text, purpose),
    );
    const credentials = bucketCredentials({ OssAkId: 'id', ...sent });
    assert.ok(credentials);
    assert.equal(box.unseal(credentials.sealedSecret, credentials.purpose), 'the secret');
  });

  test('hosts', () => {
    const aliases = [{ hostName: 'db', ip: '10.0.0.1' }];
    const { spec } = revision({ CustomHostAlias: JSON.stringify(aliases) });
    assert.deepEqual(spec.task.hostAliases, aliases);
  });
});
