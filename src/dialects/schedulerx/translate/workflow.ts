import type { JobSpec, TemplateRevision } from '../../../domain/template.ts';
import type { RunOverride } from '../../../engine/index.ts';
import { failures } from '../errors.ts';
import { integerOf } from '../parameters.ts';
import type { SchedulerxSettings } from '../services.ts';
import { type Dag, graphOf } from './dag.ts';
import { processTimezone, zoneOf } from './one-time.ts';
import { scheduleOf } from './schedule.ts';

/** The document of a workflow's template. */
export interface WorkflowDocument {
  readonly kind: 'workflow';
  readonly workflowId: number;
  /** Parameters of CreateWorkflow with those of every UpdateWorkflow over them, as text. */
  readonly given: Readonly<Record<string, string>>;
  readonly dag: Dag;
  /** Whether it is scheduled, and its jobs are not. */
  readonly enabled: boolean;
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** What an ExecuteWorkflow adds to the document of its run. */
export interface WorkflowRunDocument extends WorkflowDocument {
  readonly instance?: {
    readonly by: string;
    readonly parameters: string | null;
    /** Of a run that goes on with an earlier one: that one's. */
    readonly scheduleTimeMs?: number;
  };
}

/** From a stop to the end of its jobs at most: they have grace times of their own. */
const graceMs = 60_000;

/**
 * What the engine keeps of a workflow.
 * @throws WireError business failure for a time that cannot be read.
 */
export function workflowRevision(
  document: WorkflowDocument,
  settings: SchedulerxSettings,
): TemplateRevision {
  const { given, dag, enabled } = document;
  const timeType = given['TimeType'] ?? '';
  if (timeType !== '1' && timeType !== '100') throw failures.timeType();
  const schedule = scheduleOf(
    {
      kind: 'job',
      group: 0,
      given,
      contacts: [],
      enabled,
      contentAtMs: 0,
      anchorMs: 0,
      createdBy: document.createdBy,
    },
    { calendars: [], designated: null, routes: [], avoidsBusy: false, inWorkflow: false },
    settings,
  );
  const zone = zoneOf(given['Timezone'] ?? '', settings.timezone);
  const most = given['MaxConcurrency'] ?? '';
  const spec: JobSpec = {
    task: {
      artifact: { kind: 'workflow', ...graphOf(dag), instanceParameters: null },
      argv: [],
      env: {},
      identityEnv: {},
      postStart: null,
      preStop: null,
    },
    replicas: 1,
    shards: null,
    concurrency: 'allow',
    maxUnfinished: most === '' ? 1 : integerOf(most, 'MaxConcurrency', 1, 10_000),
    // A second try would find the same jobs failed.
    retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
    timeoutMs: null,
    graceMs,
    timezone: processTimezone(zone),
    resources: { cpuMillis: 0, memoryMib: 0 },
  };
  return {
    spec,
    document: { ...document },
    notActedOn: [],
    refersTo: null,
    schedule: dag.nodes.length === 0 ? null : schedule,
    ...(given['Name'] === undefined ? {} : { name: given['Name'] }),
  };
}

/** One run of a workflow with parameters of its own. */
export function workflowOverride(
  current: TemplateRevision,
  by: string,
  parameters: string | null,
): RunOverride {
  const { spec, document, notActedOn } = current;
  const { artifact } = spec.task;
  if (artifact.kind !== 'workflow') throw new Error('the template of a workflow holds none');
  return {
    spec: {
      ...spec,
      task: { ...spec.task, artifact: { ...artifact, instanceParameters: parameters } },
    },
    document: { ...document, instance: { by, parameters } },
    notActedOn,
  };
}

/** Null for another kind's document. */
export function readWorkflowDocument(
  document: Readonly<Record<string, unknown>>,
): WorkflowRunDocument | null {
  return document['kind'] === 'workflow' ? (document as unknown as WorkflowRunDocument) : null;
}
