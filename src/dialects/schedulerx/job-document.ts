/** What is kept of a job: its parameters as given, and the few facts they do not say. */

/** A contact of the deprecated `ContactInfo`: Ding, UserMail, UserName, UserPhone. */
export type Contact = Readonly<Record<string, string>>;

/** The document of a job's template. */
export interface JobDocument {
  readonly kind: 'job';
  /** AppGroupId. */
  readonly group: number;
  /** Parameters of CreateJob with those of every UpdateJob over them, as text. */
  readonly given: Readonly<Record<string, string>>;
  readonly contacts: readonly Contact[];
  /** Status: whether it is scheduled. */
  readonly enabled: boolean;
  /** Since when Content is what it is. */
  readonly contentAtMs: number;
  /** Where the seconds of fixed_rate are counted from. */
  readonly anchorMs: number;
  readonly createdBy: string;
}

/** What made an instance (schedulerx.md §5.7). */
export const triggerTypes = { scheduled: 1, refresh: 2, api: 3, rerun: 4, retry: 5 } as const;

/** What a run's document holds besides the job's: present where a request made the run. */
export interface InstanceRequest {
  readonly triggerType: number;
  /** User of the key that asked; Executor of the instance (§6 #26). */
  readonly by: string;
  /** InstanceParameters; null = none. */
  readonly parameters: string | null;
  /** In epoch milliseconds, cut to the second. */
  readonly scheduleTimeMs: number;
  /** Data time, when it is not schedule time + DataOffset; null = it is. */
  readonly dataTimeMs: number | null;
}

/** A run's document. */
export interface InstanceDocument extends JobDocument {
  readonly instance?: InstanceRequest;
}

/** The document of a job's template; null for another kind's. */
export function readJobDocument(document: Readonly<Record<string, unknown>>): JobDocument | null {
  return document['kind'] === 'job' ? (document as unknown as JobDocument) : null;
}

/** The document of a job's run; null for another kind's. */
export function readInstanceDocument(
  document: Readonly<Record<string, unknown>>,
): InstanceDocument | null {
  return document['kind'] === 'job' ? (document as unknown as InstanceDocument) : null;
}
