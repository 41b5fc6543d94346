import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import type { SaeServices } from '../services.ts';
import { wrong } from '../values/json-text.ts';
import {
  checkedTag,
  checkResourceType,
  maxResourceIds,
  maxTags,
  optionalTags,
  requiredResourceIds,
  taggedResource,
} from './lookups/tag-parameters.ts';

/** Sets tags of templates; keys they have already get the new value (sae.md §5.6). */
export const tagResources: Operation<SaeServices> = {
  name: 'TagResources',
  method: 'POST',
  path: '/tags',
  parameters: [
    { ...parameterInfo('RegionId', 'string', false, 'a server is one region'), effect: 'stored' },
    parameterInfo('ResourceType', 'string', true, 'application'),
    parameterInfo('ResourceIds', 'json', true, `ids of at most ${maxResourceIds} templates`),
    parameterInfo('Tags', 'json', true, `at most ${maxTags} of a template`),
  ],
  resource: taggedResource,
  async handle({ params }, { context }) {
    checkResourceType(params);
    const ids = requiredResourceIds(params);
    const tags = optionalTags(params)?.map(checkedTag);
    if (tags === undefined || tags.length === 0)
      throw saeError('InvalidParameter.NotEmpty', 'Tags');
    if (new Set(tags.map(({ key }) => key)).size < tags.length) {
      throw wrong('Tags', 'one key stands there twice');
    }
    await context.engine.catalog.putTags('sae', ids, tags);
    return { data: true };
  },
};
