import type { TemplateChange } from '../../../domain/template.ts';
import type { NamedChange } from '../../../engine/index.ts';
import { derivedId } from './derived-id.ts';
import { serviceTime } from './wall-time.ts';

type ChangeKind = TemplateChange['kind'];

/** `CoTypeCode` and `CoType` of each kind of change (sae.md §5.4). */
const coTypes: Readonly<Record<ChangeKind, { readonly code: string; readonly name: string }>> = {
  create: { code: 'CoCreateApp', name: 'Create Application' },
  update: { code: 'CoDeploy', name: 'Deploy Application' },
  delete: { code: 'CoDeleteApp', name: 'Delete Application' },
  // SuspendJob has no type of its own in the service's list; these are what it does.
  suspend: { code: 'CoStop', name: 'Stop Application' },
  resume: { code: 'CoStart', name: 'Start Application' },
};

/** Types the service has and job templates never come to, and second spellings (C20). */
const foreignTypes: Readonly<Record<string, readonly ChangeKind[]>> = {
  CoStopApplication: ['suspend'],
  CoStartApplication: ['resume'],
  CoBatchStopApplication: [],
  CoBatchStartApplication: [],
  CoBindSlb: [],
  CoUnbindSlb: [],
  CoRestartApplication: [],
  CoRollback: [],
  CoScaleIn: [],
  CoScaleOut: [],
  CoRescaleApplicationVertically: [],
  CoDeployHistroy: [],
  CoBindNas: [],
  CoUnbindNas: [],
  CoRestartInstances: [],
  CoDeleteInstances: [],
  CoScaleInAppWithInstances: [],
};

const kindsByType: ReadonlyMap<string, readonly ChangeKind[]> = new Map([
  ...(Object.keys(coTypes) as ChangeKind[]).map((kind): [string, ChangeKind[]] => [
    coTypes[kind].code,
    [kind],
  ]),
  ...Object.entries(foreignTypes),
]);

/** Statuses in words and digits as filters take them (sae.md §5.1, §5.4). */
const statuses: ReadonlyMap<string, number> = new Map([
  ['READY', 0],
  ['RUNNING', 1],
  ['SUCCESS', 2],
  ['FAIL', 3],
  ['ABORT', 6],
  ['WAIT_BATCH_CONFIRM', 8],
  ['AUTO_BATCH_WAIT', 9],
  ['SYSTEM_FAIL', 10],
  ['WAIT_APPROVAL', 11],
  ['APPROVED', 12],
]);

/** A change is one transaction: whoever can see its order sees it succeeded. */
const succeeded = 2;
const succeededWord = 'SUCCESS';

/** Kinds of change that a `CoType` filter means, none for those of other workloads; null = unknown. */
export function kindsOfType(coType: string): readonly ChangeKind[] | null {
  return kindsByType.get(coType) ?? null;
}

/** Whether a `CoStatus` filter lets our orders pass, which all succeeded; null = unknown. */
export function statusPasses(coStatus: string): boolean | null {
  const status = statuses.get(coStatus);
  if (status !== undefined) return status === succeeded;
  return [...statuses.values()].map(String).includes(coStatus)
    ? coStatus === String(succeeded)
    : null;
}

/** Id of the one pipeline of a change order. */
function pipelineId(changeId: string): string {
  return derivedId(changeId) ?? changeId;
}

/** `Data` of DescribeChangeOrder (sae.md §5.4, O). */
export function describedOrder(change: NamedChange): Record<string, unknown> {
  const type = coTypes[change.kind];
  return {
    ChangeOrderId: change.id,
    AppId: change.templateId,
    AppName: change.templateName,
    CoType: type.name,
    CoTypeCode: type.code,
    Description: change.note,
    ErrorMessage: '',
    Status: succeeded,
    SubStatus: 0,
    Auto: true,
    BatchType: 'auto',
    BatchCount: 1,
    BatchWaitTime: 0,
    CreateTime: serviceTime(change.atMs),
    CurrentPipelineId: pipelineId(change.id),
    ApprovalId: '',
    ApplicationUpdateStrategy: '',
    SupportRollback: false,
    ApplicationEnableGreyTagRoute: false,
    Pipelines: [
      {
        PipelineId: pipelineId(change.id),
        PipelineName: type.name,
        BatchType: 0,
        ParallelCount: 0,
        Status: succeeded,
        StartTime: change.atMs,
        UpdateTime: change.atMs,
      },
    ],
  };
}

/** One row of ListChangeOrders (sae.md §5.4, L). */
export function listedOrder(change: NamedChange): Record<string, unknown> {
  const type = coTypes[change.kind];
  return {
    ChangeOrderId: change.id,
    AppId: change.templateId,
    CoType: type.name,
    CoTypeCode: type.code,
    Description: change.note,
    BatchType: 'auto',
    BatchCount: 1,
    Status: succeeded,
    CreateTime: serviceTime(change.atMs),
    FinishTime: serviceTime(change.atMs),
    CreateUserId: change.by,
    UserId: change.by,
    GroupId: derivedId(change.templateId) ?? '',
    Source: 'openapi',
  };
}

/** One row of ListNamespaceChangeOrders. */
export function listedNamespaceOrder(change: NamedChange): Record<string, unknown> {
  return {
    ...listedOrder(change),
    NamespaceId: change.namespace,
    Pipelines: pipelineId(change.id),
  };
}

/** `Data` of DescribePipeline (sae.md §5.4, P): one stage with one task, both done. */
export function describedPipeline(change: NamedChange): Record<string, unknown> {
  const type = coTypes[change.kind];
  const id = pipelineId(change.id);
  const stageId = `${id}-1`;
  return {
    PipelineId: id,
    PipelineName: type.name,
    PipelineStatus: succeeded,
    NextPipelineId: '',
    CurrentStageId: stageId,
    CoStatus: succeededWord,
    ShowBatch: false,
    StageList: [
      {
        StageId: stageId,
        StageName: type.name,
        Status: succeeded,
        ExecutorType: 0,
        TaskList: [
          {
            TaskId: `${stageId}-1`,
            TaskName: type.name,
            StageId: stageId,
            Status: succeeded,
            Message: change.note,
            ErrorCode: '',
            ErrorMessage: '',
            ErrorIgnore: 0,
            ShowManualIgnore: false,
          },
        ],
      },
    ],
  };
}
