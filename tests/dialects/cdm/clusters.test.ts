/** Every cluster operation through the vendor's client core (cdm.md §3.14 and appendix B). */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Value } from 'typebox/value';
import {
  scheduleDefaults,
  type ScheduleDefinition,
} from '../../../src/domain/schedule/definition.ts';
import type { JobSpec } from '../../../src/domain/template.ts';
import { until } from '../../support/until.ts';
import {
  type Answer,
  failureOf,
  type HuaweiHost,
  region,
  sdkClient,
  startHuaweiHost,
} from '../huawei/harness.ts';
import { clusterAnswers } from './cluster-shapes.ts';

type Named = keyof typeof clusterAnswers;
type Row = Readonly<Record<string, unknown>>;

const flavorId = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';

/** What the manual's example of createCluster sends. */
const fullRequest = {
  cluster: {
    scheduleBootTime: '',
    isScheduleBootOff: false,
    instances: [
      {
        availability_zone: 'cn-north-4a',
        nics: [{ securityGroupId: 'sg-1', 'net-id': 'net-1' }],
        flavorRef: flavorId,
        type: 'cdm',
      },
    ],
    datastore: { type: 'cdm', version: '2.8.6.1' },
    extended_properties: { workSpaceId: 'w', resourceId: 'r', trial: 'false' },
    scheduleOffTime: '',
    vpcId: 'vpc-1',
    name: 'cdm-ab82',
    sys_tags: [{ key: '_sys_enterprise_project_id', value: '1ce45885' }],
    isAutoOff: false,
    unheard: 'of',
  },
  auto_remind: false,
  phone_num: '',
  email: null,
};

class Subject {
  readonly host: HuaweiHost;

  constructor(host: HuaweiHost) {
    this.host = host;
  }

  /** Calls an operation and checks the shape of its answer. */
  async call(
    name: Named,
    method: string,
    path: string,
    body?: unknown,
    status = 200,
  ): Promise<Answer> {
    const answer = await this.host.call(method, `/v1.1/{project_id}${path}`, {
      params: { project_id: this.host.projectId },
      body,
      headers: { 'X-Language': 'en-us' },
    });
    const { httpStatusCode, ...members } = answer;
    assert.equal(httpStatusCode, status, name);
    const faults = Value.Errors(clusterAnswers[name], members).map(
      ({ instancePath, message }) => `${instancePath} ${message}`,
    );
    assert.deepEqual(faults, [], name);
    return answer;
  }

  create(body: unknown = fullRequest): Promise<Answer> {
    return this.call('createCluster', 'POST', '/clusters', body, 202);
  }

  detail(id: string): Promise<Answer> {
    return this.call('showClusterDetail', 'GET', `/clusters/${id}`);
  }

  act(name: Named, id: string, body: unknown): Promise<Answer> {
    return this.call(name, 'POST', `/clusters/${id}/action`, body);
  }

  async firstId(): Promise<string> {
    const { clusters } = await this.call('listClusters', 'GET', '/clusters');
    return String((clusters as Row[])[0]?.['id']);
  }

  async statusOf(id: string): Promise<unknown> {
    return (await this.detail(id))['status'];
  }

  /** A job of the cluster that waits to run, for ever: nothing runs jobs here. */
  async activeRun(clusterId: string): Promise<string> {
    const { runs } = this.host.engine;
    const templateId = await this.job(clusterId, null);
    const { run } = await runs.submit({
      templateId,
      dialect: 'cdm',
      trigger: 'manual',
      idPrefix: '',
      idSuffix: '',
      idempotencyKey: null,
      notBeforeMs: null,
      by: 'root',
      override: null,
    });
    return run.id;
  }

  /** A job of the cluster as the engine keeps it. */
  async job(clusterId: string, schedule: ScheduleDefinition | null): Promise<string> {
    const { template } = await this.host.engine.templates.create(
      {
        dialect: 'cdm',
        namespace: clusterId,
        name: 'job',
        spec,
        document: {},
        notActedOn: [],
        refersTo: null,
        schedule,
      },
      'root',
    );
    return template.id;
  }

