import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { optionalBoolean, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import {
  checkResourceType,
  maxResourceIds,
  maxTags,
  optionalList,
  requiredResourceIds,
  taggedResource,
} from './lookups/tag-parameters.ts';

/** Takes tags off templates; those that are not there are none (sae.md §5.6). */
export const untagResources: Operation<SaeServices> = {
  name: 'UntagResources',
  method: 'DELETE',
  path: '/tags',
  parameters: [
    { ...parameterInfo('RegionId', 'string', true, 'a server is one region'), effect: 'stored' },
    parameterInfo('ResourceType', 'string', true, 'application'),
    parameterInfo(
      'ResourceIds',
      'json',
      true,
      `ids of at most ${maxResourceIds} templates; also joined by commas`,
    ),
    parameterInfo('TagKeys', 'json', false, `at most ${maxTags} keys; also joined by commas`),
    parameterInfo('DeleteAll', 'boolean', false, 'true = all tags, when TagKeys is absent'),
  ],
  resource: taggedResource,
  async handle({ params }, { context }) {
    requiredText(params, 'RegionId');
    checkResourceType(params);
    const ids = requiredResourceIds(params);
    const keys = optionalList(params, 'TagKeys', maxTags);
    const all = optionalBoolean(params, 'DeleteAll') ?? false;
    if (keys === undefined && !all) throw saeError('InvalidParameter.NotEmpty', 'TagKeys');
    await context.engine.catalog.removeTags('sae', ids, keys ?? null);
    return { data: true };
  },
};
