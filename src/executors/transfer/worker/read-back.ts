import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import { checksumOf, sumOf } from '../../../lib/rows/checksum.ts';
import {
  type Digest,
  type Digester,
  type ReadBackRequest,
  readingMethod,
} from '../../../ports/connector.ts';
import type { Ends } from '../plan/ends.ts';
import type { Arrival } from '../state/arrivals.ts';
import type { KeptTable } from '../state/run.ts';
import type { RunState } from '../state/state.ts';
import { commonMethod, provedColumns } from './proof-method.ts';

type ReadBack = NonNullable<Digester['readBack']>;

/**
 * How what a commit brought is read again; null = rows do not stay as they were committed, or the
 * target does not tell them from others, or not by this method.
 */
export function readBackOf(
  { to, proof }: Pick<TransferDefinition, 'to' | 'proof'>,
  digester: Digester | null,
  method: string | null,
): ReadBack | null {
  // What is read through this process would be read twice, and beside the rows that move.
  if (method === null || method.startsWith(readingMethod)) return null;
  if (to.kind !== 'table' || to.conflict !== 'insert' || to.stage || to.after !== null) return null;
  if (proof === 'none' || proof === 'counts') return null;
  return digester?.readBack?.bind(digester) ?? null;
}

/**
 * Reads what each commit brought while the next rows come. So the proof costs what was loaded, and
 * not what lies in the table, and a run that is taken up again need not prove twice. Nothing
 * depends on it: what fails is left to the proof.
 */
export class ReadingBack {
  readonly #definition: TransferDefinition;
  readonly #ends: Pick<Ends, 'source' | 'target'>;
  readonly #state: RunState;
  readonly #signal: AbortSignal;
  readonly #due: { readonly arrival: Arrival; readonly kept: KeptTable }[] = [];
  #running: Promise<void> = Promise.resolve();
  #idle = true;

  constructor(
    definition: TransferDefinition,
    ends: Pick<Ends, 'source' | 'target'>,
    state: RunState,
    signal: AbortSignal,
  ) {
    this.#definition = definition;
    this.#ends = ends;
    this.#state = state;
    this.#signal = signal;
  }

  /** A chunk was committed. */
  due(arrival: Arrival, kept: KeptTable): void {
    if (this.#signal.aborted) return;
    this.#due.push({ arrival, kept });
    if (!this.#idle) return;
    this.#idle = false;
    this.#running = this.#run();
  }

  /** Until all that is due was read; null = nothing is. */
  get underWay(): Promise<void> | null {
    return this.#idle ? null : this.#running;
  }

  /** All that is due was read. */
  async end(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      if (this.#signal.aborted) break;
      await this.#look(next.arrival, next.kept).catch(() => undefined);
    }
    this.#idle = true;
  }

  async #look(arrival: Arrival, kept: KeptTable): Promise<void> {
    const find = finderOf(this.#definition, this.#ends, kept, this.#signal);
    const how = { everywhere: false, hurried: this.#state.chunks.areDone() };
    const { rows, checksum } = (await find?.([arrival.token], how)) ?? {};
    // Rows that lie elsewhere are looked for together, at the end.
    if (rows === arrival.rows && typeof checksum === 'string') {
      this.#state.arrivals.found(arrival, checksum);
    }
  }
}

/** What the commits of tables brought, as far as it is there, and the first piece that differs. */
export interface FoundBack extends Digest {
  readonly checksum: string;
  /** In words; null = none, or not known. */
  readonly differs: string | null;
}

/**
 * What the commits of these tables brought; what was not read back yet is looked for now.
 * @returns null when they cannot be told from others.
 */
export async function foundBack(
  definition: TransferDefinition,
  ends: Pick<Ends, 'source' | 'target'>,
  group: readonly KeptTable[],
  arrivalsOf: (table: number) => Promise<readonly Arrival[] | null>,
  signal: AbortSignal,
): Promise<FoundBack | null> {
  let rows = 0;
  let sum = 0n;
  let differs: string | null = null;
  for (const kept of group) {
    const find = finderOf(definition, ends, kept, signal);
    const arrivals = find === null ? null : await arrivalsOf(kept.table.index);
    if (find === null || arrivals === null) return null;
    for (const { found, checksum, label, rows: arrived } of arrivals) {
      if (found === null) continue;
      rows += arrived;
      sum += sumOf(found);
      if (checksum !== null && checksum !== found) differs ??= label;
    }
    const rest = arrivals.filter((arrival) => arrival.found === null);
    if (rest.length === 0) continue;
    const tokens = rest.map(({ token }) => token);
    const expected = rest.reduce((total, arrival) => total + arrival.rows, 0);
    let late = await find(tokens, { everywhere: false, hurried: true });
    if (late?.rows !== expected) late = await find(tokens, { everywhere: true, hurried: true });
    if (late === null || late.checksum === null) return null;
    rows += late.rows;
    sum += sumOf(late.checksum);
  }
  return { rows, checksum: checksumOf(sum), differs };
}

type Finder = (
  tokens: readonly string[],
  how: Pick<ReadBackRequest, 'everywhere' | 'hurried'>,
) => Promise<Digest | null>;

/** Finds what commits into a table brought; null = that is not possible. */
function finderOf(
  definition: TransferDefinition,
  { source, target }: Pick<Ends, 'source' | 'target'>,
  kept: KeptTable,
  signal: AbortSignal,
): Finder | null {
  const both = provedColumns(definition, kept);
  const method = commonMethod(definition, source.digester, target.digester, both);
  const readBack = readBackOf(definition, target.digester, method);
  if (method === null || readBack === null) return null;
  const table = kept.table.target;
  const columns = both.map((column) => column.target);
  return (tokens, how) => readBack({ table, columns, method, tokens, ...how, signal });
}
