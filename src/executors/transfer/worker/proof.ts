import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import type { ProofReport } from '../../../domain/transfer/report.ts';
import { checksumOf, sumOf } from '../../../lib/rows/checksum.ts';
import { type Digest, type Digester, readingMethod } from '../../../ports/connector.ts';
import type { Ends } from '../plan/ends.ts';
import type { Arrival } from '../state/arrivals.ts';
import type { TableCounts } from '../state/report.ts';
import type { Before, KeptTable } from '../state/run.ts';
import { commonMethod, provedColumns } from './proof-method.ts';
import { foundBack, readBackOf } from './read-back.ts';
import type { RowSums } from './row-sums.ts';

/** A proof, and whether it shows that the load went wrong. */
export interface Proved {
  readonly report: ProofReport;
  /** Checksums of equal rows that differ without a reason; null = none. */
  readonly contradiction: string | null;
}

type ProvedTable = ProofReport['tables'][number];

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
      // Where each commit is read back, what was there before is not looked at. Only rows below
      // savepoints cannot be told from it, which is how a load goes on behind dirty ones.
      const isNeeded =
        readBackOf(definition, target.digester, method) === null || definition.dirtyRows.tolerate;
      const before: Before =
        rows > 0 && method !== null && isNeeded
          ? {
              rows,
              checksum: (await target.digester.digest({ ...request, method })).checksum,
              method,
            }
          : { rows, checksum: null };
      for (const { table } of group) found.set(table.index, before);
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return found;
}

/** What sources hold, by the name of their target, found out before the proof. */
export type SourceDigests = ReadonlyMap<
  string,
  { readonly method: string | null; readonly digest: Digest | null }
>;

/**
 * Asks sources before the proof does, which costs their databases the same and the run less time:
 * for checksums while rows move, for counts of rows that `sums` adds up once all were read. Only
 * what they compute themselves; what cannot be had now is asked for at the end.
 */
export async function digestEarly(
  what: 'checksums' | 'counts',
  definition: TransferDefinition,
  { source, target }: Pick<Ends, 'source' | 'target'>,
  tables: readonly KeptTable[],
  sums: Pick<RowSums, 'of'>,
  signal: AbortSignal,
): Promise<SourceDigests> {
  const digests = new Map<string, { method: string | null; digest: Digest | null }>();
  for (const group of byTarget(tables)) {
    const [first] = group;
    if (first === undefined) continue;
    const columns = provedColumns(definition, first);
    const method = commonMethod(definition, source.digester, target.digester, columns);
    if (method === null || method.startsWith(readingMethod)) continue;
    const summed = (await Promise.all(group.map((kept) => sums.of(kept)))).every(Boolean);
    if (summed !== (what === 'counts')) continue;
    const asked = summed ? null : method;
    const digest = await digestSources(definition, source.digester, group, asked, signal);
    digests.set(first.target, { method: asked, digest });
  }
  return digests;
}

/** What the workers know of a load when its rows are in. */
export interface ProofFacts {
  readonly tables: readonly KeptTable[];
  readonly counts: ReadonlyMap<number, TableCounts>;
  readonly early: SourceDigests;
  /** Chunks of a table that each came in by one commit; null = not all did. */
  readonly arrivalsOf: (table: number) => Promise<readonly Arrival[] | null>;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Compares source and target after the load. */
export async function prove(
  definition: TransferDefinition,
  ends: Pick<Ends, 'source' | 'target'>,
  facts: ProofFacts,
): Promise<Proved> {
  const { tables, nowMs } = facts;
  const startedAtMs = nowMs();
  const proved: ProvedTable[] = [];
  let contradiction: string | null = null;
  let mismatch = false;
  let checked = 0;
  let counted = 0;
  for (const group of byTarget(tables)) {
    const result = await proveGroup(definition, ends, group, facts);
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
  ends: Pick<Ends, 'source' | 'target'>,
  group: readonly KeptTable[],
  { counts, early, arrivalsOf, signal }: ProofFacts,
): Promise<GroupProof> {
  const { source, target } = ends;
  const [first] = group;
  if (first === undefined) throw new Error('a group without tables');
  const total = addUp(group, counts);
  const columns = provedColumns(definition, first);
  const before = first.before;
  const rejected = total.rowsRejected;
  const isComparable = rejected === 0 || total.checksum !== null;
  const common = isComparable
    ? commonMethod(definition, source.digester, target.digester, columns)
    : null;
  const known = early.get(first.target);
  async function askSource(asked: string | null): Promise<Digest | null> {
    if (known !== undefined && known.method === asked) return known.digest;
    return digestSources(definition, source.digester, group, asked, signal);
  }
  // Of what was added up while rows were read, the source is only asked how many there are.
  const counted = total.checksum === null ? null : askSource(null);
  counted?.catch(() => undefined);
  // A later version may take over the run, and compute another checksum.
  const isWhole =
    before !== null &&
    (before.rows === 0 || (before.checksum !== null && before.method === common));
  const back =
    common === null
      ? null
      : await foundBack(definition, ends, group, arrivalsOf, signal).catch(() => null);
  signal.throwIfAborted();
  const method = back !== null || isWhole ? common : null;
  try {
    const [from, to] = await Promise.all([
      counted ?? askSource(method),
      back ??
        target.digester?.digest({
          table: first.table.target,
          columns: columns.map((column) => column.target),
          where: null,
          method: method ?? 'count',
          signal,
        }) ??
        null,
    ]);
    const sourceRows = from?.rows ?? total.rowsRead;
    const there = before?.rows ?? 0;
    const others = back === null ? there : 0;
    const targetRows = to === null ? total.rowsWritten : to.rows - others;
    const summed = method === null ? null : total.checksum;
    const sourceChecksum = summed ?? from?.checksum ?? null;
    const after = to?.checksum ?? null;
    const own = back === null ? (before?.checksum ?? '0') : '0';
    const targetChecksum = after === null ? null : without(after, own);
    const words = [
      method === null ? 'count' : method,
      ...(from === null ? ['source rows as they were read'] : []),
      ...(summed === null ? [] : ['source checksum of rows as they were read']),
      ...(to === null ? ['target rows as they were written'] : []),
      ...(back === null ? [] : ['target rows as each commit was read back']),
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
      const differing = back?.differs ? `; the first that differ are those of ${back.differs}` : '';
      const difference = `source has ${sourceRows} rows (${sourceChecksum ?? 'no checksum'}), target ${targetRows} (${targetChecksum ?? 'no checksum'})${differing}`;
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
    sum = added(sum, digest.checksum);
  }
  return { rows, checksum: sum === null ? null : checksumOf(sum) };
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
  let sum: bigint | null = 0n;
  for (const { table } of group) {
    const one = counts.get(table.index);
    total.rowsRead += one?.rowsRead ?? 0;
    total.rowsWritten += one?.rowsWritten ?? 0;
    total.rowsRejected += one?.rowsRejected ?? 0;
    sum = added(sum, one?.checksum ?? null);
  }
  return { ...total, checksum: sum === null ? null : checksumOf(sum) };
}

/** @returns null when one of both is not known. */
function added(sum: bigint | null, checksum: string | null): bigint | null {
  return sum === null || checksum === null ? null : sum + sumOf(checksum);
}

/** What was there before can be taken away from a sum. */
function without(after: string, before: string): string {
  return checksumOf(sumOf(after) - sumOf(before));
}
