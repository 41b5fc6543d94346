import type { Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { optionalBoolean, requiredText } from '../requests.ts';
import { isStorable } from '../values/key-values.ts';
import { freeText } from './catalog-items.ts';

/** The error text says 63, the prose 64: the longer one is taken (sae.md §7.1 C9). */
const maxNameChars = 64;
const maxDescriptionChars = 100;

/** What CreateNamespace and UpdateNamespace set; absent = as it is, or the default. */
export interface NamespaceFields {
  readonly name: string;
  readonly description: string | undefined;
  readonly microRegistration: boolean | undefined;
}

/** Coverage rows of these fields. */
export const namespaceFieldInfos = [
  parameterInfo('NamespaceName', 'string', true, `at most ${maxNameChars} characters`),
  parameterInfo(
    'NamespaceDescription',
    'string',
    false,
    `at most ${maxDescriptionChars} characters`,
  ),
  {
    ...parameterInfo('EnableMicroRegistration', 'boolean', false, 'default true; never goes back'),
    effect: 'stored',
  },
] as const;

/** @throws WireError `InvalidParameter.NotEmpty`, `.Obviously`, `InvalidNamespaceName.Format`. */
export function namespaceFields(params: Params): NamespaceFields {
  const name = requiredText(params, 'NamespaceName');
  if (name.length > maxNameChars) throw saeError('InvalidNamespaceName.Format');
  if (!isStorable(name)) throw saeError('InvalidParameter.Obviously', 'NamespaceName');
  return {
    name,
    description: freeText(params, 'NamespaceDescription', maxDescriptionChars),
    microRegistration: optionalBoolean(params, 'EnableMicroRegistration'),
  };
}
