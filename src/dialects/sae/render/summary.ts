import type { TemplateSummary } from '../../../engine/index.ts';
import { epochSeconds, statusMessage, wireState } from './run.ts';

/** One row of ListJobs (sae.md §4.8). The odd names `Mem` and `LastChangeorderState` are real. */
export function listedJob(template: TemplateSummary, region: string): Record<string, unknown> {
  const { document, spec, latestRun: run } = template;
  return {
    AppId: template.id,
    AppName: template.name,
    AppDescription: document['AppDescription'],
    NamespaceId: template.namespace,
    RegionId: region,
    ImageUrl: document['ImageUrl'],
    TriggerConfig: document['TriggerConfig'],
    Cpu: spec.resources.cpuMillis,
    Mem: spec.resources.memoryMib,
    Suspend: template.suspended,
    // Changes are applied at once, so the last one of a template that is there succeeded.
    LastChangeorderState: '1',
    LastJobState: run === null ? '0' : wireState(run.state),
    LastStartTime: run === null ? undefined : epochSeconds(run.createdAtMs),
    CompletionTime:
      run === null || run.endedAtMs === null ? undefined : epochSeconds(run.endedAtMs),
    Active: run?.active ?? 0,
    Succeeded: run?.succeeded ?? 0,
    Failed: run?.failed ?? 0,
    Message: run === null ? '' : statusMessage(run),
    Tags: template.tags.map(({ key, value }) => ({ Key: key, Value: value })),
  };
}
