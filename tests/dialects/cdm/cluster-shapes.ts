/**
 * What typed SDKs decode each answer about clusters into (cdm.md appendix B): names and types, and
 * hardly anything else. A number where the Go SDK has a string breaks it.
 */
import { type TProperties, Type } from 'typebox';

const text = Type.String();
const flag = Type.Boolean();
const int = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
const exactly = <P extends TProperties>(members: P) =>
  Type.Object(members, { additionalProperties: false });
const list = Type.Array;

const datastore = exactly({ type: text, version: text });
const link = exactly({ rel: text, href: text });
const flavor = exactly({ id: text, links: list(link) });
const sysTags = list(exactly({ key: text, value: text }));
const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$' });

const node = exactly({
  id: text,
  name: text,
  type: Type.Literal('cdm'),
  shard_id: text,
  status: text,
  isFrozen: text,
  flavor,
  volume: exactly({ type: text, size: Type.Integer() }),
  actions: list(text),
  components: text,
  config_status: text,
  role: text,
  group: text,
  links: list(link),
  paramsGroupId: text,
  publicIp: text,
  manageIp: text,
  trafficIp: text,
  manage_fix_ip: text,
  private_ip: text,
  internal_ip: text,
  resource: list(exactly({ resource_id: text, resource_type: text })),
});

const customerConfig = exactly({
  failureRemind: text,
  clusterName: text,
  serviceProvider: text,
  localDisk: text,
  ssl: text,
  createFrom: text,
  resourceId: text,
  flavorType: text,
  workSpaceId: text,
  trial: text,
});

const cluster = {
  id: text,
  name: text,
  status: Type.Enum(['100', '200', '300', '303', '500', '800', '900', '910', '920']),
  statusDetail: text,
  isFrozen: Type.Enum(['0', '1']),
  created: time,
  updated: time,
  customerConfig,
  datastore,
  instances: list(node),
  azName: text,
  dbuser: text,
  flavorName: text,
  recentEvent: int,
  isAutoOff: flag,
  isScheduleBootOff: flag,
  clusterMode: text,
  namespace: text,
  task: exactly({ description: text, id: text, name: text }),
  publicEndpoint: text,
  actionProgress: exactly({}),
  bakExpectedStartTime: text,
  bakKeepDay: int,
};

/** The answer of each operation, by its SDK name. */
export const clusterAnswers = {
  createCluster: exactly({
    id: text,
    name: text,
    task: exactly({ id: text, name: text }),
    datastore,
    instances: list(exactly({ id: text, name: text, type: text, shard_id: text })),
  }),
  listClusters: exactly({ clusters: list(exactly(cluster)) }),
  showClusterDetail: exactly({
    ...cluster,
    // Of the Terraform provider's own SDK; the others pass over them.
    scheduleBootTime: text,
    scheduleOffTime: text,
    security_group_id: text,
    subnet_id: text,
    vpc_id: text,
    publicEndpointDomainName: text,
    endpointDomainName: text,
    publicEndpointStatus: exactly({ status: text, errorMessage: text }),
    maintainWindow: exactly({ day: text, startTime: text, endTime: text }),
    eipId: text,
    links: list(link),
    config_status: text,
    actions: list(text),
    eps_id: text,
    tags: sysTags,
  }),
  deleteCluster: exactly({ jobId: text }),
  startCluster: exactly({ jobId: list(text) }),
  stopCluster: exactly({ jobId: list(text) }),
  restartCluster: exactly({ jobId: text }),
  modifyCluster: exactly({}),
  showAvailabilityZones: exactly({
    regionId: text,
    defaultAZ: text,
    availableZones: list(
      exactly({
        availableZoneId: text,
        availableZoneName: text,
        availableZoneCode: text,
        azStatus: text,
        type: text,
        tags: exactly({}),
      }),
    ),
  }),
  showClusterEnterpriseProjects: exactly({ sys_tags: sysTags }),
  showEnterpriseProjects: exactly({
    resources: list(exactly({ cluster_id: text, sys_tags: sysTags })),
  }),
  showDatastores: exactly({
    datastores: list(
      exactly({
        id: text,
        name: text,
        bigclusterEnable: flag,
        defaultVersion: text,
        versions: list(
          exactly({
            active: text,
            id: text,
            image: text,
            name: text,
            packages: text,
            datastore: text,
            links: list(link),
          }),
        ),
      }),
    ),
  }),
  showFlavors: exactly({
    id: text,
    dbname: text,
    versions: list(
      exactly({
        id: text,
        name: text,
        flavors: list(
          exactly({
            cpu: int,
            ram: int,
            name: text,
            region: text,
            typename: text,
            clusterMode: text,
            status: text,
            str_id: text,
          }),
        ),
      }),
    ),
  }),
  showFlavorDetail: exactly({
    name: text,
    str_id: text,
    flavor_detail: list(exactly({ name: text, value: text })),
  }),
  showInstanceDetail: exactly({
    instance: exactly({
      configurationStatus: text,
      paramsGroupId: text,
      type: text,
      role: text,
      subnetid: text,
      securegroup: text,
      vpc: text,
      azcode: text,
      region: text,
      created: time,
      updated: time,
      name: text,
      id: text,
      flavor,
      datastore,
      dbuser: text,
      payModel: int,
      publicIp: text,
      trafficIp: text,
      trafficIpv6: text,
      cluster_id: text,
    }),
  }),
} as const;
