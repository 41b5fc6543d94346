import type { Column } from '../../../domain/transfer/columns.ts';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import type { ProofReport } from '../../../domain/transfer/report.ts';
import { type Digest, type Digester, readingMethod } from '../../../ports/connector.ts';
import { convertersOf } from '../plan/plan.ts';
import type { Ends } from '../plan/ends.ts';
import type { Before, KeptTable } from '../state/run.ts';

/** Rows as the workers counted them, by table. */
export interface TableCounts {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
}

/** A proof, and whether it shows that the load went wrong. */
export interface Proved {
  readonly report: ProofReport;
  /** Checksums of equal rows that differ without a reason; null = none. */
  readonly contradiction: string | null;
}

type ProvedTable = ProofReport['tables'][number];

const sumSpace = 1n << 64n;

/** What lies in the targets before anything is loaded; a table that cannot be counted is left out. */
export async function measureBefore(
  definition: TransferDefinition,
  { source, target }: Pick<Ends, 'source' | 'target'>,
  tables: readonly KeptTable[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Before>> {
  const found = new Map<number, Before>();
  if (definition.proof === 'none' || target.digester === null) return found;
  for (const group of byTarget(tables)) {
    const [first] = group;
    if (first === undefined) continue;
    const columns = provedColumns(definition, first);
    const request = {
      table: first.table.target,
      columns: columns.map(({ target: column }) => column),
      where: null,
      signal,
    };
    try {
      const { rows } = await target.digester.digest({ ...request, method: 'count' });
      const method = commonMethod(definition, source.digester, target.digester, columns);
      const checksum =
        rows > 0 && method !== null
          ? (await target.digester.digest({ ...request, method })).checksum
          : null;
      for (const { table } of group) found.set(table.index, { rows, checksum });
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return found;
}

/** Checksums of sources by the name of their target, taken while rows moved. */
export type SourceDigests = ReadonlyMap<
  string,
  { readonly method: string; readonly digest: Digest | null }
>;

/**
 * Takes the checksums of sources while rows move, which costs their databases the same and the run
 * less time. Only what they compute themselves; what cannot be had now is asked for at the end.
 */
export async function digestWhileLoading(
  definition: TransferDefinition,
  { source, target }: Pick<Ends, 'source' | 'target'>,
  tables: readonly KeptTable[],
  signal: AbortSignal,
): Promise<SourceDigests> {
  const digests = new Map<string, { method: string; digest: Digest | null }>();
  for (const group of byTarget(tables)) {
    const [first] = group;
    if (first === undefined) continue;
    const columns = provedColumns(definition, first);
    const method = commonMethod(definition, source.digester, target.digester, columns);
    if (method === null || method.startsWith(readingMethod)) continue;
    const digest = await digestSources(definition, source.digester, group, method, signal);
    digests.set(first.target, { method, digest });
  }
  return digests;
}

/** Compares source and target after the load. */
export async function prove(
  definition: TransferDefinition,
  ends: Pick<Ends, 'source' | 'target'>,
  {
    tables,
    counts,
    early,
    nowMs,
    signal,
  }: {
    readonly tables: readonly KeptTable[];
    readonly counts: ReadonlyMap<number, TableCounts>;
    readonly early: SourceDigests;
    readonly nowMs: () => number;
    readonly signal: AbortSignal;
  },
): Promise<Proved> {
  const startedAtMs = nowMs();
  const proved: ProvedTable[] = [];
  let contradiction: string | null = null;
  let mismatch = false;
  let checked = 0;
  let counted = 0;
  for (const group of byTarget(tables)) {
    const result = await proveGroup(definition, ends, group, { counts, early, signal });
    proved.push(result.table);
    if (result.verdict === 'mismatch') mismatch = true;
    if (result.verdict === 'match') checked += 1;
    if (result.verdict !== 'skipped') counted += 1;
    contradiction ??= result.contradiction;
  }
  const outcome = mismatch
    ? 'mismatch'
    : counted === 0
      ? 'skipped'
      : checked === proved.length
        ? 'match'
        : 'counts-only';
  return {
    report: { outcome, tables: proved, durationMs: nowMs() - startedAtMs },
    contradiction,
  };
}

interface GroupProof {
  readonly table: ProvedTable;
  readonly verdict: 'match' | 'mismatch' | 'counts-only' | 'skipped';
  readonly contradiction: string | null;
}

/** Tables that go into one target are proved together. */
async function proveGroup(
  definition: TransferDefinition,
  { source, target }: Pick<Ends, 'source' | 'target'>,
  group: readonly KeptTable[],
  {
    counts,
    early,
    signal,
  }: {
    readonly counts: ReadonlyMap<number, TableCounts>;
    readonly early: SourceDigests;
    readonly signal: AbortSignal;
  },
): Promise<GroupProof> {
  const [first] = group;
  if (first === undefined) throw new Error('a group without tables');
  const total = addUp(group, counts);
  const columns = provedColumns(definition, first);
  const before = first.before;
  const rejected = total.rowsRejected;
  const method =
    rejected > 0 || before === null || (before.rows > 0 && before.checksum === null)
      ? null
      : commonMethod(definition, source.digester, target.digester, columns);
  const known = early.get(first.target);
  try {
    const [from, to] = await Promise.all([
      known !== undefined && known.method === method
        ? known.digest
        : digestSources(definition, source.digester, group, method, signal),
      target.digester?.digest({
        table: first.table.target,
        columns: columns.map((column) => column.target),
        where: null,
        method: method ?? 'count',
        signal,
      }) ?? null,
    ]);
    const sourceRows = from?.rows ?? total.rowsRead;
    const there = before?.rows ?? 0;
    const targetRows = to === null ? total.rowsWritten : to.rows - there;
    const sourceChecksum = from?.checksum ?? null;
    const after = to?.checksum ?? null;
    const targetChecksum = after === null ? null : without(after, before?.checksum ?? '0');
    const words = [
      method === null ? 'count' : method,
      ...(from === null ? ['source rows as they were read'] : []),
      ...(to === null ? ['target rows as they were written'] : []),
      ...(there > 0 ? [`${there} rows were there before`] : []),
      ...(rejected > 0 ? [`${rejected} rows were rejected`] : []),
      ...(columns.length < first.table.columns.length && method !== null
        ? ['without computed columns']
        : []),
    ];
    const table: ProvedTable = {
      table: first.target,
      sourceRows,
      targetRows,
      sourceChecksum,
      targetChecksum,
      method: words.join('; '),
    };
    const rowsMatch = sourceRows - rejected === targetRows;
    const hasSums = sourceChecksum !== null && targetChecksum !== null;
    if (hasSums && sourceChecksum === targetChecksum && rowsMatch) {
      return { table, verdict: 'match', contradiction: null };
    }
    if (hasSums || !rowsMatch) {
      const explained = explains(definition, there);
      const difference = `source has ${sourceRows} rows (${sourceChecksum ?? 'no checksum'}), target ${targetRows} (${targetChecksum ?? 'no checksum'})`;
      return {
        table: explained === null ? table : { ...table, method: `${table.method}; ${explained}` },
        verdict: 'mismatch',
        contradiction:
          hasSums && explained === null ? `table ${first.target}: ${difference}` : null,
      };
    }
    return { table, verdict: 'counts-only', contradiction: null };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const table: ProvedTable = {
      table: first.target,
      sourceRows: total.rowsRead,
      targetRows: total.rowsWritten,
      sourceChecksum: null,
      targetChecksum: null,
      method: `as counted while loading; source and target could not be compared: ${message}`,
    };
    return { table, verdict: 'skipped', contradiction: null };
  }
}

/** Why source and target may differ though all went well; null = they may not. */
function explains({ to }: TransferDefinition, rowsBefore: number): string | null {
  if (to.kind !== 'table') return 'the target is no table';
  if (to.conflict !== 'insert') {
    return rowsBefore > 0
      ? 'rows that were there may have been changed'
      : 'rows of equal keys may have become one';
  }
  return null;
}

async function digestSources(
  definition: TransferDefinition,
  digester: Digester | null,
  group: readonly KeptTable[],
  method: string | null,
  signal: AbortSignal,
): Promise<Digest | null> {
  const { from } = definition;
  // Only what is read whole, or by a predicate, can be asked of the source again.
  if (digester === null || from.kind !== 'tables') return null;
  if (from.tablePartitions !== null && from.tablePartitions.names !== null) return null;
  let rows = 0;
  let sum: bigint | null = method === null ? null : 0n;
  for (const kept of group) {
    const digest = await digester.digest({
      table: kept.table.source.name,
      columns: provedColumns(definition, kept).map(({ source }) => source),
      where: from.where,
      method: method ?? 'count',
      signal,
    });
    rows += digest.rows;
    sum =
      sum === null || digest.checksum === null
        ? null
        : (sum + BigInt(`0x${digest.checksum}`)) % sumSpace;
  }
  return { rows, checksum: sum === null ? null : hex(sum) };
}

/** Columns whose values arrive as they were read. */
function provedColumns(
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
function commonMethod(
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

function byTarget(tables: readonly KeptTable[]): readonly (readonly KeptTable[])[] {
  const groups = new Map<string, KeptTable[]>();
  for (const kept of tables) {
    const group = groups.get(kept.target);
    if (group === undefined) groups.set(kept.target, [kept]);
    else group.push(kept);
  }
  return [...groups.values()];
}

function addUp(group: readonly KeptTable[], counts: ReadonlyMap<number, TableCounts>): TableCounts {
  const total = { rowsRead: 0, rowsWritten: 0, rowsRejected: 0 };
  for (const { table } of group) {
    const one = counts.get(table.index);
    total.rowsRead += one?.rowsRead ?? 0;
    total.rowsWritten += one?.rowsWritten ?? 0;
    total.rowsRejected += one?.rowsRejected ?? 0;
  }
  return total;
}

/** Sums are modulo 2^64, so what was there before can be taken away. */
function without(after: string, before: string): string {
  const difference = BigInt(`0x${after}`) - BigInt(`0x${before}`);
  return hex(difference < 0n ? difference + sumSpace : difference);
}

function hex(sum: bigint): string {
  return sum.toString(16).padStart(16, '0');
}
