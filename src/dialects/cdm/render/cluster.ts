/** Clusters as appendix B of cdm.md writes them. */
import { stableUuid } from '../../huawei/iam/identifiers.ts';
import type { Cluster, ClusterState } from '../clusters/cluster.ts';
import { findFlavor, type Flavor, flavors } from '../clusters/flavors.ts';

/** The one kind of data store, and the version that this server says it is. */
export const datastore = { type: 'cdm', version: '2.9.2.200' } as const;

/** Disk of a node, in GB, as the service tells it of every flavor. */
const volumeGb = 100;

const words: Readonly<Record<ClusterState, { readonly status: string; readonly detail: string }>> =
  {
    normal: { status: '200', detail: 'Normal' },
    restarting: { status: '500', detail: 'Restarting' },
    stopped: { status: '900', detail: 'Stopped' },
    stopping: { status: '910', detail: 'Stopping' },
  };

/** `YYYY-MM-DDThh:mm:ss`, in UTC. */
export function clusterTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

/** Id of the one node of a cluster. */
export function nodeId({ id }: Pick<Cluster, 'id'>): string {
  return stableUuid('node', id);
}

export function flavorOf({ spec }: Cluster): Flavor {
  return findFlavor(spec.flavorId) ?? flavors[2];
}

/** What createCluster tells of nodes. */
export function nodeSummary(cluster: Cluster): object {
  return {
    id: nodeId(cluster),
    name: nodeName(cluster),
    type: 'cdm',
    shard_id: shardId(cluster),
  };
}

/** An entry of listClusters. */
export function renderCluster(cluster: Cluster): Record<string, unknown> {
  const { spec, state } = cluster;
  return {
    id: cluster.id,
    name: spec.name,
    status: words[state].status,
    statusDetail: words[state].detail,
    isFrozen: '0',
    created: clusterTime(cluster.createdAtMs),
    updated: clusterTime(cluster.updatedAtMs),
    customerConfig: customerConfig(cluster),
    datastore: { type: datastore.type, version: spec.version || datastore.version },
    instances: [node(cluster)],
    azName: spec.zone,
    dbuser: '',
    flavorName: flavorOf(cluster).name,
    recentEvent: 0,
    isAutoOff: spec.autoOff,
    isScheduleBootOff: spec.scheduleBootOff,
    clusterMode: 'sharding',
    namespace: '',
    task: { description: '', id: '', name: '' },
    publicEndpoint: '',
    actionProgress: {},
    bakExpectedStartTime: '',
    bakKeepDay: 0,
  };
}

/** The answer of showClusterDetail. @param href address of the cluster itself. */
export function renderClusterDetail(cluster: Cluster, href: string): Record<string, unknown> {
  const { spec, state } = cluster;
  return {
    ...renderCluster(cluster),
    // The Terraform provider reads them; Huawei's own SDKs do not.
    scheduleBootTime: spec.scheduleBootTime,
    scheduleOffTime: spec.scheduleOffTime,
    security_group_id: spec.securityGroupId,
    subnet_id: spec.subnetId,
    vpc_id: spec.vpcId,
    publicEndpointDomainName: '',
    endpointDomainName: '',
    publicEndpointStatus: { status: '', errorMessage: '' },
    maintainWindow: { day: 'Wed', startTime: '22:00', endTime: '02:00' },
    eipId: '',
    links: [{ rel: 'self', href }],
    config_status: 'In-Sync',
    actions: state === 'restarting' ? ['REBOOTING'] : [],
    eps_id: enterpriseProject(cluster),
    tags: spec.tags,
  };
}

/** The member `instance` of showInstanceDetail. */
export function renderInstance(cluster: Cluster, region: string): Record<string, unknown> {
  const { spec } = cluster;
  return {
    configurationStatus: 'In-Sync',
    paramsGroupId: '',
    type: 'cdm',
    role: 'cdm',
    subnetid: spec.subnetId,
    securegroup: spec.securityGroupId,
    vpc: spec.vpcId,
    azcode: spec.zone,
    region,
    created: clusterTime(cluster.createdAtMs),
    updated: clusterTime(cluster.updatedAtMs),
    name: nodeName(cluster),
    id: nodeId(cluster),
    flavor: { id: flavorOf(cluster).id, links: [] },
    datastore: { type: datastore.type, version: spec.version || datastore.version },
    dbuser: '',
    payModel: 0,
    publicIp: '',
    trafficIp: '127.0.0.1',
    trafficIpv6: '',
    cluster_id: cluster.id,
  };
}

/** Tags that say which enterprise project it belongs to. */
export function systemTags({ spec }: Cluster): Cluster['spec']['tags'] {
  return spec.tags.filter(({ key }) => key.startsWith('_sys_'));
}

function enterpriseProject(cluster: Cluster): string {
  const tag = cluster.spec.tags.find(({ key }) => key === '_sys_enterprise_project_id');
  return tag?.value ?? '0';
}

function nodeName({ spec }: Cluster): string {
  return `${spec.name}-cdm-1-1`;
}

function shardId({ id }: Cluster): string {
  return stableUuid('shard', id);
}

function node(cluster: Cluster): object {
  const { state } = cluster;
  return {
    ...nodeSummary(cluster),
    status: words[state].status,
    isFrozen: '0',
    flavor: { id: flavorOf(cluster).id, links: [] },
    volume: { type: 'LOCAL_DISK', size: volumeGb },
    actions: state === 'restarting' ? ['REBOOTING'] : [],
    components: '',
    config_status: 'In-Sync',
    role: 'cdm',
    group: 'cdm',
    links: [],
    paramsGroupId: '',
    publicIp: '',
    manageIp: '127.0.0.1',
    trafficIp: '127.0.0.1',
    manage_fix_ip: '127.0.0.1',
    private_ip: '127.0.0.1',
    internal_ip: '127.0.0.1',
    resource: [{ resource_id: nodeId(cluster), resource_type: 'server' }],
  };
}

function customerConfig({ spec }: Cluster): object {
  return {
    failureRemind: String(spec.autoRemind),
    clusterName: spec.name,
    serviceProvider: 'cdm',
    localDisk: 'true',
    ssl: 'false',
    createFrom: '',
    resourceId: spec.resourceId,
    flavorType: '',
    workSpaceId: spec.workSpaceId,
    trial: spec.trial,
  };
}
