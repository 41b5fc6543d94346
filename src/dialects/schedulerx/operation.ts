import { missingParameter } from '../aliyun/errors.ts';
import type { Operation, ParameterInfo, Params } from '../aliyun/operation.ts';
import type { SchedulerxServices } from './services.ts';

/** One operation; its file lies in the folder of its object. */
export type SchedulerxOperation = Operation<SchedulerxServices>;

/** A row of the coverage page, and what the gateway asks for: see {@link defineOperation}. */
export function parameter(
  name: string,
  type: ParameterInfo['type'],
  note: string,
  options: { readonly required?: boolean; readonly effect?: ParameterInfo['effect'] } = {},
): ParameterInfo {
  return {
    name,
    type,
    note,
    required: options.required ?? false,
    effect: options.effect ?? 'acts',
  };
}

/** Parameters that many operations have. RegionId and NamespaceSource are never insisted on (§4, §6 #2). */
export const common = {
  regionId: parameter('RegionId', 'string', 'any', { effect: 'stored' }),
  namespace: parameter('Namespace', 'string', 'id of the namespace', { required: true }),
  optionalNamespace: parameter('Namespace', 'string', 'id of the namespace'),
  namespaceSource: parameter('NamespaceSource', 'string', 'repeated in messages only', {
    effect: 'stored',
  }),
  groupId: parameter('GroupId', 'string', 'the application', { required: true }),
  optionalGroupId: parameter('GroupId', 'string', 'the application; when given it must match'),
  jobId: parameter('JobId', 'integer', 'the job', { required: true }),
} as const;

/**
 * An operation of this product. All come on `/` with GET or POST; `method` is the one that current
 * SDKs use. A parameter that is required and absent is the gateway's `Missing{Name}` (§6 #2).
 * The RAM resource is the namespace and the application that the parameters name, unless the
 * operation says otherwise.
 */
export function defineOperation(operation: Omit<SchedulerxOperation, 'path'>): SchedulerxOperation {
  const requiredNames = operation.parameters
    .filter((each) => each.required)
    .map((each) => each.name);
  return {
    resource: (params, { context }) => groupResource(context, params),
    ...operation,
    path: '/',
    handle(call, services) {
      for (const name of requiredNames) {
        if (!call.params.has(name) && !call.params.has(`${name}.1`)) throw missingParameter(name);
      }
      return operation.handle(call, services);
    },
  };
}

/** RAM name of what `Namespace` and `GroupId` name, e.g. `acs:edas:r:1:namespace/ns/JobGroup/g`. */
export function groupResource(
  { region, accountId }: { readonly region: string; readonly accountId: string },
  params: Params,
  names: { readonly namespace: string; readonly groupId: string } = {
    namespace: 'Namespace',
    groupId: 'GroupId',
  },
): string {
  const namespace = params.get(names.namespace);
  if (namespace === undefined) return '*';
  const groupId = params.get(names.groupId);
  const group = groupId === undefined ? '' : `/JobGroup/${groupId}`;
  return `acs:edas:${region}:${accountId}:namespace/${namespace}${group}`;
}
