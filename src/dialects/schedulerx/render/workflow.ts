import type { Run, RunDetail } from '../../../domain/run.ts';
import { scheduleTimeMsOf } from '../instance-ids.ts';
import type { SchedulerxSettings } from '../services.ts';
import { localTimeText, zoneOf } from '../translate/one-time.ts';
import { readWorkflowDocument } from '../translate/workflow.ts';
import { groupOfWorkflow, type Workflow } from '../workflows.ts';

/** Members that GetWorkFlow and ListWorkFlows share (schedulerx.md §4.6). */
export function workflowFields(workflow: Workflow) {
  const { given } = workflow.document;
  const { namespace, groupId } = groupOfWorkflow(workflow);
  return {
    WorkflowId: workflow.id,
    Name: given['Name'] ?? '',
    Description: given['Description'] ?? '',
    Namespace: namespace,
    GroupId: groupId,
    TimeType: given['TimeType'] === '1' ? 'cron' : 'api',
    TimeExpression: given['TimeExpression'] ?? '',
    MaxConcurrency: given['MaxConcurrency'] ?? '1',
  };
}

/** Status of a workflow's run (schedulerx.md §5.6). */
export function workflowRunStatus(run: Pick<Run, 'state' | 'verdict' | 'startedAtMs'>): number {
  if (run.verdict === 'succeeded' || run.state === 'succeeded') return 4;
  if (run.state === 'queued') return 1;
  if (run.state === 'failed' || run.state === 'canceled') return 5;
  return run.startedAtMs === null ? 2 : 3;
}

/** Status and times of a workflow's run. */
export function workflowRunFields(
  run: Run & Partial<Pick<RunDetail, 'document'>>,
  workflow: Workflow,
  settings: SchedulerxSettings,
) {
  const own = readWorkflowDocument(run.document ?? {})?.instance?.scheduleTimeMs;
  const scheduleTimeMs = own ?? scheduleTimeMsOf(run);
  const zone = zoneOf(workflow.document.given['Timezone'] ?? '', settings.timezone);
  const time = (ms: number | null): string | undefined =>
    ms === null ? undefined : localTimeText(ms, zone);
  return {
    Status: workflowRunStatus(run),
    ScheduleTime: time(scheduleTimeMs),
    DataTime: time(scheduleTimeMs),
    StartTime: time(run.startedAtMs),
    EndTime: time(run.endedAtMs),
  };
}
