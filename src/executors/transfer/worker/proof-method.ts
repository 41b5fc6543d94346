import type { Column } from '../../../domain/transfer/columns.ts';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import { type Digester, readingMethod } from '../../../ports/connector.ts';
import { convertersOf } from '../plan/plan.ts';
import type { KeptTable } from '../state/run.ts';

/** Columns whose values arrive as they were read. */
export function provedColumns(
  { converters }: TransferDefinition,
  { table, source }: KeptTable,
): readonly { readonly source: Column; readonly target: Column }[] {
  const changed = new Set(
    convertersOf(converters, table.columns, source).map(({ place }) => place),
  );
  return table.columns.flatMap((column, place) =>
    column.source === null || changed.has(place)
      ? []
      : [{ source: column.source, target: column.target }],
  );
}

/** The cheapest checksum that both sides compute alike; null = rows can only be counted. */
export function commonMethod(
  { proof }: TransferDefinition,
  source: Digester | null,
  target: Digester | null,
  columns: readonly { readonly source: Column; readonly target: Column }[],
): string | null {
  const wanted = proof === 'checksums' || proof === 'rows';
  if (!wanted || source === null || target === null || columns.length === 0) return null;
  const known = new Set(target.methods(columns.map((column) => column.target)));
  const common = source.methods(columns.map((column) => column.source)).find((method) => {
    if (method === 'count' || !known.has(method)) return false;
    return proof === 'rows' || !method.startsWith(readingMethod);
  });
  return common ?? null;
}
