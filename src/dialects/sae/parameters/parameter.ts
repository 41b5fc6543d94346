import type { ParameterInfo } from '../../aliyun/operation.ts';

/** How a parameter's text is checked before anything looks at its meaning (sae.md §4.2, #2). */
export type ParameterKind =
  | { readonly kind: 'text'; readonly maxChars?: number; readonly pattern?: RegExp }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'integer'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'timezone' }
  | { readonly kind: 'json' };

/** Where current SDKs put a parameter; it is accepted anywhere. `null` = not a parameter there. */
export type Place = 'query' | 'form' | null;

/** One parameter of CreateJob and UpdateJob (sae.md §4.1). */
export interface JobParameter {
  readonly name: string;
  readonly type: ParameterKind;
  readonly create: Place;
  readonly update: Place;
  /** Required by CreateJob. */
  readonly required: boolean;
  /** `""` removes it; else `""` is a value like any other. */
  readonly clearable: boolean;
  /** `stored` = echoed without effect on this server, ever; each run says so. */
  readonly effect: 'acts' | 'stored';
  /** Limits, default and treatment in words, for the coverage page. */
  readonly note: string;
}

/** Parameters as decoded text, without empty ones that mean "removed". */
export type ParameterBag = Readonly<Record<string, string>>;

/** Describes a parameter of one operation for the coverage page. */
export function parameterInfo(
  name: string,
  type: ParameterInfo['type'],
  required: boolean,
  note: string,
): ParameterInfo {
  return { name, type, required, effect: 'acts', note };
}

/** The rows of a table that are parameters of the operation, as the coverage page wants them. */
export function parameterInfos(
  rows: readonly JobParameter[],
  operation: 'create' | 'update',
): readonly ParameterInfo[] {
  return rows
    .filter((row) => row[operation] !== null)
    .map((row) => ({
      name: row.name,
      type: infoType(row.type),
      required: operation === 'create' ? row.required : row.name === 'AppId',
      effect: row.effect,
      note: row.note,
    }));
}

function infoType(type: ParameterKind): ParameterInfo['type'] {
  switch (type.kind) {
    case 'integer':
    case 'boolean':
    case 'json':
      return type.kind;
    default:
      return 'string';
  }
}
