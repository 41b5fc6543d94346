import { randomUUID } from 'node:crypto';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import { DomainError } from '../../../domain/errors.ts';
import { compileAddedField, compileConverter } from '../../../domain/transfer/converters.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import { expressionServices } from '../../../domain/transfer/expressions/expression.ts';
import { findZone } from '../../../domain/schedule/zone.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../../lib/rows/text.ts';
import type { PlannedTable, RejectedRow, RowBatch } from '../../../ports/connector.ts';
import { convertersOf, shown } from '../plan/plan.ts';

/** Changes the values of a batch; rows that cannot be changed are among its rejected ones. */
export type Transform = (batch: RowBatch, place: (row: number) => string) => RowBatch;

/**
 * Compiles converters and added fields of a table. Batches are `text`.
 * @throws TransferError `invalid-definition` for a definition that cannot be compiled.
 */
export function transformOf(
  definition: TransferDefinition,
  table: PlannedTable,
  added: readonly (string | null)[],
  { timezone, nowMs }: { readonly timezone: string; readonly nowMs: () => number },
): Transform {
  const zone = findZone(timezone) ?? findZone('UTC');
  if (zone === null) throw new TransferError('internal', 'there is no time zone UTC');
  const services = expressionServices({ zone, nowMs, randomUuid: () => randomUUID() });
  try {
    const converters = convertersOf(
      definition.converters,
      table.columns,
      shown(table.source.name),
    ).map(({ place, spec }) => ({ place, convert: compileConverter(spec, services) }));
    let read = 0;
    const makers = added.map((name) => {
      // What is read holds no added fields: theirs is another place.
      if (name === null) return { from: read++, add: null };
      const field = definition.addedFields.find((one) => one.name === name);
      if (field === undefined) throw new TransferError('internal', `no added field ${name}`);
      return { from: -1, add: compileAddedField(field, services) };
    });
    const change = (row: readonly (string | null)[]): (string | null)[] => {
      const changed = makers.map(({ from, add }) =>
        add === null ? (row[from] ?? null) : add(row),
      );
      for (const { place, convert } of converters) {
        changed[place] = convert(changed[place] ?? null, row);
      }
      return changed;
    };
    return (batch, place) => changeBatch(batch, place, change);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new TransferError('invalid-definition', error.message, { cause: error });
  }
}

function changeBatch(
  batch: RowBatch,
  place: (row: number) => string,
  change: (row: readonly (string | null)[]) => readonly (string | null)[],
): RowBatch {
  const offsets = rowOffsets(batch.bytes);
  const rows: (readonly (string | null)[])[] = [];
  const rejected: RejectedRow[] = [...(batch.rejected ?? [])];
  for (let row = 0; row + 1 < offsets.length; row += 1) {
    const fields = decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    try {
      rows.push(change(fields));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      rejected.push({ fields, where: place(row), reason });
    }
  }
  return { ...batch, bytes: encodeRows(rows), rows: rows.length, rejected };
}
