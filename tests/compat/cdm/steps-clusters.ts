import assert from 'node:assert/strict';
import { at, type Caller, type Fields, rows } from './caller.ts';
import { language } from './words.ts';

const zone = 'cn-hangzhoua';
const tag = { key: '_sys_enterprise_project_id', value: '0f2b' };

/**
 * What clusters can be made of, and the life of one (cdm.md appendix B).
 * @returns the id of a cluster that runs.
 */
export async function makeCluster(caller: Caller): Promise<string> {
  const zones = await caller.call('ShowAvailabilityZones', { region_id: 'cn-hangzhou' });
  if (zones['regionId'] !== undefined) assert.equal(at(zones, 'defaultAZ'), zone);
  const stores = await caller.call('ShowDatastores', {});
  const datastore = rows(stores, 'datastores')[0] ?? {};
  const flavors = rows(
    await caller.call('ShowFlavors', { datastore_id: String(datastore['id']) }),
    'versions.0.flavors',
  );
  assert.deepEqual(
    flavors.map(({ name, cpu, ram }) => [name, cpu, ram]),
    [
      ['cdm.small', 2, 4],
      ['cdm.medium', 4, 8],
      ['cdm.large', 8, 16],
      ['cdm.xlarge', 16, 32],
    ],
  );
  const flavor = String(flavors[1]?.['str_id']);
  const size = await caller.call('ShowFlavorDetail', { flavor_id: flavor });
  assert.equal(at(size, 'name'), 'cdm.medium');
  await caller.refused('ShowFlavorDetail', { flavor_id: 'none' }, 'Cdm.0014', 400);

  const created = await caller.call('CreateCluster', {
    ...language,
    body: {
      cluster: {
        name: 'compat 集群',
        vpcId: 'vpc-1',
        instances: [
          {
            availability_zone: zone,
            flavorRef: flavor,
            type: 'cdm',
            nics: [{ securityGroupId: 'sg-1', 'net-id': 'net-1' }],
          },
        ],
        datastore: { type: 'cdm', version: '2.9.2.200' },
        extended_properties: { workSpaceId: 'w', resourceId: 'r', trial: 'false' },
        sys_tags: [tag],
        isAutoOff: false,
        isScheduleBootOff: true,
        scheduleBootTime: '08:00:00',
        scheduleOffTime: '20:00:00',
      },
      auto_remind: true,
      phone_num: '12345678910',
      email: 'ann@example.test',
    },
  });
  const cluster_id = String(at(created, 'id'));
  assert.equal(at(created, 'name'), 'compat 集群');
  assert.equal(at(created, 'instances.0.type'), 'cdm');
  const clusters = rows(await caller.call('ListClusters', {}), 'clusters');
  assert.deepEqual(
    clusters.map(({ name, status }) => [name, status]),
    [
      ['cdm-default', '200'],
      ['compat 集群', '200'],
    ],
  );
  const detail = await caller.call('ShowClusterDetail', { cluster_id });
  assert.deepEqual(
    ['vpc_id', 'subnet_id', 'security_group_id', 'azName', 'flavorName', 'status'].map((name) =>
      at(detail, name),
    ),
    ['vpc-1', 'net-1', 'sg-1', zone, 'cdm.medium', '200'],
  );
  assert.equal(at(detail, 'instances.0.flavor.id'), flavor);
  const node = await caller.call('ShowInstanceDetail', {
    instance_id: String(at(detail, 'instances.0.id')),
  });
  assert.equal(at(node, 'instance.cluster_id'), cluster_id);
  const tags = await caller.call('ShowClusterEnterpriseProjects', { cluster_id });
  assert.deepEqual({ ...rows(tags, 'sys_tags')[0] }, tag);
  const projects = rows(await caller.call('ShowEnterpriseProjects', {}), 'resources');
  assert.equal(
    projects.find((row) => row['cluster_id'] === cluster_id)?.['cluster_id'],
    cluster_id,
  );
  await caller.call('ModifyCluster', {
    ...language,
    'Content-Type': 'application/json',
    cluster_id,
    body: { autoOff: true, scheduleBootOff: false, autoRemind: false, email: '', phoneNum: '' },
  });
  const modified = await caller.call('ShowClusterDetail', { cluster_id });
  assert.deepEqual([at(modified, 'isAutoOff'), at(modified, 'isScheduleBootOff')], [true, false]);
  return cluster_id;
}

/** Stopping, starting and restarting; what a stopped cluster refuses. */
export async function stopAndStart(caller: Caller, cluster_id: string, job: string): Promise<void> {
  const isIn = (status: string) => (typed: Fields) => typed['status'] === status;
  const jobIds = (typed: Fields): unknown => (at(typed, 'jobId') as unknown[]).length;
  const stopped = await caller.call('StopCluster', {
    cluster_id,
    body: { stop: { stopMode: 'GRACEFULLY', delayTime: -1 } },
  });
  assert.equal(jobIds(stopped), 1);
  await caller.eventually('it stopped', 'ShowClusterDetail', { cluster_id }, isIn('900'));
  await caller.refused('StartJob', { cluster_id, job_name: job, body: {} }, 'Cdm.0037', 503);
  await caller.refused('RestartCluster', restart(cluster_id), 'Cdm.0202', 400);
  const started = await caller.call('StartCluster', { cluster_id, body: { start: {} } });
  assert.equal(jobIds(started), 1);
  await caller.eventually('it started', 'ShowClusterDetail', { cluster_id }, isIn('200'));
  const restarted = await caller.call('RestartCluster', restart(cluster_id));
  assert.equal(typeof at(restarted, 'jobId'), 'string');
  await caller.eventually('it restarted', 'ShowClusterDetail', { cluster_id }, isIn('200'));
}

function restart(cluster_id: string): Fields {
  return {
    cluster_id,
    body: {
      restart: {
        restartDelayTime: 0,
        restartMode: 'IMMEDIATELY',
        restartLevel: 'SERVICE',
        type: 'cdm',
        instance: '',
        group: '',
      },
    },
  };
}

/** The end of a cluster, after which it is not there (cdm.md §2.4). */
export async function deleteCluster(caller: Caller, cluster_id: string): Promise<void> {
  const deleted = await caller.call('DeleteCluster', {
    cluster_id,
    body: { keep_last_manual_backup: 0 },
  });
  assert.equal(typeof at(deleted, 'jobId'), 'string');
  await caller.refused('ShowClusterDetail', { cluster_id }, 'Cdm.0201', 404);
  await caller.refused('ShowJobs', { cluster_id, job_name: 'all' }, 'Cdm.0201', 404);
  await caller.refused('DeleteCluster', { cluster_id, body: {} }, 'Cdm.0201', 404);
}
