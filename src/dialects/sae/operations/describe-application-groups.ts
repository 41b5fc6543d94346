import type { Operation } from '../../aliyun/operation.ts';
import { describedGroup } from '../render/group.ts';
import {
  appIdInfo,
  applicationResource,
  knownTemplate,
  pageInfos,
  pageRequest,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';

const maxPageSize = 200;
/** Most running jobs whose instances are counted. */
const maxCountedJobs = 1_000;

/** Shows the one group that the instances of a template make up (sae.md §5.5). */
export const describeApplicationGroups: Operation<SaeServices> = {
  name: 'DescribeApplicationGroups',
  method: 'GET',
  path: '/pop/v1/sam/app/describeApplicationGroups',
  parameters: [appIdInfo, ...pageInfos(maxPageSize)],
  resource: applicationResource,
  async handle({ params }, services) {
    const appId = requiredText(params, 'AppId');
    const page = pageRequest(params, maxPageSize);
    const template = await knownTemplate(services, appId);
    const { rows } = await services.context.engine.runs.list({
      dialect: 'sae',
      templateId: template.id,
      states: ['running', 'stopping'],
      offset: 0,
      limit: maxCountedJobs,
    });
    const active = rows.reduce((sum, run) => sum + run.active, 0);
    const groups = [describedGroup(template, active)];
    return { data: groups.slice(page.offset, page.offset + page.pageSize) };
  },
};
