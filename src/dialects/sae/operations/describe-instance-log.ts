import type { Operation, Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { parseInstanceId } from '../render/instance-id.ts';
import { optionalBoolean, optionalText, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { knownInstance } from './lookups/instances.ts';
import { logTail, maxTailLines } from './lookups/log-tail.ts';

/** Shows the newest output of an instance (sae.md §5.5). */
export const describeInstanceLog: Operation<SaeServices> = {
  name: 'DescribeInstanceLog',
  method: 'GET',
  path: '/pop/v1/sam/instance/describeInstanceLog',
  parameters: [
    parameterInfo(
      'InstanceId',
      'string',
      true,
      `the newest ${maxTailLines} lines, stdout before stderr`,
    ),
    parameterInfo('ContainerId', 'string', false, 'the template’s name, the only container'),
    parameterInfo('Previous', 'boolean', false, 'true = of the attempt before the newest'),
  ],
  resource: instanceResource,
  async handle({ params }, services) {
    const id = requiredText(params, 'InstanceId');
    const previous = optionalBoolean(params, 'Previous') ?? false;
    const { run, instance } = await knownInstance(services, id);
    const container = optionalText(params, 'ContainerId');
    if (container !== undefined && container !== run.templateName && container !== id) {
      throw saeError('InvalidParameter.Obviously', 'ContainerId');
    }
    const attempt = instance.attempts.at(previous ? -2 : -1);
    return {
      data: attempt === undefined ? '' : await logTail(services.context.engine.runs, attempt),
    };
  },
};

/** The RAM resource: the template that the instance belongs to. */
async function instanceResource(params: Params, { context }: SaeServices): Promise<string> {
  const jobId = parseInstanceId(optionalText(params, 'InstanceId') ?? '')?.jobId;
  const run = jobId === undefined ? null : await context.engine.runs.get(jobId);
  return run === null
    ? '*'
    : `acs:sae:${context.region}:${context.accountId}:application/${run.namespace}/${run.templateId}`;
}
