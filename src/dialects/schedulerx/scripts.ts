/** Versions of the scripts of jobs: documents `job-script`, one for each version. */
import type { SchedulerxServices } from './services.ts';

const kind = 'job-script';
/** Versions kept of one job (schedulerx.md §6 #30). */
export const maxScriptVersions = 30;

/** One version of a script. */
export interface ScriptVersion {
  readonly content: string;
  readonly description: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

/** Keeps a version, and of all the newest thirty. */
export async function keepScript(
  { context }: SchedulerxServices,
  jobId: number,
  version: ScriptVersion,
): Promise<void> {
  const { documents } = context.engine;
  const number = await documents.takeNumbers('schedulerx-script', 1);
  await documents.changeDocument(nameOf(jobId, number), context.nowMs(), () => ({
    parent: String(jobId),
    value: { ...version },
  }));
  const { rows, total } = await documents.documents({
    dialect: 'schedulerx',
    kind,
    parent: String(jobId),
    offset: 0,
    limit: maxScriptVersions,
  });
  for (const { key } of rows.slice(0, Math.max(total - maxScriptVersions, 0))) {
    await documents.changeDocument(
      { dialect: 'schedulerx', kind, key },
      context.nowMs(),
      () => null,
    );
  }
}

/** Newest first. */
export async function scriptsOf(
  { context }: SchedulerxServices,
  jobId: number,
): Promise<readonly ScriptVersion[]> {
  const { rows } = await context.engine.documents.documents({
    dialect: 'schedulerx',
    kind,
    parent: String(jobId),
    offset: 0,
    limit: maxScriptVersions,
  });
  return rows.toReversed().map(({ value }) => value as unknown as ScriptVersion);
}

/** Forgets all versions of a job that is deleted. */
export async function removeScripts({ context }: SchedulerxServices, jobId: number): Promise<void> {
  const { documents } = context.engine;
  for (let round = 0; round <= maxScriptVersions; round++) {
    const { rows } = await documents.documents({
      dialect: 'schedulerx',
      kind,
      parent: String(jobId),
      offset: 0,
      limit: maxScriptVersions,
    });
    if (rows.length === 0) return;
    for (const { key } of rows) {
      await documents.changeDocument(
        { dialect: 'schedulerx', kind, key },
        context.nowMs(),
        () => null,
      );
    }
  }
}

function nameOf(jobId: number, number: number) {
  return { dialect: 'schedulerx', kind, key: `${jobId}/${number}` } as const;
}
