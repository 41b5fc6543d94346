import type { CdmOperation } from '../../operation.ts';
import { createAndStartRandomClusterJob } from './create-and-start-random-cluster-job.ts';
import { createJob } from './create-job.ts';
import { deleteJob } from './delete-job.ts';
import { showJobs } from './show-jobs.ts';
import { startJob } from './start-job.ts';
import { stopJob } from './stop-job.ts';
import { updateJob } from './update-job.ts';

/** Operations about jobs (cdm.md §3.4-3.9, §3.12). */
export const jobOperations: readonly CdmOperation[] = [
  createJob,
  updateJob,
  deleteJob,
  showJobs,
  startJob,
  stopJob,
  createAndStartRandomClusterJob,
];
