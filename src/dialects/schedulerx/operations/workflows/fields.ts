import type { Params } from '../../../aliyun/operation.ts';
import { failures } from '../../errors.ts';
import { common, parameter } from '../../operation.ts';
import { boundedText } from '../../texts.ts';

export const workflowId = parameter('WorkflowId', 'integer', 'the workflow', { required: true });

/** Parameters of operations on one workflow that may leave the application out (§6 #10). */
export const namedWorkflow = [
  common.regionId,
  common.namespace,
  common.namespaceSource,
  common.optionalGroupId,
  workflowId,
] as const;

/** Parameters of operations on one workflow of one application. */
export const groupedWorkflow = [
  common.regionId,
  common.namespace,
  common.namespaceSource,
  common.groupId,
  workflowId,
] as const;

const maxBytes: Readonly<Record<string, number>> = {
  Name: 256,
  Description: 1_000,
  TimeType: 8,
  TimeExpression: 512,
  Timezone: 64,
  MaxConcurrency: 16,
};

/** Those of these parameters that are there. @throws WireError for what is too long. */
export function givenOf(
  params: Params,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = params.get(name);
      return value === undefined ? [] : [[name, boundedText(name, value, maxBytes[name] ?? 0)]];
    }),
  );
}

/** @throws WireError for a name that says nothing. */
export function requireName(given: Readonly<Record<string, string>>): void {
  if (given['Name'] !== undefined && given['Name'].trim() === '')
    throw failures.cannotBeNull('name');
}
