import { jobParameters } from '../parameters/job-parameters.ts';
import type { JobParameter, ParameterBag } from '../parameters/parameter.ts';
import { readBoolean } from '../parameters/scalars.ts';
import { usesCommand } from '../validation/packages.ts';
import type { PackageFamily } from '../validation/packages.ts';
import { triggerKind } from '../values/trigger-config.ts';

/**
 * Names of parameters that were sent in the hope of an effect this server does not give, in
 * table order. Each run shows them, so nobody has to guess why a mount is not there.
 */
export function notActedOn(bag: ParameterBag, family: PackageFamily): readonly string[] {
  return jobParameters
    .filter((row) => {
      const text = bag[row.name];
      return text !== undefined && wantsEffect(row, text) && !hasEffect(row, text, bag, family);
    })
    .map((row) => row.name);
}

function hasEffect(
  row: JobParameter,
  text: string,
  bag: ParameterBag,
  family: PackageFamily,
): boolean {
  if (row.name === 'Command') return usesCommand(family);
  if (row.name === 'CommandArgs') return usesCommand(family) && bag['Command'] !== undefined;
  // Webhooks are kept without effect.
  if (row.name === 'TriggerConfig') return triggerKind(text) === 'time';
  return row.effect === 'acts';
}

/** False for values that ask for nothing: `false`, an empty list, an empty object. */
function wantsEffect({ type }: JobParameter, text: string): boolean {
  if (text === '') return false;
  if (type.kind === 'boolean') return readBoolean(text) === true;
  if (type.kind === 'json') return !/^\s*(\[\s*\]|\{\s*\})\s*$/.test(text);
  return true;
}
