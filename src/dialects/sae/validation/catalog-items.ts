import type { Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { requiredText } from '../requests.ts';
import { isStorable } from '../values/key-values.ts';

/** What ConfigMaps and Secrets have in common (sae.md §5.2, §5.3). */
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
/** The console takes 255; this is only a bound. */
const maxDescriptionChars = 1_024;

/** A name for a ConfigMap or Secret. @throws WireError `InvalidParameter.NotEmpty`, `.Obviously`. */
export function itemName(params: Params, parameter: 'Name' | 'SecretName'): string {
  const name = requiredText(params, parameter);
  if (!namePattern.test(name)) throw saeError('InvalidParameter.Obviously', parameter);
  return name;
}

/** A positive integer id. @throws WireError `InvalidParameter.NotEmpty`, `.Obviously`. */
export function itemId(params: Params, parameter: 'ConfigMapId' | 'SecretId'): number {
  const text = requiredText(params, parameter);
  const id = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (id < 1 || !Number.isSafeInteger(id)) throw saeError('InvalidParameter.Obviously', parameter);
  return id;
}

/** Free text; undefined when it is absent. @throws WireError `InvalidParameter.Obviously`. */
export function freeText(
  params: Params,
  parameter: string,
  maxChars = maxDescriptionChars,
): string | undefined {
  const text = params.get(parameter);
  if (text !== undefined && (text.length > maxChars || !isStorable(text))) {
    throw saeError('InvalidParameter.Obviously', parameter);
  }
  return text;
}
