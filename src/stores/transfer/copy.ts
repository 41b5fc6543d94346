import { parseMark, progressKey, type TableProgress } from './marks.ts';
import { TransferRefusedError } from './refused.ts';
import { type Column, keyOf, type StoreSide, type TableShape } from './side.ts';
import { RowsDigest } from './storable.ts';
import { checkTables, copiedTables } from './tables.ts';

/** How far a step of a transfer is: rows, pages or bytes, of a total known beforehand. */
export interface TransferProgress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: TransferProgress) => void;

/** A table of which both sides were compared row by row. */
export interface VerifiedTable {
  readonly name: string;
  readonly rows: number;
  /** SHA-256 over the rows in the order of their keys. */
  readonly digest: string;
}

/**
 * The shape of every copied table on both sides, with the columns of the target in the source's order.
 * @throws TransferRefusedError when the schemas differ.
 */
export async function matchShapes(
  source: StoreSide,
  target: StoreSide,
): Promise<ReadonlyMap<string, { readonly source: TableShape; readonly target: TableShape }>> {
  checkTables(source.name, await source.tables());
  checkTables(target.name, await target.tables());
  const shapes = new Map<string, { source: TableShape; target: TableShape }>();
  for (const name of copiedTables) {
    const from = await source.shape(name);
    const to = await target.shape(name);
    const columns = from.columns.flatMap((column) => matching(column, to) ?? []);
    const same =
      columns.length === from.columns.length &&
      columns.length === to.columns.length &&
      from.key.join() === to.key.join();
    if (!same) {
      throw new TransferRefusedError(
        `table ${name} differs between ${source.name} and ${target.name}`,
        'Both must have the schema of this version: look whether somebody changed one by hand',
      );
    }
    shapes.set(name, { source: from, target: { ...to, columns } });
  }
  return shapes;
}

/**
 * Copies every table that is not done yet, in batches; each batch is one transaction together with
 * the note of how far it went, so that a copy which was cut off anywhere goes on where it was.
 * Ends with the sequences and what is derived from the rows. Nobody else may write to either side.
 */
export async function copyTables(
  source: StoreSide,
  target: StoreSide,
  onProgress: OnProgress,
): Promise<void> {
  const shapes = await matchShapes(source, target);
  for (const [name, shape] of shapes) {
    const total = await source.count(name);
    const key = progressKey(name);
    const before = parseMark<TableProgress>(await target.meta(key));
    if (before?.done === true) continue;
    let rows = before?.rows ?? 0;
    let after = before?.after ?? null;
    const note = (done: boolean): ReadonlyMap<string, string> =>
      new Map([[key, JSON.stringify({ after, rows, done } satisfies TableProgress)]]);
    for await (const batch of source.batches(shape.source, after)) {
      const last = batch.at(-1);
      if (last === undefined) continue;
      after = keyOf(shape.source, last);
      rows += batch.length;
      await target.write({ rows: { shape: shape.target, rows: batch }, meta: note(false) });
      onProgress({ step: `copying ${name}`, done: rows, total });
    }
    await target.write({ meta: note(true) });
  }
}

/**
 * Reads both sides through and compares them.
 * @throws TransferRefusedError naming the tables that differ.
 */
export async function verifyTables(
  source: StoreSide,
  target: StoreSide,
  onProgress: OnProgress,
): Promise<readonly VerifiedTable[]> {
  const verified: VerifiedTable[] = [];
  const wrong: string[] = [];
  for (const [name, shape] of await matchShapes(source, target)) {
    const total = 2 * (await source.count(name));
    let done = 0;
    const digestOf = async (side: StoreSide): Promise<{ rows: number; digest: string }> => {
      const digest = new RowsDigest();
      // Both in the order of the source's columns.
      for await (const batch of side.batches(shape.source, null)) {
        digest.add(batch);
        done += batch.length;
        onProgress({ step: `comparing ${name}`, done, total });
      }
      return { rows: digest.rows, digest: digest.end() };
    };
    const [from, to] = [await digestOf(source), await digestOf(target)];
    if (from.digest !== to.digest) wrong.push(`${name} (${from.rows} and ${to.rows} rows)`);
    verified.push({ name, ...from });
  }
  if (wrong.length > 0) {
    throw new TransferRefusedError(
      `the copy differs from its source in ${wrong.join(', ')}`,
      'Somebody wrote to one of them meanwhile; nothing was switched over. Start again with --restart',
    );
  }
  return verified;
}

/** Removes the notes of a copy's progress. */
export function forgetProgress(): ReadonlyMap<string, string | null> {
  return new Map(copiedTables.map((name) => [progressKey(name), null]));
}

function matching({ name, kind }: Column, other: TableShape): Column | null {
  return other.columns.find((column) => column.name === name && column.kind === kind) ?? null;
}
