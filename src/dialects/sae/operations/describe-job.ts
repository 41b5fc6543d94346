import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { describedJob } from '../render/described-job.ts';
import {
  appIdInfo,
  applicationResource,
  knownRun,
  knownTemplate,
  optionalText,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';

/** Shows a template, or with JobId the snapshot that job ran with (sae.md §4.7, U21). */
export const describeJob: Operation<SaeServices> = {
  name: 'DescribeJob',
  method: 'GET',
  path: '/pop/v1/sam/job/describeJob',
  parameters: [
    appIdInfo,
    parameterInfo('JobId', 'string', false, 'shows the configuration this job ran with'),
  ],
  resource: applicationResource,
  async handle({ params }, services) {
    const { engine, region } = services.context;
    const template = await knownTemplate(services, requiredText(params, 'AppId'));
    const jobId = optionalText(params, 'JobId');
    const definition =
      jobId === undefined ? template : await knownRun(services, template.id, jobId);
    const refedAppIds = await engine.templates.referringTo(template.id);
    return { data: describedJob(template, definition, region, refedAppIds) };
  },
};
