import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import type { RowSum } from '../../../ports/connector.ts';
import type { Ends } from '../plan/ends.ts';
import type { KeptTable } from '../state/run.ts';
import { commonMethod, provedColumns } from './proof-method.ts';

/**
 * Sums of rows as they pass, for the proof: the source need not be read a second time for its
 * checksum, and what a chunk came to is kept with it.
 */
export class RowSums {
  readonly #definition: TransferDefinition;
  readonly #ends: Pick<Ends, 'source' | 'target'>;
  readonly #signal: AbortSignal;
  readonly #known = new Map<number, Promise<RowSum | null>>();

  constructor(
    definition: TransferDefinition,
    ends: Pick<Ends, 'source' | 'target'>,
    signal: AbortSignal,
  ) {
    this.#definition = definition;
    this.#ends = ends;
    this.#signal = signal;
  }

  /** Adds up a table's rows as they are read; null = the source is asked for its checksum. */
  of(kept: KeptTable): Promise<RowSum | null> {
    const { index } = kept.table;
    const known = this.#known.get(index) ?? this.#make(kept).catch(() => null);
    this.#known.set(index, known);
    return known;
  }

  async #make(kept: KeptTable): Promise<RowSum | null> {
    const { source, target } = this.#ends;
    const columns = provedColumns(this.#definition, kept);
    // What arrives otherwise than it was read can only be compared where it lies.
    if (kept.details.transforms || columns.length < kept.table.columns.length) return null;
    const method = commonMethod(this.#definition, source.digester, target.digester, columns);
    if (method === null) return null;
    const sum = await target.digester?.rowSum?.({
      method,
      columns: columns.map((column) => column.target),
      format: kept.details.read,
      signal: this.#signal,
    });
    return sum ?? null;
  }
}
