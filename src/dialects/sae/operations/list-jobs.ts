import { Type } from 'typebox';
import type { Operation, Params } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { listedJob } from '../render/summary.ts';
import {
  optionalBoolean,
  optionalChoice,
  optionalText,
  pageInfos,
  pageRequest,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { jsonText, wrong } from '../values/json-text.ts';
import { optionalNamespace } from './lookups/namespace.ts';

const maxPageSize = 200;
/** Most ids of one appIds filter. */
const maxFilterIds = 200;
/** Most tags of one filter: what a template can have. */
const maxFilterTags = 20;

const tagsText = jsonText(
  Type.Array(Type.Object({ key: Type.String(), value: Type.String() }), {
    maxItems: maxFilterTags,
  }),
  '[{"key":"k","value":"v"}]',
);

/** Lists templates with their newest job (sae.md §4.8). */
export const listJobs: Operation<SaeServices> = {
  name: 'ListJobs',
  method: 'GET',
  path: '/pop/v1/sam/job/listJobs',
  parameters: [
    parameterInfo('Workload', 'string', false, 'job or absent'),
    parameterInfo('NamespaceId', 'string', false, 'absent = all namespaces'),
    parameterInfo('AppName', 'string', false, 'part of the name'),
    parameterInfo('FieldType', 'string', false, 'appName or appIds: what FieldValue is'),
    parameterInfo('FieldValue', 'string', false, 'part of the name, or ids joined by commas'),
    parameterInfo('Tags', 'json', false, 'all must match, key and value'),
    parameterInfo('OrderBy', 'string', false, 'running or instances; default newest first'),
    parameterInfo('Reverse', 'boolean', false, 'true = ascending; default false'),
    ...pageInfos(maxPageSize),
  ],
  async handle({ params }, services) {
    const { context } = services;
    optionalChoice(params, 'Workload', ['job']);
    const filter = nameFilter(params);
    const orderBy = optionalChoice(params, 'OrderBy', ['running', 'instances']);
    const ascending = optionalBoolean(params, 'Reverse') ?? false;
    const { currentPage, pageSize, offset } = pageRequest(params, maxPageSize);
    const tags = tagsText.parse('Tags', optionalText(params, 'Tags') ?? '[]');
    const namespace = await optionalNamespace(params, 'NamespaceId', services);
    const { rows, total } = await context.engine.templates.list({
      dialect: 'sae',
      ...(namespace === undefined ? {} : { namespace }),
      ...filter,
      ...(tags.length === 0 ? {} : { tags }),
      orderBy: orderBy === undefined ? 'created' : orders[orderBy],
      ascending,
      offset,
      limit: pageSize,
    });
    const paging = { CurrentPage: currentPage, PageSize: pageSize, TotalSize: total };
    return {
      data: { ...paging, Applications: rows.map((row) => listedJob(row, context.region)) },
      top: paging,
      omitTraceId: true,
    };
  },
};

const orders = { running: 'active', instances: 'replicas' } as const;

/** AppName and the FieldType pair as one filter of the engine. */
export function nameFilter(params: Params): {
  readonly nameContains?: string;
  readonly ids?: readonly string[];
} {
  const name = optionalText(params, 'AppName');
  const type = optionalChoice(params, 'FieldType', ['appName', 'appIds']);
  const value = optionalText(params, 'FieldValue');
  const byName = name === undefined ? {} : { nameContains: name };
  if (type === undefined || value === undefined) return byName;
  if (type === 'appIds') {
    const ids = value.split(',', maxFilterIds + 1).map((id) => id.trim());
    if (ids.length > maxFilterIds) throw wrong('FieldValue', `more than ${maxFilterIds} ids`);
    return { ...byName, ids: ids.filter((id) => id !== '') };
  }
  if (name === undefined || value.includes(name)) return { nameContains: value };
  if (name.includes(value)) return byName;
  throw wrong('FieldValue', 'AppName asks for another name; send only one of the two');
}
