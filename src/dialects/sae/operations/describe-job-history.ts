import type { Operation, Params, Reply } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { historyJob, runStates } from '../render/run.ts';
import {
  appIdInfo,
  applicationResource,
  knownTemplate,
  optionalText,
  pageInfos,
  pageRequest,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';

const maxPageSize = 10_000;

/** Lists the jobs of a template, newest first (sae.md §4.9). */
export const describeJobHistory: Operation<SaeServices> = {
  name: 'DescribeJobHistory',
  method: 'GET',
  path: '/pop/v1/sam/job/describeJobHistory',
  parameters: [
    appIdInfo,
    parameterInfo('State', 'string', false, '0, 1, 2 or 3; absent = all'),
    ...pageInfos(maxPageSize),
  ],
  resource: applicationResource,
  handle({ params }, services) {
    return jobHistory(params, services, optionalText(params, 'State'));
  },
};

/** The page of a template's jobs that the parameters ask for. `state`: as the wire has it. */
export async function jobHistory(
  params: Params,
  services: SaeServices,
  state: string | undefined,
): Promise<Reply> {
  const appId = requiredText(params, 'AppId');
  const page = pageRequest(params, maxPageSize);
  const states = state === undefined ? undefined : runStates(state);
  if (states === null) throw saeError('InvalidParameter.Obviously', 'State');
  const template = await knownTemplate(services, appId);
  const { rows, total } = await services.context.engine.runs.list({
    dialect: 'sae',
    templateId: template.id,
    ...(states === undefined ? {} : { states }),
    offset: page.offset,
    limit: page.pageSize,
  });
  return {
    data: {
      CurrentPage: page.currentPage,
      PageSize: page.pageSize,
      TotalSize: total,
      Jobs: rows.map(historyJob),
    },
  };
}
