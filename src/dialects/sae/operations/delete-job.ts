import type { Operation } from '../../aliyun/operation.ts';
import { appIdInfo, applicationResource, deletedData, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';

/** Stops a template's running jobs and erases it with its history (sae.md §4.6). */
export const deleteJob: Operation<SaeServices> = {
  name: 'DeleteJob',
  method: 'DELETE',
  path: '/pop/v1/sam/job/deleteJob',
  parameters: [appIdInfo],
  resource: applicationResource,
  async handle({ params, caller }, { context }) {
    await context.engine.templates.delete(requiredText(params, 'AppId'), 'sae', caller.user);
    return { data: deletedData };
  },
};
