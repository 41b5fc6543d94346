import { answer, defineOperation } from '../../operation.ts';

/** The one zone of a region (cdm.md appendix B): clusters here have no place of their own. */
export const showAvailabilityZones = defineOperation({
  name: 'showAvailabilityZones',
  action: 'cdm:cluster:list',
  method: 'GET',
  path: '/regions/{region_id}/availability_zones',
  summary: 'Lists the one zone that every region has here.',
  async handle({ params }) {
    const zone = `${params.region_id}a`;
    return answer({
      regionId: params.region_id,
      defaultAZ: zone,
      availableZones: [
        {
          availableZoneId: zone,
          availableZoneName: zone,
          availableZoneCode: zone,
          azStatus: 'NORMAL',
          type: 'DEDICATED',
          tags: {},
        },
      ],
    });
  },
});
