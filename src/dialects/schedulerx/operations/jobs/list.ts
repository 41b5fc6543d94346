import type { SchedulerxOperation } from '../../operation.ts';
import { batchDeleteJobs } from './batch-delete-jobs.ts';
import { batchDisableJobs } from './batch-disable-jobs.ts';
import { batchEnableJobs } from './batch-enable-jobs.ts';
import { createJob } from './create-job.ts';
import { deleteJobOperation } from './delete-job.ts';
import { disableJob } from './disable-job.ts';
import { enableJob } from './enable-job.ts';
import { executeJob } from './execute-job.ts';
import { getJobInfo } from './get-job-info.ts';
import { listJobScriptHistory } from './list-job-script-history.ts';
import { listJobs } from './list-jobs.ts';
import { manageSchedulerxJobSync } from './manage-schedulerx-job-sync.ts';
import { rerunJob } from './rerun-job.ts';
import { updateJob } from './update-job.ts';
import { updateJobScript } from './update-job-script.ts';

/** Jobs (schedulerx.md §4.3). */
export const jobOperations: readonly SchedulerxOperation[] = [
  createJob,
  updateJob,
  getJobInfo,
  listJobs,
  deleteJobOperation,
  batchDeleteJobs,
  enableJob,
  disableJob,
  batchEnableJobs,
  batchDisableJobs,
  executeJob,
  rerunJob,
  updateJobScript,
  listJobScriptHistory,
  manageSchedulerxJobSync,
];
