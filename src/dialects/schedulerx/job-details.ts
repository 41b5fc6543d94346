/**
 * What acts on a job and is not a parameter of it: the workers it is pinned to, its route strategy,
 * the enabled workflows it is part of. One document for each job that has any of it.
 */
import type { Document } from '../../engine/index.ts';
import type { RouteStrategy } from './translate/route-strategy.ts';
import type { SchedulerxServices } from './services.ts';

const kind = 'job-details';

/** Workers that a job is pinned to (schedulerx.md §5.10). */
export interface Designation {
  /** 1 worker, 2 label. */
  readonly type: 1 | 2;
  /** Addresses or IPs, or labels. */
  readonly values: readonly string[];
  /** Whether others may do it while all of these are offline. */
  readonly transferable: boolean;
}

export interface JobDetails {
  readonly designation: Designation | null;
  readonly route: RouteStrategy | null;
  /** WorkflowIds. */
  readonly workflows: readonly number[];
}

const nothing: JobDetails = { designation: null, route: null, workflows: [] };

/** What is known of a job; all empty when nothing is. */
export async function jobDetails(
  { context }: SchedulerxServices,
  jobId: number,
): Promise<JobDetails> {
  return detailsOf(await context.engine.documents.document(nameOf(jobId)));
}

/** Changes it in one transaction. @param revise pure; what it throws passes through. */
export async function changeJobDetails(
  { context }: SchedulerxServices,
  jobId: number,
  revise: (current: JobDetails) => JobDetails,
): Promise<void> {
  await context.engine.documents.changeDocument(nameOf(jobId), context.nowMs(), (document) => {
    const next = revise(detailsOf(document));
    const isEmpty = next.designation === null && next.route === null && next.workflows.length === 0;
    return isEmpty ? null : { parent: '', value: { ...next } };
  });
}

/** The job was deleted: nothing of it is kept. */
export function forgetJobDetails(services: SchedulerxServices, jobId: number): Promise<void> {
  return changeJobDetails(services, jobId, () => nothing);
}

function nameOf(jobId: number) {
  return { dialect: 'schedulerx', kind, key: String(jobId) } as const;
}

function detailsOf(document: Document | null): JobDetails {
  return document === null ? nothing : (document.value as unknown as JobDetails);
}
