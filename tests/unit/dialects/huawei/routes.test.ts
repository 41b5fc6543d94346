import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HuaweiMethod, HuaweiOperation } from '../../../../src/dialects/huawei/operation.ts';
import { RouteTable } from '../../../../src/dialects/huawei/routes.ts';

function operation(
  name: string,
  method: HuaweiMethod,
  path: string,
  alsoMethods: readonly HuaweiMethod[] = [],
): HuaweiOperation<null> {
  return {
    name,
    method,
    path,
    alsoMethods,
    action: null,
    summary: '',
    handle: async () => ({ status: 200, body: {} }),
  };
}

const table = new RouteTable<null>();
for (const each of [
  operation('createCluster', 'POST', '/clusters'),
  operation('random', 'POST', '/clusters/job'),
  operation('showCluster', 'GET', '/clusters/{cluster_id}'),
  operation('startJob', 'PUT', '/clusters/{cluster_id}/cdm/job/{job_name}/start', ['GET']),
  operation('showJobs', 'GET', '/clusters/{cluster_id}/cdm/job/{job_name}'),
]) {
  table.add(each);
}

const found = [
  ['POST', ['clusters'], 'createCluster', {}],
  ['POST', ['clusters', 'job'], 'random', {}],
  // A fixed word that has not this method gives way to the parameter.
  ['GET', ['clusters', 'job'], 'showCluster', { cluster_id: 'job' }],
  [
    'PUT',
    ['clusters', 'c', 'cdm', 'job', 'a/b', 'start'],
    'startJob',
    { cluster_id: 'c', job_name: 'a/b' },
  ],
  [
    'GET',
    ['clusters', 'job', 'cdm', 'job', 'start', 'start'],
    'startJob',
    { cluster_id: 'job', job_name: 'start' },
  ],
  [
    'GET',
    ['clusters', 'c', 'cdm', 'job', 'start'],
    'showJobs',
    { cluster_id: 'c', job_name: 'start' },
  ],
  ['GET', ['clusters', '__proto__'], 'showCluster', { cluster_id: '__proto__' }],
] as const;
for (const [method, segments, name, params] of found) {
  test(`${method} ${segments.join(' ')} is ${name}`, () => {
    const match = table.find(method, segments);
    assert.equal(match?.operation.name, name);
    assert.deepEqual(match?.params, params);
  });
}

test('nothing else is found', () => {
  for (const [method, segments] of [
    ['PATCH', ['clusters']],
    ['GET', []],
    ['GET', ['clusters', '']],
    ['GET', ['clusters', 'c', 'cdm']],
    ['GET', ['Clusters', 'c']],
    ['GET', ['constructor']],
  ] as const) {
    assert.equal(table.find(method, segments), null, segments.join('/'));
  }
});

test('two operations cannot share a path and a method', () => {
  assert.throws(
    () => table.add(operation('other', 'GET', '/clusters/{id}/cdm/job/{name}/start')),
    /is taken/,
  );
});
