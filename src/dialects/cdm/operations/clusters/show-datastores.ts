import { stableUuid } from '../../../huawei/iam/identifiers.ts';
import { extractorLimit, flavors } from '../../clusters/flavors.ts';
import { cdmError } from '../../errors.ts';
import { answer, defineOperation } from '../../operation.ts';
import { datastore } from '../../render/cluster.ts';

const datastoreId = stableUuid('datastore', datastore.type);
const versionId = stableUuid('datastore-version', datastore.version);

/** What clusters can be (cdm.md appendix B). */
export const showDatastores = defineOperation({
  name: 'showDatastores',
  action: 'cdm:cluster:list',
  method: 'GET',
  path: '/datastores',
  summary: 'Shows the one kind and version that clusters have here.',
  async handle() {
    const version = {
      active: '1',
      id: versionId,
      image: '',
      name: datastore.version,
      packages: '',
      datastore: datastoreId,
      links: [],
    };
    const store = {
      id: datastoreId,
      name: datastore.type,
      bigclusterEnable: false,
      defaultVersion: versionId,
      versions: [version],
    };
    return answer({ datastores: [store] });
  },
});

/** Sizes that clusters can have. */
export const showFlavors = defineOperation({
  name: 'showFlavors',
  action: 'cdm:cluster:list',
  method: 'GET',
  path: '/datastores/{datastore_id}/flavors',
  summary: 'Shows sizes of clusters; twice the vCPUs is the most extractors at a time.',
  async handle({ params }, { context }) {
    if (params.datastore_id !== datastoreId) {
      throw cdmError('Cdm.0014', `there is no data store [${params.datastore_id}].`);
    }
    return answer({
      id: datastoreId,
      dbname: datastore.type,
      versions: [
        {
          id: versionId,
          name: datastore.version,
          flavors: flavors.map(({ id, name, vcpus, memoryGb }) => ({
            cpu: vcpus,
            ram: memoryGb,
            name,
            region: context.region,
            typename: 'cdm',
            clusterMode: 'sharding',
            status: 'normal',
            str_id: id,
          })),
        },
      ],
    });
  },
});

/** One size. */
export const showFlavorDetail = defineOperation({
  name: 'showFlavorDetail',
  action: 'cdm:cluster:list',
  method: 'GET',
  path: '/flavors/{flavor_id}',
  summary: 'Shows one size of cluster.',
  async handle({ params }) {
    const flavor = flavors.find(({ id }) => id === params.flavor_id);
    if (flavor === undefined) {
      throw cdmError('Cdm.0014', `there is no flavor [${params.flavor_id}].`);
    }
    return answer({
      name: flavor.name,
      str_id: flavor.id,
      flavor_detail: [
        { name: 'cpu', value: String(flavor.vcpus) },
        { name: 'mem', value: String(flavor.memoryGb) },
        { name: 'extractors', value: String(extractorLimit(flavor)) },
      ],
    });
  },
});
