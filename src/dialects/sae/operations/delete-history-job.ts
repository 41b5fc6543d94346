import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import {
  appIdInfo,
  applicationResource,
  deletedData,
  knownRun,
  knownTemplate,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';

/** Removes a job's record; an unfinished job is stopped first (sae.md §4.11). */
export const deleteHistoryJob: Operation<SaeServices> = {
  name: 'DeleteHistoryJob',
  method: 'DELETE',
  path: '/pop/v1/sam/job/deleteHistoryJob',
  parameters: [appIdInfo, parameterInfo('JobId', 'string', true, 'a job of this template')],
  resource: applicationResource,
  async handle({ params, caller }, services) {
    const appId = requiredText(params, 'AppId');
    const jobId = requiredText(params, 'JobId');
    const template = await knownTemplate(services, appId);
    const run = await knownRun(services, template.id, jobId);
    await services.context.engine.runs.delete(run.id, caller.user);
    return { data: deletedData };
  },
};
