import type { TransferArtifact } from '../domain/template.ts';
import type { TransferDefinition } from '../domain/transfer/definition.ts';
import type { LinkOptions } from '../domain/transfer/link.ts';
import {
  mapTexts,
  type MacroScope,
  refuseParentSegments,
  resolveText,
  type TextTree,
} from '../domain/transfer/macros.ts';

/**
 * A definition with its macros resolved for a time (cdm.md §6.1): in everything that `from`, `to`,
 * added fields and the folder of dirty rows say, but not in names of links.
 * @param source options of the source's link.
 * @throws MacroError (a DomainError) for what nothing defines, and for paths with `..`.
 */
export function withoutMacros(
  { definition, variables, environment, timezone, version }: TransferArtifact,
  instantMs: number,
  source: LinkOptions | undefined,
): TransferDefinition {
  const { from, to, addedFields, dirtyRows } = definition;
  const table = tableNameOf(definition);
  const scope: MacroScope = {
    variables,
    environment,
    instantMs,
    timezone,
    tableName: table,
    version,
    custom: {
      host: source !== undefined && 'hosts' in source ? (source.hosts[0] ?? null) : hostOf(source),
      database: source !== undefined && 'database' in source ? source.database : null,
      fromLinkName: from.link,
      schemaName: from.kind === 'tables' ? from.schema : null,
      tableName: table,
    },
    timestampUnit: 'ms',
    allowMonths: true,
    keepValue: false,
  };
  const resolved = <T>(tree: T, path: string): T => {
    const map = (text: string, at: string): string => {
      const value = resolveText(text, { ...scope, ...specialAt(at) });
      if (pathTexts.test(at)) refuseParentSegments(value, at);
      return value;
    };
    return mapTexts(tree as TextTree, map, path) as T;
  };
  const { copyTo } = dirtyRows;
  return {
    ...definition,
    from: { ...resolved(from, 'from'), link: from.link },
    to: { ...resolved(to, 'to'), link: to.link },
    addedFields: addedFields.map(({ name, value }, place) => ({
      name,
      value: resolved(value, `addedFields[${place}]`),
    })),
    dirtyRows:
      copyTo === null
        ? dirtyRows
        : {
            ...dirtyRows,
            copyTo: { ...copyTo, directory: resolved(copyTo.directory, 'dirtyRows.directory') },
          },
  };
}

/** Texts that are paths. */
const pathTexts =
  /^(?:from\.paths\[\d+\]|from\.listFile\.path|to\.directory|to\.flattenInto|dirtyRows\.directory)$/;

/** Where macros mean something of their own (cdm.md §6.1, §6.2). */
function specialAt(path: string): Partial<MacroScope> {
  if (path.startsWith('from.partitions')) return { keepValue: true };
  if (path.startsWith('from.filter.modified')) return { allowMonths: false };
  // Targets of files know the name of each file's table.
  return path === 'to.baseName' ? { timestampUnit: 's', tableName: '${tableName}' } : {};
}

/** Null where the source is no table. Several tables keep the macro: the target knows each. */
function tableNameOf({ from }: TransferDefinition): string | null {
  if (from.kind === 'warehouse') return from.table;
  if (from.kind !== 'tables') return null;
  const several = from.wholeDatabase || !/^[\p{L}\p{N}_$ -]+$/u.test(from.table);
  return several ? '${tableName}' : from.table;
}

function hostOf(source: LinkOptions | undefined): string | null {
  return source !== undefined && 'host' in source ? source.host : null;
}
