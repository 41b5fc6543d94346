import type { SchedulerxOperation } from '../../operation.ts';
import { getJobInstance } from './get-job-instance.ts';
import { getJobInstanceList } from './get-job-instance-list.ts';
import { getLog } from './get-log.ts';
import { retryJobInstance } from './retry-job-instance.ts';
import { setJobInstanceSuccess } from './set-job-instance-success.ts';
import { stopInstance } from './stop-instance.ts';

/** Instances (schedulerx.md §4.4). */
export const instanceOperations: readonly SchedulerxOperation[] = [
  getJobInstance,
  getJobInstanceList,
  stopInstance,
  retryJobInstance,
  setJobInstanceSuccess,
  getLog,
];