  async stateOf(runId: string): Promise<string | undefined> {
    return (await this.host.engine.runs.get(runId))?.state;
  }
}

const spec: JobSpec = {
  task: {
    artifact: { kind: 'image', image: 'none' },
    argv: [],
    env: {},
    identityEnv: {},
    postStart: null,
    preStop: null,
  },
  replicas: 1,
  shards: null,
  concurrency: 'allow',
  retry: { limit: 0, backoffMs: 1_000, backoffMaxMs: 1_000 },
  timeoutMs: null,
  graceMs: 1_000,
  timezone: 'UTC',
  resources: { cpuMillis: 500, memoryMib: 512 },
};

const everyMinute: ScheduleDefinition = {
  ...scheduleDefaults,
  timing: { kind: 'cron', expression: '* * * * *' },
};

async function start(t: TestContext): Promise<Subject> {
  return new Subject(await startHuaweiHost(t));
}

describe('clusters', () => {
  test('a project has one from the start, the same after a restart', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const { name, status, flavorName } = await subject.detail(id);
    assert.deepEqual([name, status, flavorName], ['cdm-default', '200', 'cdm.large']);
    const next = new Subject(await subject.host.restart());
    assert.equal(await next.firstId(), id);
  });

  test('are created, listed, shown and kept', async (t) => {
    const subject = await start(t);
    const created = await subject.create();
    const id = String(created['id']);
    assert.equal(created['name'], 'cdm-ab82');
    assert.deepEqual(created['datastore'], { type: 'cdm', version: '2.8.6.1' });
    const [node] = created['instances'] as Row[];
    const { clusters } = await subject.call('listClusters', 'GET', '/clusters');
    assert.deepEqual((clusters as Row[]).map((each) => each['id']).slice(1), [id]);
    const detail = await subject.detail(id);
    const {
      vpc_id: vpc,
      subnet_id: subnet,
      security_group_id: group,
      azName,
      eps_id: eps,
    } = detail;
    assert.deepEqual(
      [vpc, subnet, group, azName, eps],
      ['vpc-1', 'net-1', 'sg-1', 'cn-north-4a', '1ce45885'],
    );
    assert.deepEqual([detail['flavorName'], detail['status']], ['cdm.medium', '200']);
    assert.equal((detail['instances'] as Row[])[0]?.['id'], node?.['id']);
    const next = new Subject(await subject.host.restart());
    assert.deepEqual(await next.detail(id), detail);
  });

  test('need a name and a network; a flavor must exist', async (t) => {
    const subject = await start(t);
    const { cluster } = fullRequest;
    const [instance] = cluster.instances;
    const cases = [
      [{}, 'Cdm.0238', '[cluster] must not be blank.'],
      [{ cluster: {} }, 'Cdm.0238', '[cluster.name] must not be blank.'],
      [{ cluster: { ...cluster, name: '' } }, 'Cdm.0238', '[cluster.name] must not be blank.'],
      [{ cluster: { ...cluster, vpcId: null } }, 'Cdm.0238', '[cluster.vpcId] must not be blank.'],
      [{ cluster: { ...cluster, name: 'x'.repeat(65) } }, 'Cdm.0010', 'cluster.name'],
      [{ cluster: { ...cluster, name: 7 } }, 'Cdm.0004', 'cluster.name'],
      [{ cluster: { ...cluster, instances: [{ ...instance, flavorRef: 'x' }] } }, 'Cdm.0014', 'x'],
      [{ cluster: { ...cluster, datastore: { type: 'mrs' } } }, 'Cdm.0014', 'datastore'],
    ] as const;
    for (const [body, code, text] of cases) {
      const failure = await failureOf(subject.create(body));
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, code]);
      assert.ok(failure.errorMsg.includes(text), failure.errorMsg);
    }
    const small = await subject.create({ cluster: { name: 'n', vpcId: 'v' } });
    assert.equal((await subject.detail(String(small['id'])))['flavorName'], 'cdm.large');
  });

  test('are modified, the first one too', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    const change = { autoOff: true, scheduleBootOff: 'true', autoRemind: false, email: 'a@b.c' };
    await subject.call('modifyCluster', 'POST', `/cluster/modify/${id}`, change);
    const { isAutoOff, isScheduleBootOff, name } = await subject.detail(id);
    assert.deepEqual([isAutoOff, isScheduleBootOff, name], [true, true, 'cdm-default']);
    await subject.call('modifyCluster', 'POST', `/cluster/modify/${id}`, { autoOff: false });
    assert.equal((await subject.detail(id))['isScheduleBootOff'], true);
  });

  test('that do not exist are 404 Cdm.0201 everywhere', async (t) => {
    const subject = await start(t);
    const { host } = subject;
    const spare = (await host.family.projects.findByName('spare'))?.id ?? '';
    const others = sdkClient(host.url, host.rootKey, { projectId: spare });
    const ofAnother = ((await others('GET', `/v1.1/${spare}/clusters`))['clusters'] as Row[])[0]?.[
      'id'
    ];
    for (const id of ['6ec9a0a4-76be-4262-8697-e7af1fac7920', 'x', String(ofAnother)]) {
      for (const call of [
        () => subject.detail(id),
        () => subject.call('deleteCluster', 'DELETE', `/clusters/${id}`),
        () => subject.act('stopCluster', id, { stop: { stopMode: 'IMMEDIATELY' } }),
        () => subject.act('startCluster', id, { start: {} }),
        () => subject.act('restartCluster', id, { restart: {} }),
        () => subject.call('modifyCluster', 'POST', `/cluster/modify/${id}`, {}),
        () =>
          subject.call(
            'showClusterEnterpriseProjects',
            'GET',
            `/clusters/${id}/enterprise-projects`,
          ),
        () => subject.call('showInstanceDetail', 'GET', `/instances/${id}`),
      ]) {
        const failure = await failureOf(call());
        assert.deepEqual([failure.httpStatusCode, failure.errorCode], [404, 'Cdm.0201'], id);
      }
    }
  });

  test('are deleted with what they hold, the first one too', async (t) => {
    const subject = await start(t);
    const { engine } = subject.host;
    const created = String((await subject.create())['id']);
    for (const id of [created, await subject.firstId()]) {
      await subject.activeRun(id);
      const body = { keep_last_manual_backup: 0 };
      await subject.call('deleteCluster', 'DELETE', `/clusters/${id}`, body, 202);
      const failure = await failureOf(subject.detail(id));
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [404, 'Cdm.0201']);
      const query = { dialect: 'cdm', namespace: id, offset: 0, limit: 1 } as const;
      assert.equal((await engine.templates.list(query)).total, 0);
      const again = subject.call('deleteCluster', 'DELETE', `/clusters/${id}`);
      assert.equal((await failureOf(again)).httpStatusCode, 404);
    }
    const next = new Subject(await subject.host.restart());
    assert.deepEqual((await next.call('listClusters', 'GET', '/clusters'))['clusters'], []);
    await next.create();
    const { clusters } = await next.call('listClusters', 'GET', '/clusters');
    assert.equal((clusters as Row[]).length, 1);
  });
});

