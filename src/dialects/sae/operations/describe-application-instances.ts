import type { Operation, Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { derivedId } from '../render/derived-id.ts';
import { describedInstance } from '../render/instance.ts';
import {
  appIdInfo,
  applicationResource,
  knownTemplate,
  optionalBoolean,
  optionalText,
  pageRequest,
  type PageRequest,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';
import {
  type FoundInstance,
  instancesOf,
  knownInstance,
  listedJobs,
  maxListedJobs,
} from './lookups/instances.ts';

const maxPageSize = 200;
const defaultPageSize = 10;

/**
 * Lists instances of a template's jobs, newest job first, by index inside one job (sae.md §5.5).
 * TotalSize counts those that can be paged to: instances of the newest `maxListedJobs` jobs.
 */
export const describeApplicationInstances: Operation<SaeServices> = {
  name: 'DescribeApplicationInstances',
  method: 'GET',
  path: '/pop/v1/sam/app/describeApplicationInstances',
  parameters: [
    appIdInfo,
    parameterInfo('GroupId', 'string', false, 'the group of DescribeApplicationGroups, or absent'),
    parameterInfo('InstanceId', 'string', false, 'only this one, whatever PipelineId says'),
    parameterInfo('PipelineId', 'string', false, 'a JobId, or the pipeline of a change order'),
    parameterInfo('Reverse', 'boolean', false, 'true = oldest job first; default false'),
    parameterInfo('CurrentPage', 'integer', false, 'from 1; default 1'),
    parameterInfo(
      'PageSize',
      'integer',
      false,
      `0 to ${maxPageSize}; default ${defaultPageSize}; instances of the newest ${maxListedJobs} jobs`,
    ),
  ],
  resource: applicationResource,
  async handle({ params }, services) {
    const appId = requiredText(params, 'AppId');
    const ascending = optionalBoolean(params, 'Reverse') ?? false;
    const { currentPage, pageSize, offset } = instancePage(params);
    const template = await knownTemplate(services, appId);
    const groupId = optionalText(params, 'GroupId');
    if (groupId !== undefined && groupId !== derivedId(template.id)) {
      throw saeError('InvalidParameter.Obviously', 'GroupId');
    }
    const id = optionalText(params, 'InstanceId');
    let total = 1;
    let found: readonly FoundInstance[];
    if (id === undefined) {
      const jobs = await listedJobs(services, template, optionalText(params, 'PipelineId'));
      total = jobs.reduce((sum, run) => sum + run.replicas, 0);
      found = await instancesOf(services, ascending ? jobs.toReversed() : jobs, offset, pageSize);
    } else {
      found = [await knownInstance(services, id, template.id)].slice(offset, offset + pageSize);
    }
    return {
      data: {
        CurrentPage: currentPage,
        PageSize: pageSize,
        TotalSize: total,
        Instances: found.map(({ run, instance }) => describedInstance(run, instance)),
      },
    };
  },
};

/** This list has shorter pages than the others unless the request says how long. */
function instancePage(params: Params): PageRequest {
  const page = pageRequest(params, maxPageSize);
  if (optionalText(params, 'PageSize') !== undefined) return page;
  return {
    ...page,
    pageSize: defaultPageSize,
    offset: (page.currentPage - 1) * defaultPageSize,
  };
}
