import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTemplate, refusal } from '../../support/sae.ts';
import {
  assertEnvelope,
  clientCores,
  currentClient,
  suiteServer,
  types,
  typesOf,
} from './operations-clients.ts';

const specificationsPath = '/pop/v1/paas/quota/instanceSpecifications';
const componentsPath = '/pop/v1/sam/resource/components';

/** CPU by memory, as sae.md §4.3.1 prints it. */
const pairs = {
  1024: [500, 1000],
  2048: [500, 1000, 2000],
  4096: [1000, 2000, 4000],
  8192: [2000, 4000, 8000],
  12288: [12000],
  16384: [4000, 8000, 16000],
  24576: [12000],
  32768: [16000],
  65536: [8000, 16000, 32000],
  131072: [32000],
};

suite('regions, specifications, components', () => {
  const running = suiteServer();

  for (const [name, make] of Object.entries(clientCores)) {
    test(name, async () => {
      const server = running();
      const call = make(server);
      const regions = await call('DescribeRegions', 'GET', '/pop/v1/paas/regionConfig', {});
      const { RequestId, Regions, ...others } = regions;
      assert.match(String(RequestId), /^[0-9A-F-]{36}$/);
      assert.deepEqual(others, { Code: 200, Message: 'success' });
      assert.deepEqual(Regions, {
        Region: [
          {
            RegionId: 'cn-hangzhou',
            LocalName: 'cn-hangzhou',
            RegionEndpoint: name.startsWith('pop') ? endpointOf(Regions) : new URL(server.url).host,
            RecommendZones: { RecommendZone: [] },
          },
        ],
      });

      const specifications = await call(
        'DescribeInstanceSpecifications',
        'GET',
        specificationsPath,
        {},
      );
      assertEnvelope(specifications);
      const rows = specifications['Data'] as Record<string, unknown>[];
      assert.deepEqual(typesOf(rows[0]), {
        ...types('number', 'Id Cpu Memory Version'),
        Enable: 'boolean',
        SpecInfo: 'string',
      });
      assert.deepEqual(
        rows.map((row) => [row['Memory'], row['Cpu']]),
        Object.entries(pairs).flatMap(([memory, cpus]) => cpus.map((cpu) => [Number(memory), cpu])),
      );
      assert.equal(new Set(rows.map((row) => row['Id'])).size, 21);

      const components = await call('DescribeComponents', 'GET', componentsPath, {
        Type: 'TOMCAT',
      });
      assertEnvelope(components);
      const [tomcat, ...more] = components['Data'] as Record<string, unknown>[];
      assert.deepEqual(typesOf(tomcat), {
        ...types('string', 'ComponentKey ComponentDescription Type'),
        Expired: 'boolean',
      });
      assert.deepEqual(
        [tomcat, ...more].map((row) => [row?.['ComponentKey'], row?.['Type']]),
        [
          ['apache-tomcat-7.0.91', 'TOMCAT'],
          ['apache-tomcat-8.5.42', 'TOMCAT'],
        ],
      );
    });
  }

  test('CreateJob takes every component that is listed', async () => {
    const server = running();
    const call = currentClient(server);
    const keys = async (Type: string) => {
      const { Data } = await call('DescribeComponents', 'GET', componentsPath, { Type });
      return (Data as { ComponentKey: string }[]).map((row) => row.ComponentKey);
    };
    const jdks = await keys('JDK');
    assert.equal(jdks.length, 6);
    const tomcats = await keys('TOMCAT');
    for (const [index, Jdk] of jdks.entries()) {
      await createTemplate(server.sae, ['true'], {
        PackageType: 'War',
        ImageUrl: '',
        PackageUrl: 'http://127.0.0.1/app.war',
        PackageVersion: '1',
        Jdk,
        WebContainer: tomcats[index % tomcats.length] ?? '',
      });
    }
  });

  test('what is not there', async () => {
    const call = currentClient(running());
    const code = async (query: Readonly<Record<string, string>>) =>
      (await refusal(call('DescribeComponents', 'GET', componentsPath, query))).code;
    assert.equal(await code({}), 'InvalidParameter.NotEmpty');
    assert.equal(await code({ Type: 'jdk' }), 'InvalidParameter.Obviously');
    assert.equal(await code({ Type: 'JDK', AppId: 'nobody' }), 'InvalidApplication.NotFound');
  });
});

/** The classic core leaves the port out of its Host header (sae.md §2.3). */
function endpointOf(regions: unknown): string {
  const { Region } = regions as { Region: { RegionEndpoint: string }[] };
  const endpoint = Region[0]?.RegionEndpoint ?? '';
  assert.match(endpoint, /^127\.0\.0\.1(:\d+)?$/);
  return endpoint;
}