describe('stopping', () => {
  test('at once ends what runs, and nothing starts until it is started', async (t) => {
    const subject = await start(t);
    const { services, family, projectId } = subject.host;
    const project = await family.projects.find(projectId);
    assert.ok(project !== null);
    const id = await subject.firstId();
    const run = await subject.activeRun(id);
    const elsewhere = await subject.activeRun(String((await subject.create())['id']));
    await subject.act('stopCluster', id, { stop: { stopMode: 'IMMEDIATELY' } });
    assert.equal(await subject.stateOf(run), 'canceled');
    assert.equal(await subject.stateOf(elsewhere), 'queued');
    assert.equal(await subject.statusOf(id), '900');
    await assert.rejects(services.gate.requireAccepting(project, id), {
      status: 503,
      code: 'Cdm.0037',
    });
    assert.deepEqual(await services.gate.accepting(project, [id, 'x']), []);
    const again = subject.act('stopCluster', id, { stop: { stopMode: 'IMMEDIATELY' } });
    assert.equal((await failureOf(again)).errorCode, 'Cdm.0202');
    await subject.act('startCluster', id, { start: {} });
    assert.equal(await subject.statusOf(id), '200');
    assert.equal((await services.gate.requireAccepting(project, id)).id, id);
    const accepting = await services.gate.accepting(project, ['x', id, id]);
    assert.deepEqual(
      accepting.map((cluster) => cluster.id),
      [id],
    );
    const started = subject.act('startCluster', id, { start: {} });
    assert.equal((await failureOf(started)).errorCode, 'Cdm.0202');
  });

  test('gracefully waits for what runs, over a restart of the server', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    const run = await subject.activeRun(id);
    await subject.act('stopCluster', id, { stop: { stopMode: 'GRACEFULLY', delayTime: -1 } });
    assert.equal(await subject.statusOf(id), '910');
    const next = new Subject(await subject.host.restart());
    assert.equal(await next.statusOf(id), '910');
    assert.equal(await next.stateOf(run), 'queued');
    await next.host.engine.runs.stop(run, 'root');
    assert.equal(await next.statusOf(id), '900');
  });

  test('gracefully with a delay ends what still runs then, though nobody asks', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    const run = await subject.activeRun(id);
    await subject.act('stopCluster', id, { stop: { stopMode: 'GRACEFULLY', delayTime: 60 } });
    assert.equal(await subject.stateOf(run), 'queued');
    const next = new Subject(await subject.host.restart());
    const { services, family, clock } = next.host;
    await services.clusters.resume(await family.projects.list());
    clock.nowMs = Date.now() + 61_000;
    await until('the run is stopped', async () => (await next.stateOf(run)) === 'canceled');
    assert.equal(await next.statusOf(id), '900');
  });

  test('lets schedules rest until the cluster runs again, and no others', async (t) => {
    const subject = await start(t);
    const { templates } = subject.host.engine;
    const id = await subject.firstId();
    const scheduled = await subject.job(id, everyMinute);
    const suspendedBefore = await subject.job(id, everyMinute);
    await templates.setSuspended(suspendedBefore, 'cdm', true, 'root');
    const unscheduled = await subject.job(id, null);
    const gone = await subject.job(id, everyMinute);
    const suspended = async () =>
      Promise.all(
        [scheduled, suspendedBefore, unscheduled].map(
          async (job) => (await templates.get(job))?.suspended,
        ),
      );
    await subject.act('stopCluster', id, { stop: { stopMode: 'IMMEDIATELY' } });
    assert.deepEqual(await suspended(), [true, true, false]);
    await templates.delete(gone, 'cdm', 'root');
    await subject.act('startCluster', id, { start: {} });
    assert.deepEqual(await suspended(), [false, true, false]);
    await subject.act('restartCluster', id, { restart: { type: 'cdm' } });
    assert.deepEqual(await suspended(), [false, true, false]);
  });

  test('overtakes a slower stop', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    await subject.activeRun(id);
    await subject.act('stopCluster', id, { stop: { stopMode: 'GRACEFULLY', delayTime: -1 } });
    await subject.act('stopCluster', id, { stop: { stopMode: 'IMMEDIATELY' } });
    assert.equal(await subject.statusOf(id), '900');
  });
});

