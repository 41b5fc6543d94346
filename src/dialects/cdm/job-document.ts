/** What is kept of a job: as its user said it, secrets sealed. */
import type { Template } from '../../domain/template.ts';
import type { Disposal } from './translate/driver.ts';
import type { JobType } from './translate/job.ts';

/** The document of a job's template. Jobs are templates in the namespace called as the cluster. */
export interface JobDocument {
  readonly kind: 'job';
  /** Of the user; the template keeps the name that it was made with. */
  readonly name: string;
  /** Positive, 31 bits, unique in the cluster. */
  readonly id: number;
  readonly jobType: JobType;
  readonly fromLink: string;
  readonly toLink: string;
  readonly fromConnector: string;
  readonly toConnector: string;
  /** Sealed `ConfigValues`. */
  readonly from: unknown;
  readonly to: unknown;
  readonly driver: unknown;
  readonly enabled: boolean;
  readonly useSql: boolean;
  readonly groupName: string;
  readonly disposal: Disposal;
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** The document of a run: the job's, and who started it where somebody did. */
export interface SubmissionDocument extends JobDocument {
  readonly startedBy?: string;
}

/** A job with its template. */
export interface Job {
  readonly template: Template;
  readonly document: JobDocument;
}

/** Null for a document of another kind. */
export function readJobDocument(
  document: Readonly<Record<string, unknown>>,
): SubmissionDocument | null {
  return document['kind'] === 'job' ? (document as unknown as SubmissionDocument) : null;
}

/** Null for a template of another kind. */
export function jobOf(template: Template): Job | null {
  const document = readJobDocument(template.document);
  return document === null ? null : { template, document };
}
