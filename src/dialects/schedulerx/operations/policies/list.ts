import type { SchedulerxOperation } from '../../operation.ts';
import { createPolicy } from './create-policy.ts';
import { deletePolicy } from './delete-policy.ts';
import { managePolicy } from './manage-policy.ts';
import { readPolicy } from './read-policy.ts';

/** Notification policies (schedulerx.md §4.8). */
export const policyOperations: readonly SchedulerxOperation[] = [
  createPolicy,
  readPolicy,
  managePolicy,
  deletePolicy,
];
