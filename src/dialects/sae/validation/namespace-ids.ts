import type { Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { optionalText } from '../requests.ts';
import type { SaeServices } from '../services.ts';

const maxLongIdChars = 32;
const maxShortIdChars = 20;

/** Coverage rows of the two parameters that name a namespace; one of them is required. */
export const namespaceIdInfos = [
  parameterInfo('NamespaceId', 'string', false, '`<region>:<short id>`; this or NameSpaceShortId'),
  parameterInfo('NameSpaceShortId', 'string', false, 'the short id; NamespaceId beats it'),
] as const;

/** The id a request names: the long one beats the short one; undefined when it sends neither. */
function namedId(params: Params, region: string): string | undefined {
  const short = optionalText(params, 'NameSpaceShortId');
  return optionalText(params, 'NamespaceId') ?? (short && `${region}:${short}`);
}

/** @throws WireError `InvalidParameter.NotEmpty` when a request names no namespace. */
export function namespaceId(params: Params, region: string): string {
  const id = namedId(params, region);
  if (id === undefined) throw saeError('InvalidParameter.NotEmpty', 'NamespaceId');
  return id;
}

/**
 * Checks the id of a namespace to be made: `<region>:<short>` with lower-case letters, digits and
 * inner hyphens in the short part (sae.md §5.1).
 * @throws WireError `InvalidNamespace.WithUppercase`, `InvalidNamespaceId.Format`,
 *   `InvalidNamespaceIdSuffix.Format`.
 */
export function checkNewNamespaceId(id: string, region: string): void {
  if (/[A-Z]/.test(id)) throw saeError('InvalidNamespace.WithUppercase');
  const short = id.startsWith(`${region}:`) ? id.slice(region.length + 1) : '';
  if (short === '' || short.length > maxShortIdChars || id.length > maxLongIdChars) {
    throw saeError('InvalidNamespaceId.Format');
  }
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(short)) {
    throw saeError('InvalidNamespaceIdSuffix.Format');
  }
}

/**
 * The RAM resource of operations on one namespace: all applications in it (sae.md §3.7); `*`
 * when the request names none.
 */
export function namespaceResource(params: Params, { context }: SaeServices): string {
  const id = namedId(params, context.region);
  return id === undefined
    ? '*'
    : `acs:sae:${context.region}:${context.accountId}:application/${id}/*`;
}
