import type { FileTarget } from '../../domain/transfer/definition.ts';
import type { PlannedTable, SourceTable } from '../../ports/connector.ts';
import { badDefinition } from './errors.ts';
import { cleanPath } from './selection.ts';

/** Suffixes of compressions that are written; the others have no kept library. */
const compressions: Readonly<Record<FileTarget['compression'], string | null>> = {
  none: '',
  gzip: '.gz',
  deflate: null,
  bzip2: null,
  lz4: null,
  snappy: null,
};

/** Suffix of the compression. @throws TransferError `invalid-definition` when it is not available. */
export function compressionSuffix(compression: FileTarget['compression']): string {
  const suffix = compressions[compression];
  if (suffix === null) {
    throw badDefinition(`files cannot be compressed by ${compression} here; use gzip or none`);
  }
  return suffix;
}

/** Name of output files without number and suffix (cdm.md §5.9, output names). */
export function baseNameOf(to: FileTarget, source: SourceTable, jobName: string): string {
  // Files have no table's name: then the job's.
  const own = source.files === null ? source.name.name : jobName;
  const name = (to.baseName ?? own).replaceAll('${tableName}', own).replaceAll(/[/\\\0]/g, '_');
  return name === '' || name === '.' || name === '..' ? '_' : name;
}

/** Folder of a table's files. */
export function folderOfTable(to: FileTarget, source: SourceTable): string {
  if (to.flattenInto === null) return cleanPath(to.directory);
  const table = source.files === null ? source.name.name.replaceAll(/[/\\\0]/g, '_') : '';
  return cleanPath(`${to.directory}/${table}/${to.flattenInto}`);
}

/** A part of the output, by whom it was written. */
export interface PartId {
  readonly table: number;
  readonly shard: number;
  readonly number: number;
}

/** File name of a part. */
export function partName({ table, shard, number }: PartId): string {
  return `t${table}-s${shard}-${number}.part`;
}

/** The part of a file name; null = it is none. */
export function partIdOf(name: string): PartId | null {
  const found = /^t(\d+)-s(\d+)-(\d+)\.part$/.exec(name);
  if (found === null) return null;
  return { table: Number(found[1]), shard: Number(found[2]), number: Number(found[3]) };
}

/** What a part becomes; `part` null = an empty file. */
export interface Delivery {
  readonly part: string | null;
  readonly table: number;
  readonly path: string;
}

/**
 * Final names of all parts: the base name, with `_1`, `_2`, … when there are several; a table
 * without rows gets one file.
 */
export function deliveriesOf(
  tables: readonly PlannedTable[],
  parts: readonly string[],
  fileOf: (table: PlannedTable) => {
    readonly folder: string;
    readonly base: string;
    readonly suffix: string;
  },
): readonly Delivery[] {
  const named = new Map<string, { readonly suffix: string; readonly own: Delivery[] }>();
  for (const table of tables) {
    const { folder, base, suffix } = fileOf(table);
    const path = folder === '' ? base : `${folder}/${base}`;
    const group = named.get(path + suffix) ?? { suffix, own: [] };
    named.set(path + suffix, group);
    const own = parts
      .flatMap((part) => {
        const id = partIdOf(part);
        return id?.table === table.index ? [{ part, id }] : [];
      })
      .sort((a, b) => a.id.shard - b.id.shard || a.id.number - b.id.number);
    for (const { part } of own) group.own.push({ part, table: table.index, path });
    if (own.length === 0) group.own.push({ part: null, table: table.index, path });
  }
  return [...named.values()].flatMap(({ suffix, own }) =>
    own.map((delivery, place) => ({
      ...delivery,
      path: `${delivery.path}${own.length > 1 ? `_${place + 1}` : ''}${suffix}`,
    })),
  );
}
