/** Submissions: runs of jobs as clients see them (cdm.md §3.8-3.11, §5.1). */
import type { Run, RunDetail } from '../../domain/run.ts';
import { isFinal } from '../../domain/states.ts';
import type { TransferDefinition } from '../../domain/transfer/definition.ts';
import type { TransferReport } from '../../domain/transfer/report.ts';
import { type Job, readJobDocument } from './job-document.ts';
import type { CdmServices } from './services.ts';

/** History is shown this long (cdm.md §1). */
const historyMs = 30 * 86_400_000;
/** Longest pause between two looks at a run: another server may end it. */
const lookEveryMs = 1_000;

/** A run with what is told of it besides. */
export interface Submission {
  readonly run: Run;
  readonly jobName: string;
  readonly startedBy: string;
  /** The job is deleted after it. */
  readonly isLast: boolean;
  /** Null = nothing is known yet. */
  readonly report: TransferReport | null;
  /** What it moves; absent or null = it is not known any more. */
  readonly definition?: TransferDefinition | null;
}

/** The newest run of a job; null = it never ran. */
export async function latestSubmission(
  services: CdmServices,
  job: Job,
): Promise<Submission | null> {
  const run = await services.context.engine.runs.latest(job.template.id);
  return run === null ? null : submissionOf(services, run, job);
}

/** Reads what is told of a run. */
export async function submissionOf(
  { context }: CdmServices,
  run: Run,
  { document }: Pick<Job, 'document'>,
): Promise<Submission> {
  const [detail, report] = await Promise.all([
    context.engine.runs.get(run.id),
    context.engine.dataJobs.report(run.id),
  ]);
  return {
    run: detail ?? run,
    jobName: document.name,
    startedBy: starterOf(detail) ?? document.createdBy,
    isLast: document.disposal !== 'none',
    report,
    definition: definitionOf(detail),
  };
}

/** Runs of a job, or of all jobs of the cluster, newest first. */
export async function listSubmissions(
  services: CdmServices,
  clusterId: string,
  job: Job | null,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly submissions: readonly Submission[] }> {
  const { engine, nowMs } = { engine: services.context.engine, nowMs: services.context.nowMs() };
  const { rows, total } = await engine.runs.list({
    dialect: 'cdm',
    namespace: clusterId,
    ...(job === null ? {} : { templateId: job.template.id }),
    createdFromMs: nowMs - historyMs,
    ...page,
  });
  const submissions: Submission[] = [];
  for (const run of rows) {
    const of = job ?? (await jobOfRun(services, run));
    if (of !== null) submissions.push(await submissionOf(services, run, of));
  }
  return { total, submissions };
}

/** Resolves when the run is final, or after `timeoutMs`; tells whether it is. */
export async function waitForEnd(
  { context }: CdmServices,
  runId: string,
  timeoutMs: number,
): Promise<boolean> {
  const untilMs = context.nowMs() + timeoutMs;
  for (;;) {
    const leftMs = untilMs - context.nowMs();
    const changed = context.engine.runs.changed(runId, Math.min(Math.max(leftMs, 0), lookEveryMs));
    const run = await context.engine.runs.get(runId);
    if (run === null || isFinal('run', run.state)) return true;
    if (leftMs <= 0) return false;
    await changed;
  }
}

/** The job as it is now: it may have another name than when it ran. */
async function jobOfRun({ context }: CdmServices, run: Run): Promise<Pick<Job, 'document'> | null> {
  const template = await context.engine.templates.get(run.templateId, 'cdm');
  const document = template === null ? null : readJobDocument(template.document);
  return document === null ? null : { document };
}

function definitionOf(run: RunDetail | null): TransferDefinition | null {
  const artifact = run?.spec.task.artifact;
  return artifact?.kind === 'transfer' ? artifact.definition : null;
}

function starterOf(run: RunDetail | null): string | undefined {
  return run === null ? undefined : readJobDocument(run.document)?.startedBy;
}
