import type { Column } from '../../../domain/transfer/columns.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import { badDefinition } from '../errors.ts';

/** A column of a file that tells no types. */
export function textColumn(name: string): Column {
  return {
    name,
    type: { kind: 'text' },
    nullable: true,
    nativeType: '',
    comment: '',
    keyPosition: 0,
  };
}

/**
 * 0-based fields that `columns` of the job selects (ascending 1-based numbers, cdm.md §4.4);
 * null = all.
 * @throws TransferError `invalid-definition`
 */
export function selectedFields(columns: readonly string[] | null): readonly number[] | null {
  if (columns === null) return null;
  return columns.map((column) => {
    const number = /^\d{1,5}$/.test(column) ? Number(column) : 0;
    if (number === 0) {
      throw badDefinition(`columns of CSV files are numbers from 1 on, e.g. 1&3&5, not ${column}`);
    }
    return number - 1;
  });
}

/**
 * Columns of a CSV file.
 * @param names of a header line, or null
 * @param fields that the first record has
 * @throws TransferError `column-mismatch` when a selected column is not there.
 */
export function csvColumns(
  names: readonly (string | null)[] | null,
  fields: number,
  selected: readonly number[] | null,
  shown: string,
): readonly Column[] {
  const total = Math.max(names?.length ?? 0, fields);
  const taken = new Set<string>();
  const all = Array.from({ length: total }, (_, field) => {
    const wanted = names?.[field]?.trim() ?? '';
    let name = wanted === '' ? `column${field + 1}` : wanted;
    while (taken.has(name.toLowerCase())) name = `${name}_${field + 1}`;
    taken.add(name.toLowerCase());
    return textColumn(name);
  });
  if (selected === null) return all;
  return selected.map((field) => {
    const column = all[field];
    if (column === undefined) {
      throw new TransferError(
        'column-mismatch',
        `file ${shown} has ${total} columns; there is no column ${field + 1}`,
      );
    }
    return column;
  });
}
