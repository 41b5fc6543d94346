import { Type, type Static } from 'typebox';
import { stableUuid } from '../../../huawei/iam/identifiers.ts';
import type { ClusterSpec } from '../../clusters/cluster.ts';
import { findFlavor } from '../../clusters/flavors.ts';
import { cdmError } from '../../errors.ts';
import { answer, defineOperation } from '../../operation.ts';
import { datastore, nodeSummary } from '../../render/cluster.ts';
import type { CdmServices } from '../../services.ts';
import {
  clusterName,
  optionalAddresses,
  optionalFlag,
  optionalText,
  readFlag,
  stated,
} from './fields.ts';

const Instance = Type.Object({
  availability_zone: optionalText,
  flavorRef: optionalText,
  type: optionalText,
  nics: Type.Optional(
    Type.Array(Type.Object({ securityGroupId: optionalText, 'net-id': optionalText }), {
      maxItems: 16,
    }),
  ),
});

const ClusterPart = Type.Object({
  name: clusterName,
  vpcId: Type.String({ minLength: 1, maxLength: 256 }),
  instances: Type.Optional(Type.Array(Instance, { maxItems: 16 })),
  datastore: Type.Optional(Type.Object({ type: optionalText, version: optionalText })),
  extended_properties: Type.Optional(
    Type.Object({ workSpaceId: optionalText, resourceId: optionalText, trial: optionalText }),
  ),
  sys_tags: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.String({ minLength: 1, maxLength: 128 }),
        value: Type.String({ maxLength: 256 }),
      }),
      { maxItems: 20 },
    ),
  ),
  isAutoOff: optionalFlag,
  isScheduleBootOff: optionalFlag,
  scheduleBootTime: optionalText,
  scheduleOffTime: optionalText,
});

const Body = Type.Object({
  cluster: ClusterPart,
  auto_remind: optionalFlag,
  autoRemind: optionalFlag,
  phone_num: optionalAddresses,
  phoneNum: optionalAddresses,
  email: optionalAddresses,
});

/** Adds a cluster, ready at once (cdm.md appendix B, §7 #32). */
export const createCluster = defineOperation({
  name: 'createCluster',
  action: 'cdm:cluster:create',
  method: 'POST',
  path: '/clusters',
  summary:
    'Adds a cluster: a name for links, jobs and their state, ready at once. Networks, zones, schedules and reminders are kept and shown.',
  body: Body,
  async handle({ body, project }, { clusters, settings }) {
    const cluster = await clusters.create(project, specOf(body, settings));
    return answer(
      {
        id: cluster.id,
        name: cluster.spec.name,
        task: { id: stableUuid('task', cluster.id, 'create'), name: 'Create cluster' },
        datastore: { ...datastore, version: cluster.spec.version },
        instances: [nodeSummary(cluster)],
      },
      202,
    );
  },
});

/** @throws WireError Cdm.0014 for a flavor or a data store that there is not. */
function specOf(
  body: Static<typeof Body>,
  settings: CdmServices['settings'],
): Partial<ClusterSpec> {
  const { cluster } = body;
  const [instance] = cluster.instances ?? [];
  const [nic] = instance?.nics ?? [];
  // Some clients write members without a value as empty texts.
  const type = cluster.datastore?.type || datastore.type;
  const version = cluster.datastore?.version || datastore.version;
  if (type !== datastore.type) {
    throw cdmError('Cdm.0014', `[cluster.datastore.type] must be ${datastore.type}.`);
  }
  const wanted = instance?.flavorRef || settings.clusterFlavor;
  const flavor = findFlavor(wanted);
  if (flavor === null) {
    throw cdmError(
      'Cdm.0014',
      `[cluster.instances.flavorRef] is not the id of a flavor: ${wanted}.`,
    );
  }
  return stated({
    name: cluster.name,
    flavorId: flavor.id,
    vpcId: cluster.vpcId,
    subnetId: nic?.['net-id'],
    securityGroupId: nic?.securityGroupId,
    zone: instance?.availability_zone,
    version,
    workSpaceId: cluster.extended_properties?.workSpaceId,
    resourceId: cluster.extended_properties?.resourceId,
    trial: cluster.extended_properties?.trial,
    tags: cluster.sys_tags,
    autoOff: readFlag(cluster.isAutoOff),
    scheduleBootOff: readFlag(cluster.isScheduleBootOff),
    scheduleBootTime: cluster.scheduleBootTime,
    scheduleOffTime: cluster.scheduleOffTime,
    autoRemind: readFlag(body.auto_remind ?? body.autoRemind),
    phoneNum: body.phone_num ?? body.phoneNum,
    email: body.email,
  }) as Partial<ClusterSpec>;
}
