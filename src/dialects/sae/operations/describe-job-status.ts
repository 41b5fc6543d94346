import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { statusJob } from '../render/run.ts';
import {
  appIdInfo,
  applicationResource,
  knownRun,
  knownTemplate,
  optionalText,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';

/** Shows the state of one job, by default of the newest (sae.md §4.10). */
export const describeJobStatus: Operation<SaeServices> = {
  name: 'DescribeJobStatus',
  method: 'GET',
  path: '/pop/v1/sam/job/describeJobStatus',
  parameters: [appIdInfo, parameterInfo('JobId', 'string', false, 'absent = the newest job')],
  resource: applicationResource,
  async handle({ params }, services) {
    const template = await knownTemplate(services, requiredText(params, 'AppId'));
    const jobId = optionalText(params, 'JobId');
    const run =
      jobId === undefined
        ? await services.context.engine.runs.latest(template.id)
        : await knownRun(services, template.id, jobId);
    return { data: statusJob(run) };
  },
};
