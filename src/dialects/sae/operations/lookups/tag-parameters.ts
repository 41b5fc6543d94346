import { Type } from 'typebox';
import type { Params, Resources } from '../../../aliyun/operation.ts';
import { saeError } from '../../errors.ts';
import { optionalText } from '../../requests.ts';
import type { SaeServices } from '../../services.ts';
import { jsonText, wrong } from '../../values/json-text.ts';

/** Most templates of one request (sae.md §5.6). */
export const maxResourceIds = 50;
/** Most tags or tag keys of one request: what a template can have. */
export const maxTags = 20;
const maxTagChars = 128;

/** What requests and answers call a template (C19). */
const requestType = 'application';
export const answerType = 'ALIYUN::SAE::APPLICATION';

const listText = jsonText(Type.Array(Type.String()), '["a","b"]');
const tagsText = jsonText(
  Type.Array(Type.Object({ key: Type.String(), value: Type.Optional(Type.String()) }), {
    maxItems: maxTags,
  }),
  '[{"key":"k","value":"v"}]',
);

/**
 * Checks that ResourceType names templates, by the name of requests or that of answers.
 * @throws WireError `InvalidParameter.NotEmpty` or `InvalidParameter.Obviously`.
 */
export function checkResourceType(params: Params): void {
  const type = optionalText(params, 'ResourceType');
  if (type === undefined) throw saeError('InvalidParameter.NotEmpty', 'ResourceType');
  if (type !== requestType && type !== answerType) {
    throw saeError('InvalidParameter.Obviously', 'ResourceType');
  }
}

/**
 * A list as a JSON array or as text joined by commas, without repetitions; undefined when absent.
 * @throws WireError `InvalidParameter.WithMessage` when it is no list, empty or too long.
 */
export function optionalList(
  params: Params,
  name: string,
  maxItems: number,
): readonly string[] | undefined {
  const text = optionalText(params, name)?.trim();
  if (text === undefined) return undefined;
  const items = text.startsWith('[')
    ? listText.parse(name, text)
    : text.split(',', maxItems + 1).map((item) => item.trim());
  if (items.length === 0 || items.includes(''))
    throw wrong(name, 'holds nothing, or an empty item');
  if (items.length > maxItems) throw wrong(name, `holds more than ${maxItems} items`);
  return [...new Set(items)];
}

/** Reads ResourceIds. @throws WireError as `optionalList`; `InvalidParameter.NotEmpty` when absent. */
export function requiredResourceIds(params: Params): readonly string[] {
  const ids = optionalList(params, 'ResourceIds', maxResourceIds);
  if (ids === undefined) throw saeError('InvalidParameter.NotEmpty', 'ResourceIds');
  return ids;
}

/** Reads Tags as a filter: a tag without a value stands for all its values; undefined when absent. */
export function optionalTags(
  params: Params,
): readonly { readonly key: string; readonly value?: string }[] | undefined {
  const text = optionalText(params, 'Tags');
  return text === undefined ? undefined : tagsText.parse('Tags', text);
}

/**
 * Checks a tag that is to be set (sae.md §5.6).
 * @throws WireError `InvalidParameter.TagKey` or `InvalidParameter.TagValue`.
 */
export function checkedTag(tag: { readonly key: string; readonly value?: string }): {
  readonly key: string;
  readonly value: string;
} {
  const { key, value = '' } = tag;
  if (!fits(key) || /^(aliyun|acs:)|https?:\/\//.test(key)) {
    throw saeError('InvalidParameter.TagKey');
  }
  if (!fits(value)) throw saeError('InvalidParameter.TagValue');
  return { key, value };
}

function fits(text: string): boolean {
  return text !== '' && [...text].length <= maxTagChars && !text.includes('\0');
}

/**
 * The RAM resources of tag operations: each template that the request names, so that a permission
 * for all but one cannot be evaded by naming two. Unknown ones need a permission for `*`.
 */
export async function taggedResource(params: Params, { context }: SaeServices): Promise<Resources> {
  const named = await Promise.all(
    listedIds(params).map(async (id) => {
      const template = await context.engine.templates.get(id, 'sae');
      return template === null
        ? '*'
        : `acs:sae:${context.region}:${context.accountId}:application/${template.namespace}/${template.id}`;
    }),
  );
  const [first, ...others] = [...new Set(named)];
  return first === undefined ? '*' : [first, ...others];
}

/** Read as the operation reads them, so that both mean the same; wrong ones are told later. */
function listedIds(params: Params): readonly string[] {
  try {
    return optionalList(params, 'ResourceIds', maxResourceIds) ?? [];
  } catch {
    return [];
  }
}
