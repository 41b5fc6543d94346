import type { Column, ColumnType } from '../../../domain/transfer/columns.ts';
import type { TransferPlan } from '../../../domain/transfer/report.ts';
import type { TransferWork } from '../../../ports/transfers.ts';
import type { OpenCopying } from './copying.ts';
import { type ConnectorOf, isBinaryCopy, openEnds } from './ends.ts';
import { type Plan, planTransfer } from './plan.ts';

/** What a run would do, in words for people; nothing is changed anywhere. @throws TransferError. */
export async function describePlan(
  work: TransferWork,
  {
    connectorOf,
    openCopying,
  }: { readonly connectorOf: ConnectorOf; readonly openCopying: OpenCopying },
  signal: AbortSignal,
): Promise<TransferPlan> {
  const { definition } = work;
  if (isBinaryCopy(definition)) return describeCopy(work, openCopying, signal);
  const ends = await openEnds(work, connectorOf, signal);
  try {
    const plan = await planTransfer(definition, ends);
    const statements = await ends.target.statements(plan.tables.map(({ table }) => table));
    return {
      tables: plan.tables.map(({ table, details, source, target, chunks }, place) => ({
        source,
        target,
        columns: table.columns.map(({ source: read, target: written }, at) => ({
          source: read?.name ?? details.added[at] ?? '',
          sourceType: read === null ? 'computed' : typeWords(read),
          target: written.name,
          targetType: typeWords(written),
        })),
        format: details.write.kind,
        estimatedRows: table.source.estimatedRows,
        chunks: chunks.length,
        shards: new Set(chunks.map(({ shard }) => shard)).size,
        statements: statements[place] ?? [],
      })),
      notes: notesOf(plan),
    };
  } finally {
    await ends.close();
  }
}

async function describeCopy(
  work: TransferWork,
  openCopying: OpenCopying,
  signal: AbortSignal,
): Promise<TransferPlan> {
  const { from, to, extractors } = work.definition;
  const copying = await openCopying(work, signal);
  try {
    const { files, bytes, chunks } = await copying.plan({ shards: extractors, fine: true });
    return {
      tables: [
        {
          source: from.kind === 'files' ? from.paths.join(', ') : from.link,
          target: to.kind === 'files' ? to.directory : to.link,
          columns: [],
          format: 'binary',
          estimatedRows: null,
          chunks: chunks.length,
          shards: new Set(chunks.map(({ shard }) => shard)).size,
          statements: [],
        },
      ],
      notes: [`${files} files with ${bytes} bytes are copied as they are`],
    };
  } finally {
    await copying.close();
  }
}

function notesOf({ tables, failed, grain }: Plan): readonly string[] {
  const notes = failed.map(
    ({ work, error }) => `table ${work.source} would fail: ${error.message}`,
  );
  for (const { source, chunks, details } of tables) {
    if (grain === 'chunk' && chunks.length === 1 && (details.estimatedRows ?? 0) > 0) {
      notes.push(
        `table ${source} is moved in one piece: after a crash it begins again; a key or a partition column cuts it`,
      );
    }
    if (grain === 'chunk' && !details.keyed) {
      notes.push(
        `the target of ${source} has no key: rows of a commit whose end cannot be found out could be there twice`,
      );
    }
    if (details.transforms) {
      notes.push(
        `rows of ${source} are taken apart for converters or added fields, which is slower`,
      );
    }
  }
  return notes;
}

function typeWords({ nativeType, type }: Column): string {
  return nativeType === '' ? kindWords(type) : nativeType;
}

function kindWords(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return type.precision === null ? 'decimal' : `decimal(${type.precision},${type.scale ?? 0})`;
    case 'char':
    case 'varchar':
      return `${type.kind}(${type.length})`;
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return `${type.kind}(${type.fraction})`;
    default:
      return type.kind;
  }
}