describe('restarting', () => {
  for (const restartMode of ['IMMEDIATELY', 'FORCELY', undefined]) {
    test(`with the mode ${String(restartMode)} ends what runs and comes back`, async (t) => {
      const subject = await start(t);
      const id = await subject.firstId();
      const run = await subject.activeRun(id);
      const restart = { restartDelayTime: 0, restartMode, restartLevel: 'SERVICE', type: 'cdm' };
      await subject.act('restartCluster', id, { restart });
      assert.equal(await subject.stateOf(run), 'canceled');
      assert.equal(await subject.statusOf(id), '200');
    });
  }

  test('softly waits for what runs', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    const run = await subject.activeRun(id);
    await subject.act('restartCluster', id, { restart: { restartMode: 'SOFTLY', type: 'cdm' } });
    const detail = await subject.detail(id);
    assert.deepEqual([detail['status'], detail['actions']], ['500', ['REBOOTING']]);
    const again = subject.act('restartCluster', id, { restart: { type: 'cdm' } });
    assert.equal((await failureOf(again)).errorCode, 'Cdm.0202');
    await subject.host.engine.runs.stop(run, 'root');
    assert.equal(await subject.statusOf(id), '200');
  });

  test('takes one action at a time, in known words', async (t) => {
    const subject = await start(t);
    const id = await subject.firstId();
    for (const [body, code] of [
      [{}, 'Cdm.0014'],
      [{ start: {}, stop: {} }, 'Cdm.0014'],
      [{ stop: { stopMode: 'LATER' } }, 'Cdm.0014'],
      [{ stop: { stopMode: 'GRACEFULLY', delayTime: -2 } }, 'Cdm.0010'],
      [{ stop: { stopMode: 'GRACEFULLY', delayTime: 'soon' } }, 'Cdm.0004'],
      [{ stop: 'now' }, 'Cdm.0004'],
    ] as const) {
      const failure = await failureOf(subject.act('stopCluster', id, body));
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, code]);
    }
    assert.equal(await subject.statusOf(id), '200');
  });
});

