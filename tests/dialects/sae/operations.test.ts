import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { generatedPages } from '../../../scripts/docs.ts';
import { createSaeProduct, defaultSaeSettings } from '../../../src/dialects/sae/index.ts';
import type { DialectContext } from '../../../src/dialects/kit/dialect.ts';

const job = '/pop/v1/sam/job';
const namespace = '/pop/v1/sam/namespace';
const changes = '/pop/v1/sam/changeorder';

/** The table of sae.md §2.1. */
const contract: readonly (readonly [name: string, method: string, path: string])[] = [
  ['CreateJob', 'POST', `${job}/createJob`],
  ['UpdateJob', 'POST', `${job}/updateJob`],
  ['ExecJob', 'GET', `${job}/execJob`],
  ['DeleteJob', 'DELETE', `${job}/deleteJob`],
  ['DescribeJob', 'GET', `${job}/describeJob`],
  ['ListJobs', 'GET', `${job}/listJobs`],
  ['SuspendJob', 'GET', `${job}/suspendJob`],
  ['DescribeJobHistory', 'GET', `${job}/describeJobHistory`],
  ['DescribeJobStatus', 'GET', `${job}/describeJobStatus`],
  ['DeleteHistoryJob', 'DELETE', `${job}/deleteHistoryJob`],
  ['GetJobHistory', 'GET', `${job}/getJobHistory`],
  ['CreateNamespace', 'POST', '/pop/v1/paas/namespace'],
  ['UpdateNamespace', 'PUT', '/pop/v1/paas/namespace'],
  ['DeleteNamespace', 'DELETE', '/pop/v1/paas/namespace'],
  ['DescribeNamespace', 'GET', '/pop/v1/paas/namespace'],
  ['DescribeNamespaces', 'GET', '/pop/v1/paas/namespaces'],
  ['DescribeNamespaceList', 'GET', `${namespace}/describeNamespaceList`],
  ['DescribeNamespaceResources', 'GET', `${namespace}/describeNamespaceResources`],
  ['UpdateNamespaceVpc', 'POST', `${namespace}/updateNamespaceVpc`],
  ['UpdateNamespaceSlsConfigs', 'POST', '/pop/cas/namespace/updateNamespaceSlsConfigs'],
  ['CreateConfigMap', 'POST', '/pop/v1/sam/configmap/configMap'],
  ['UpdateConfigMap', 'PUT', '/pop/v1/sam/configmap/configMap'],
  ['DeleteConfigMap', 'DELETE', '/pop/v1/sam/configmap/configMap'],
  ['DescribeConfigMap', 'GET', '/pop/v1/sam/configmap/configMap'],
  ['ListNamespacedConfigMaps', 'GET', '/pop/v1/sam/configmap/listNamespacedConfigMaps'],
  ['CreateSecret', 'POST', '/pop/v1/sam/secret/secret'],
  ['UpdateSecret', 'PUT', '/pop/v1/sam/secret/secret'],
  ['DeleteSecret', 'DELETE', '/pop/v1/sam/secret/secret'],
  ['DescribeSecret', 'GET', '/pop/v1/sam/secret/secret'],
  ['ListSecrets', 'GET', '/pop/v1/sam/secret/secrets'],
  ['DescribeChangeOrder', 'GET', `${changes}/DescribeChangeOrder`],
  ['ListChangeOrders', 'GET', `${changes}/ListChangeOrders`],
  ['DescribePipeline', 'GET', `${changes}/DescribePipeline`],
  ['AbortChangeOrder', 'PUT', `${changes}/AbortChangeOrder`],
  ['ListNamespaceChangeOrders', 'GET', `${changes}/listNamespaceChangeOrders`],
  ['DescribeApplicationGroups', 'GET', '/pop/v1/sam/app/describeApplicationGroups'],
  ['DescribeApplicationInstances', 'GET', '/pop/v1/sam/app/describeApplicationInstances'],
  ['DescribeInstanceLog', 'GET', '/pop/v1/sam/instance/describeInstanceLog'],
  ['ListAppEvents', 'GET', '/pop/v1/sam/app/listAppEvents'],
  ['ListTagResources', 'GET', '/tags'],
  ['TagResources', 'POST', '/tags'],
  ['UntagResources', 'DELETE', '/tags'],
  ['DescribeInstanceSpecifications', 'GET', '/pop/v1/paas/quota/instanceSpecifications'],
  ['DescribeComponents', 'GET', '/pop/v1/sam/resource/components'],
  ['DescribeRegions', 'GET', '/pop/v1/paas/regionConfig'],
];

const { operations, version } = createSaeProduct({} as DialectContext, defaultSaeSettings);

suite('operations', () => {
  test('every row of the contract is served, and nothing else', () => {
    assert.equal(version, '2019-05-06');
    const sorted = (rows: readonly (readonly string[])[]) =>
      rows.map((row) => row.join(' ')).sort();
    assert.deepEqual(
      sorted(operations.map(({ name, method, path }) => [name, method, path])),
      sorted(contract),
    );
  });

  test('the coverage page has each operation, and each parameter with its effect', () => {
    const page = generatedPages['docs/dialects/sae.md']?.() ?? '';
    for (const [name, method, path] of contract) {
      assert.ok(page.includes(`| ${name} | ${method} | \`${path}\` |`), name);
      const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0];
      assert.ok(section !== undefined, `the page has no section ${name}`);
      const parameters = operations.find((operation) => operation.name === name)?.parameters ?? [];
      for (const parameter of parameters) {
        assert.match(
          section,
          new RegExp(
            `\\| \`${parameter.name}\` \\| \\w+ \\| (yes)? *\\| (acts|stored|refused) \\|`,
          ),
          `${name}, ${parameter.name}`,
        );
      }
    }
  });

  test('no operation names a parameter twice', () => {
    for (const { name, parameters } of operations) {
      const names = parameters.map((parameter) => parameter.name);
      assert.deepEqual(names, [...new Set(names)], name);
    }
  });
});
