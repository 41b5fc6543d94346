import type { CalendarRule } from '../../domain/schedule/definition.ts';
import type { WorkerArtifact } from '../../domain/template.ts';
import type { DialectContext } from '../kit/dialect.ts';
import type { InstanceIds } from './instance-ids.ts';

/** What an operator can choose about the SchedulerX surface. */
export interface SchedulerxSettings {
  /**
   * What a second ExecuteJob in one second gets: the documented failure, or the next free second
   * (schedulerx.md §5.9).
   */
  readonly sameSecond: 'refuse' | 'next-free';
  /** Zone of jobs that name none, or none that is known (schedulerx.md §5.2). */
  readonly timezone: string;
}

/** The settings of an operator who chose nothing. */
export const defaultSchedulerxSettings: SchedulerxSettings = {
  sameSecond: 'refuse',
  timezone: 'GMT+8',
};

/**
 * What acts on a job besides its own parameters. Read whenever a job is translated; whoever
 * changes one of these has the job translated anew (`retranslateJob`).
 */
export interface JobSurroundings {
  /** Days on which its cron fires, from its calendar; empty = every day. */
  readonly calendars: readonly CalendarRule[];
  readonly designated: WorkerArtifact['designated'];
  readonly routes: NonNullable<WorkerArtifact['routes']>;
  /** Whether workers that are busy are out of the question (ScheduleBusyWorkers, §5.8). */
  readonly avoidsBusy: boolean;
  /** Whether an enabled workflow has it: then it is not scheduled on its own (§5.13). */
  readonly inWorkflow: boolean;
}

/** Which job the surroundings are asked for. */
export interface SurroundedJob {
  readonly namespace: string;
  readonly groupId: string;
  /** Null while it is being created. */
  readonly jobId: number | null;
  /** Name of its calendar; empty = none. */
  readonly calendar: string;
}

/** What every SchedulerX operation is handed. */
export interface SchedulerxServices {
  readonly context: DialectContext;
  readonly settings: SchedulerxSettings;
  readonly instanceIds: InstanceIds;
  /** @throws WireError when the job names a calendar that does not exist. */
  surroundings(job: SurroundedJob): Promise<JobSurroundings>;
}
