import type { CdmOperation } from '../../operation.ts';
import { showJobStatus } from './show-job-status.ts';
import { showSubmissions } from './show-submissions.ts';

/** Operations about runs of jobs (cdm.md §3.10-3.11). */
export const submissionOperations: readonly CdmOperation[] = [showJobStatus, showSubmissions];
