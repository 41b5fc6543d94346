import type { JobParameter, ParameterKind, Place } from './parameter.ts';

export const text: ParameterKind = { kind: 'text' };
export const integer: ParameterKind = { kind: 'integer' };
export const boolean: ParameterKind = { kind: 'boolean' };
export const json: ParameterKind = { kind: 'json' };

/** Where current SDKs put a parameter of CreateJob and of UpdateJob. */
export type Places = readonly [create: Place, update: Place];
export const bothQuery: Places = ['query', 'query'];
export const bothForm: Places = ['form', 'form'];
export const createQuery: Places = ['query', null];
export const updateQuery: Places = [null, 'query'];
export const updateForm: Places = [null, 'form'];

/** One row of the table of parameters. */
export function param(
  name: string,
  type: ParameterKind,
  [create, update]: Places,
  effect: JobParameter['effect'],
  note: string,
  ...flags: readonly ('required' | 'clearable')[]
): JobParameter {
  return {
    name,
    type,
    create,
    update,
    required: flags.includes('required'),
    clearable: flags.includes('clearable'),
    effect,
    note,
  };
}
