import { failures } from '../errors.ts';
import { integerOf } from '../parameters.ts';
import { jsonObject } from './json.ts';

/** Parameters of the map modes: member of XAttrs, default, bounds (schedulerx.md §4.3, §5.4). */
const fields = [
  ['PageSize', 'pageSize', 100, 1, 100_000],
  ['QueueSize', 'queueSize', 10_000, 1, 10_000_000],
  ['ConsumerSize', 'consumerSize', 5, 1, 10_000],
  ['DispatcherSize', 'dispatcherSize', 5, 1, 10_000],
  ['TaskMaxAttempt', 'taskMaxAttempt', 0, 0, 1_000],
  ['TaskAttemptInterval', 'taskAttemptInterval', 0, 0, 86_400],
] as const;

/** The fields of MapTaskXAttrs by the API's names: parameters first, then what XAttrs says. */
export function mapTaskFields(given: Readonly<Record<string, string>>): Record<string, number> {
  const attributes = jsonObject(given['XAttrs'] ?? '') ?? {};
  return Object.fromEntries(
    fields.map(([name, member, fallback, min, max]) => {
      const text = given[name] ?? '';
      if (text !== '') return [name, integerOf(text, name, min, max)];
      const stored = attributes[member];
      return [name, typeof stored === 'number' && Number.isInteger(stored) ? stored : fallback];
    }),
  );
}

/**
 * Extras of the map modes as JSON text: XAttrs as given, with the parameters written into it.
 * @throws WireError business failure when XAttrs is no JSON object.
 */
export function mapAttributes(given: Readonly<Record<string, string>>): string {
  const text = given['XAttrs'] ?? '';
  const attributes = text.trim() === '' ? {} : jsonObject(text);
  if (attributes === null) throw failures.unfit('XAttrs', 'it must be a JSON object');
  const numbers = mapTaskFields(given);
  const dispatchMode = given['TaskDispatchMode'] ?? '';
  return JSON.stringify({
    ...attributes,
    ...Object.fromEntries(fields.map(([name, member]) => [member, numbers[name]])),
    ...(dispatchMode === '' ? {} : { taskDispatchMode: dispatchMode }),
  });
}
