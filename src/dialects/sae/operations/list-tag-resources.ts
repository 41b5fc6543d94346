import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Operation, Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { optionalText, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import {
  answerType,
  checkResourceType,
  maxResourceIds,
  optionalList,
  optionalTags,
  taggedResource,
} from './lookups/tag-parameters.ts';

const pageRows = 50;
/** Longer than any token that this server gives. */
const maxTokenChars = 2_048;

/** Lists tags of templates, found by their ids or by tags they all have (sae.md §5.6). */
export const listTagResources: Operation<SaeServices> = {
  name: 'ListTagResources',
  method: 'GET',
  path: '/tags',
  parameters: [
    { ...parameterInfo('RegionId', 'string', true, 'a server is one region'), effect: 'stored' },
    parameterInfo('ResourceType', 'string', true, 'application'),
    parameterInfo('ResourceIds', 'json', false, `at most ${maxResourceIds} ids; this or Tags`),
    parameterInfo('Tags', 'json', false, 'templates that have all of these; this or ResourceIds'),
    parameterInfo('NextToken', 'string', false, `goes on after a page of ${pageRows} rows`),
  ],
  resource: taggedResource,
  async handle({ params }, { context }) {
    requiredText(params, 'RegionId');
    checkResourceType(params);
    const ids = optionalList(params, 'ResourceIds', maxResourceIds);
    const tags = optionalTags(params);
    if (ids === undefined && (tags === undefined || tags.length === 0)) {
      throw saeError('InvalidParameter.NotEmpty', 'ResourceIds');
    }
    const after = readToken(params);
    // One more than shown tells whether there is another page.
    const rows = await context.engine.catalog.tagged({
      dialect: 'sae',
      ...(ids === undefined ? {} : { templateIds: ids }),
      ...(tags === undefined || tags.length === 0 ? {} : { withTags: tags }),
      ...(after === undefined ? {} : { after }),
      limit: pageRows + 1,
    });
    const shown = rows.slice(0, pageRows);
    const last = rows.length > pageRows ? shown.at(-1) : undefined;
    return {
      data: {
        NextToken: last === undefined ? '' : writeToken(last),
        TagResources: shown.map(({ templateId, key, value }) => ({
          ResourceId: templateId,
          ResourceType: answerType,
          TagKey: key,
          TagValue: value,
        })),
      },
    };
  },
};

interface Position {
  readonly templateId: string;
  readonly key: string;
}

const tokenSchema = Type.Object({ templateId: Type.String(), key: Type.String() });

/** The last row of a page, so that rows added meanwhile shift nothing. */
function writeToken({ templateId, key }: Position): string {
  return Buffer.from(JSON.stringify({ templateId, key })).toString('base64url');
}

function readToken(params: Params): Position | undefined {
  const text = optionalText(params, 'NextToken');
  if (text === undefined) return undefined;
  try {
    const position: unknown = JSON.parse(
      Buffer.from(text.slice(0, maxTokenChars), 'base64url').toString('utf8'),
    );
    if (Value.Check(tokenSchema, position)) return position;
  } catch {
    // Not a token of ours; told below.
  }
  throw saeError('InvalidParameter.Obviously', 'NextToken');
}
