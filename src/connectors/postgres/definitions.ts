import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import { literal, type Quoting } from './quoting.ts';

/** Statements that create a table with its key and comments. */
export function createTable(
  table: TableName,
  columns: readonly Column[],
  quoting: Quoting,
): readonly string[] {
  const item = quoting.table(table);
  const lines = columns.map(
    ({ name, nativeType, nullable }) =>
      `${quoting.identifier(name)} ${nativeType}${nullable ? '' : ' NOT NULL'}`,
  );
  const key = keyOf(columns);
  if (key.length > 0) lines.push(`PRIMARY KEY (${quoting.list(key)})`);
  const comments = columns.flatMap(({ name, comment }) =>
    comment === ''
      ? []
      : [`COMMENT ON COLUMN ${item}.${quoting.identifier(name)} IS ${literal(comment)}`],
  );
  return [`CREATE TABLE ${item} (${lines.join(', ')})`, ...comments];
}

/** Columns of the key in their order. */
export function keyOf(columns: readonly Column[]): readonly string[] {
  return columns
    .filter(({ keyPosition }) => keyPosition > 0)
    .toSorted((a, b) => a.keyPosition - b.keyPosition)
    .map(({ name }) => name);
}

/**
 * What follows INSERT … SELECT for rows whose key is there already (cdm.md §5.6).
 * @param columns that rows have, @param all that the table has: `replace` sets the others to
 *   their defaults.
 * @returns empty when rows cannot be told apart, or when a second one is an error.
 */
export function onConflict(
  conflict: TableTarget['conflict'] | 'leave',
  key: readonly string[],
  columns: readonly string[],
  all: readonly string[],
  quoting: Quoting,
): string {
  if (conflict === 'insert' || key.length === 0) return '';
  if (!key.every((name) => columns.includes(name))) return '';
  const target = `ON CONFLICT (${quoting.list(key)})`;
  if (conflict === 'leave') return `${target} DO NOTHING`;
  const sets = (conflict === 'replace' ? all : columns)
    .filter((name) => !key.includes(name))
    .map((name) => {
      const quoted = quoting.identifier(name);
      return `${quoted} = ${columns.includes(name) ? `EXCLUDED.${quoted}` : 'DEFAULT'}`;
    });
  return sets.length === 0 ? `${target} DO NOTHING` : `${target} DO UPDATE SET ${sets.join(', ')}`;
}
