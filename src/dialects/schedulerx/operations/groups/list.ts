import type { SchedulerxOperation } from '../../operation.ts';
import { createAppGroup } from './create-app-group.ts';
import { deleteAppGroup } from './delete-app-group.ts';
import { getAppGroup } from './get-app-group.ts';
import { getOverview } from './get-overview.ts';
import { grantPermission } from './grant-permission.ts';
import { listGroups } from './list-groups.ts';
import { revokePermission } from './revoke-permission.ts';
import { updateAppGroup } from './update-app-group.ts';

/** Applications and who may use them (schedulerx.md §4.2). */
export const groupOperations: readonly SchedulerxOperation[] = [
  createAppGroup,
  getAppGroup,
  listGroups,
  updateAppGroup,
  deleteAppGroup,
  grantPermission,
  revokePermission,
  getOverview,
];
