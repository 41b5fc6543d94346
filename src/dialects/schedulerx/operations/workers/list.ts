import type { SchedulerxOperation } from '../../operation.ts';
import { designateWorkers } from './designate-workers.ts';
import { getWorkerList } from './get-worker-list.ts';
import { readDesignateDetail } from './read-designate-detail.ts';
import { readDesignateInfo } from './read-designate-info.ts';

/** Workers and designation (schedulerx.md §4.5). */
export const workerOperations: readonly SchedulerxOperation[] = [
  getWorkerList,
  designateWorkers,
  readDesignateInfo,
  readDesignateDetail,
];
