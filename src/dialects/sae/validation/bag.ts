import type { Params } from '../../aliyun/operation.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import type { JobParameter, ParameterBag } from '../parameters/parameter.ts';

/** What DescribeJob shows instead of a secret; sent back, it keeps the stored one (U28). */
export const secretMask = '******';

/** The operation's parameters as sent, empty ones included; everything else is ignored. */
export function sentParameters(params: Params, operation: 'create' | 'update'): ParameterBag {
  const sent: Record<string, string> = {};
  for (const row of jobParameters) {
    if (row[operation] === null || row.name === 'AppId') continue;
    const text = params.get(row.name);
    if (text !== undefined) sent[row.name] = text;
  }
  return sent;
}

/**
 * The definition after the request: absent = unchanged, empty = removed where that is allowed
 * (sae.md §7.2 U26). An empty value that cannot mean "removed" stays, for the checks to refuse.
 */
export function mergedParameters(stored: ParameterBag, sent: ParameterBag): ParameterBag {
  const merged: Record<string, string> = {};
  for (const row of jobParameters) {
    const text = sent[row.name];
    if (text === undefined || (row.name === 'OssAkSecret' && text === secretMask)) {
      const kept = stored[row.name];
      if (kept !== undefined) merged[row.name] = kept;
    } else if (!removes(row, text)) {
      merged[row.name] = text;
    }
  }
  return merged;
}

/** The stored document as parameters. Members of another type are not ours and are dropped. */
export function storedParameters(document: Readonly<Record<string, unknown>>): ParameterBag {
  const bag: Record<string, string> = {};
  for (const row of jobParameters) {
    const text = document[row.name];
    if (typeof text === 'string') bag[row.name] = text;
  }
  return bag;
}

/** For free text nothing and the empty text are the same; a number or a choice has no empty. */
function removes(row: JobParameter, text: string): boolean {
  // Tomcat's settings are also removed by an object without members.
  if (row.name === 'TomcatConfig' && /^\s*\{\s*\}\s*$/.test(text)) return true;
  return text === '' && (row.clearable || row.type.kind === 'text' || row.type.kind === 'json');
}
