import type { SchedulerxOperation } from '../../operation.ts';
import { createNamespace } from './create-namespace.ts';
import { deleteNamespace } from './delete-namespace.ts';
import { describeRegions } from './describe-regions.ts';
import { listNamespaces } from './list-namespaces.ts';
import { updateNamespace } from './update-namespace.ts';

/** Regions and namespaces (schedulerx.md §4.1). */
export const namespaceOperations: readonly SchedulerxOperation[] = [
  describeRegions,
  createNamespace,
  listNamespaces,
  updateNamespace,
  deleteNamespace,
];
