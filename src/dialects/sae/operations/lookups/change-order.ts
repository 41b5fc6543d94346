import type { Params } from '../../../aliyun/operation.ts';
import type { ChangeQuery, NamedChange } from '../../../../engine/index.ts';
import { saeError } from '../../errors.ts';
import { parameterInfo } from '../../parameters/parameter.ts';
import { kindsOfType, statusPasses } from '../../render/change-order.ts';
import { derivedId } from '../../render/derived-id.ts';
import { optionalText } from '../../requests.ts';
import type { SaeServices } from '../../services.ts';

/** Most rows of a page of change orders. */
export const maxOrderPageSize = 1_000;

/** Coverage rows of the filters that both lists of change orders have. */
export const orderFilterInfos = [
  parameterInfo('CoType', 'string', false, 'CoCreateApp, CoDeploy, CoDeleteApp, CoStop, CoStart …'),
  parameterInfo('CoStatus', 'string', false, 'word or digit; orders here are SUCCESS (2)'),
  parameterInfo('Key', 'string', false, 'text in the description'),
];

/**
 * A change order of this service.
 * @throws WireError `InvalidChangeOrder.NotFound`; another dialect's changes count as unknown.
 */
export async function knownChangeOrder(services: SaeServices, id: string): Promise<NamedChange> {
  const change = await services.context.engine.catalog.templateChange(id);
  if (change === null || change.dialect !== 'sae') throw saeError('InvalidChangeOrder.NotFound');
  return change;
}

/** The change order of a pipeline (see `derivedId`). @throws WireError as `knownChangeOrder`. */
export function changeOrderOfPipeline(services: SaeServices, id: string): Promise<NamedChange> {
  return knownChangeOrder(services, derivedId(id) ?? '');
}

/** The RAM resource of an operation on one change order: that of its template. */
export async function changeOrderResource(
  services: SaeServices,
  id: string | null | undefined,
): Promise<string> {
  const { engine, region, accountId } = services.context;
  const change = id === undefined || id === null ? null : await engine.catalog.templateChange(id);
  return change === null || change.dialect !== 'sae'
    ? '*'
    : `acs:sae:${region}:${accountId}:application/${change.namespace}/${change.templateId}`;
}

/**
 * The filters of both lists as the engine takes them; null when nothing can pass.
 * @throws WireError `InvalidParameter.Obviously` for a type or status the service does not have.
 */
export function orderFilter(params: Params): Pick<ChangeQuery, 'kinds' | 'noteContains'> | null {
  const type = optionalText(params, 'CoType');
  const status = optionalText(params, 'CoStatus');
  const key = optionalText(params, 'Key');
  const kinds = type === undefined ? undefined : kindsOfType(type);
  if (kinds === null) throw saeError('InvalidParameter.Obviously', 'CoType');
  const passes = status === undefined ? true : statusPasses(status);
  if (passes === null) throw saeError('InvalidParameter.Obviously', 'CoStatus');
  if (!passes || kinds?.length === 0) return null;
  return {
    ...(kinds === undefined ? {} : { kinds }),
    ...(key === undefined ? {} : { noteContains: key }),
  };
}