describe('what clusters can be made of', () => {
  test('is told', async (t) => {
    const subject = await start(t);
    const zones = await subject.call(
      'showAvailabilityZones',
      'GET',
      `/regions/${region}/availability_zones`,
    );
    assert.equal(zones['regionId'], region);
    const { datastores } = await subject.call('showDatastores', 'GET', '/datastores');
    const id = String((datastores as Row[])[0]?.['id']);
    const answer = await subject.call('showFlavors', 'GET', `/datastores/${id}/flavors`);
    const [version] = answer['versions'] as { flavors: Row[] }[];
    assert.deepEqual(
      version?.flavors.map(({ name, cpu, ram }) => [name, cpu, ram]),
      [
        ['cdm.small', 2, 4],
        ['cdm.medium', 4, 8],
        ['cdm.large', 8, 16],
        ['cdm.xlarge', 16, 32],
      ],
    );
    const flavor = await subject.call('showFlavorDetail', 'GET', `/flavors/${flavorId}`);
    assert.equal(flavor['name'], 'cdm.medium');
    const unknown = [
      () => subject.call('showFlavors', 'GET', '/datastores/x/flavors'),
      () => subject.call('showFlavorDetail', 'GET', '/flavors/x'),
    ];
    for (const call of unknown) assert.equal((await failureOf(call())).httpStatusCode, 400);
  });

  test('nodes and enterprise projects belong to clusters', async (t) => {
    const subject = await start(t);
    const created = await subject.create();
    const id = String(created['id']);
    const nodeId = String((created['instances'] as Row[])[0]?.['id']);
    const { instance } = await subject.call('showInstanceDetail', 'GET', `/instances/${nodeId}`);
    assert.equal((instance as Row)['cluster_id'], id);
    const tags = [{ key: '_sys_enterprise_project_id', value: '1ce45885' }];
    const own = await subject.call(
      'showClusterEnterpriseProjects',
      'GET',
      `/clusters/${id}/enterprise-projects`,
    );
    assert.deepEqual(own['sys_tags'], tags);
    const { resources } = await subject.call(
      'showEnterpriseProjects',
      'GET',
      '/enterprise-projects',
    );
    assert.deepEqual(resources, [
      { cluster_id: await subject.firstId(), sys_tags: [] },
      { cluster_id: id, sys_tags: tags },
    ]);
  });
});

test('paths of old examples work too', async (t) => {
  const subject = await start(t);
  const { call, projectId } = subject.host;
  const id = await subject.firstId();
  for (const path of [
    `/cdm/v1.0/${projectId}/clusters`,
    `/cdm/v1.0/${projectId}/clusters/${id}/cdm/job/all`,
    `/v1.1/${projectId}/cluster/${id}/cdm/job/all`,
  ]) {
    assert.equal((await call('GET', path)).httpStatusCode, 200, path);
  }
});
