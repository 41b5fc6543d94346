/** Whether everything that a data job's macros need is there, before anything starts (cdm.md §6.1). */
import { DomainError } from '../../../domain/errors.ts';
import {
  mapTexts,
  type MacroScope,
  resolveText,
  type TextTree,
} from '../../../domain/transfer/macros.ts';
import type { TransferArtifact } from '../../../domain/template.ts';
import { cdmError } from '../errors.ts';

/**
 * @throws WireError Cdm.0014 naming the variable that nothing defines, or the macro that is wrong
 *   and the input it stands in.
 */
export function requireMacros(artifact: TransferArtifact, instantMs: number): void {
  const { from, to, addedFields, dirtyRows } = artifact.definition;
  const scope: MacroScope = {
    variables: artifact.variables,
    environment: artifact.environment,
    instantMs,
    timezone: artifact.timezone,
    // Known once the source is read.
    tableName: 'table',
    version: artifact.version,
    custom: {
      host: 'host',
      database: 'database',
      fromLinkName: from.link,
      schemaName: 'schema',
      tableName: 'table',
    },
    timestampUnit: 'ms',
    allowMonths: true,
    keepValue: false,
  };
  const check = (text: string, path: string): string => {
    const at = { ...scope, ...specialAt(path) };
    try {
      return resolveText(text, at);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw cdmError('Cdm.0014', `${error.message} (in ${path}).`);
    }
  };
  const { link: _from, ...source } = from;
  const { link: _to, ...target } = to;
  mapTexts(source as TextTree, check, 'from');
  mapTexts(target as TextTree, check, 'to');
  mapTexts(addedFields as unknown as TextTree, check, 'addedFields');
  mapTexts({ directory: dirtyRows.copyTo?.directory ?? '' }, check, 'dirtyRows');
}

function specialAt(path: string): Partial<MacroScope> {
  if (path.startsWith('from.partitions')) return { keepValue: true };
  return path.startsWith('from.filter.modified') ? { allowMonths: false } : {};
}
