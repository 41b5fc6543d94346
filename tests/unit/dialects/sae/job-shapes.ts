import fc from 'fast-check';

/** Mostly `good`, now and then one of the traps. */
const mostly = <T>(good: fc.Arbitrary<T>, ...traps: readonly T[]) =>
  fc.oneof({ arbitrary: good, weight: 9 }, { arbitrary: fc.constantFrom(...traps), weight: 1 });

const id = mostly(fc.constantFrom<string | number>(1, '1', '01'), 2, 3, 4, '9999999999999999999');
const key = mostly(
  fc.constantFrom('a', 'b.txt', 'sae-sys-configmap-all'),
  '../c',
  'toString',
  '__proto__',
);
const path = mostly(
  fc.oneof(
    fc.constantFrom('/a', '/a/b.txt', '/a/./b', '/conf.d', '//x', '/log/*.log'),
    fc.string({ minLength: 1, maxLength: 8 }).map((text) => `/x${text}`),
  ),
  '/',
  '/a/',
  '/..',
  'relative',
  '/*/a',
);
const name = mostly(fc.constantFrom('A', 'B', '__proto__', 'sae-sys-configmap-all-m'), 'a=b', '');
const flag = fc.boolean();
const word = mostly(fc.constantFrom('n', 'a.example'), '', 'sae-x');

const list = (item: Record<string, fc.Arbitrary<unknown>>) =>
  fc.array(fc.record(item), { maxLength: 4 }).map((items) => JSON.stringify(items));

/** Values that are nearly right, by parameter: of the right shape, with traps in the members. */
export const jobShapes = {
  Envs: fc
    .array(
      fc.oneof(
        fc.record({ name, value: fc.constantFrom('1', 2, null, true) }),
        fc.record({ name, valueFrom: fc.constant('configMapRef'), configMapId: id, key }),
        fc.record({
          name: fc.constant('sae-sys-configmap-all-m'),
          valueFrom: fc.constant('configMapRef'),
          configMapId: id,
        }),
      ),
      { maxLength: 5 },
    )
    .map((items) => JSON.stringify(items)),
  ConfigMapMountDesc: fc
    .array(fc.record({ configMapId: id, key, mountPath: path }), { maxLength: 4 })
    .map((items) => JSON.stringify(items)),
  NasId: word,
  MountHost: word,
  MountDesc: list({ mountPath: path, nasPath: path }),
  NasConfigs: list({
    mountPath: path,
    readOnly: flag,
    nasId: word,
    mountDomain: word,
    nasPath: path,
  }),
  OssMountDescs: list({ bucketName: word, bucketPath: path, mountPath: path, readOnly: flag }),
  OssAkId: word,
  OssAkSecret: word,
  CustomHostAlias: list({ hostName: word, ip: mostly(fc.constantFrom('127.0.0.1', '::1'), 'x') }),
  SlsConfigs: fc.oneof(
    list({ logDir: path }),
    list({ logDir: path, projectName: word, logstoreName: word }),
    list({ logDir: path, logType: fc.constantFrom('stdout', '', null) }),
  ),
  ImagePullSecrets: fc.constantFrom('9', '8', '0', '9999999999999999999', '-1'),
  PhpConfig: word,
  PhpConfigLocation: path,
  TomcatConfig: fc
    .record(
      { port: fc.constantFrom(80, 8080, '8080'), contextPath: path, useBodyEncoding: flag },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  PackageType: fc.constantFrom(
    'Image',
    'FatJar',
    'War',
    'PythonZip',
    'PhpZip',
    'IMAGE_PHP_7_3_ALPINE',
  ),
  ImageUrl: fc.constantFrom('longshore/host', 'team/app:1'),
  PackageUrl: fc.constantFrom('http://x/a.jar', 'http://x/a.war', 'http://x/a.zip'),
  WebContainer: fc.constantFrom('', 'apache-tomcat-8.5.42'),
  EdasContainerVersion: fc.constantFrom('', '3.5.3'),
} satisfies Record<string, fc.Arbitrary<string>>;
