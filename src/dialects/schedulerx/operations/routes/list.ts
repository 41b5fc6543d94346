import type { SchedulerxOperation } from '../../operation.ts';
import { batchDeleteRouteStrategy } from './batch-delete-route-strategy.ts';
import { createRouteStrategy } from './create-route-strategy.ts';
import { deleteRouteStrategy } from './delete-route-strategy.ts';

/** Route strategies (schedulerx.md §4.9). */
export const routeOperations: readonly SchedulerxOperation[] = [
  createRouteStrategy,
  deleteRouteStrategy,
  batchDeleteRouteStrategy,
];
