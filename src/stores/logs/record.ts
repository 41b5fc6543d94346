import { attemptId } from '../../domain/run.ts';
import type { CollectedLine, Collection, LogRecord } from '../../ports/log-store.ts';
import { progressPerLine } from './limits.ts';

/** How far a source of an attempt was collected. */
export interface Progress {
  readonly attemptId: string;
  readonly source: string;
  /** Bytes since the attempt began. */
  readonly nextOffset: number;
}

/** What a line of a segment says: a record, or what was in progress when the segment began. */
export type SegmentLine =
  | {
      readonly kind: 'record';
      readonly record: Omit<LogRecord, 'id'>;
      readonly progress: Progress;
    }
  | { readonly kind: 'head'; readonly progress: readonly Progress[] };

/** The short names by which a record is written. */
interface WrittenRecord {
  readonly t: number;
  readonly tpl: string;
  readonly name: string;
  readonly run: string;
  readonly i: number;
  readonly n: number;
  readonly src: string;
  /** Next offset. */
  readonly o: number;
  /** Continues. */
  readonly c?: 1;
  /** Missed bytes. */
  readonly gap?: number;
  readonly m: string;
}

type WrittenHead = { readonly at: readonly (readonly [string, string, number])[] };

/** A record as a line of a segment, with its line end. */
export function recordLine(collection: Collection, line: CollectedLine, atMs: number): string {
  const written: WrittenRecord = {
    t: atMs,
    tpl: collection.templateId,
    name: collection.templateName,
    run: collection.runId,
    i: collection.index,
    n: collection.number,
    src: line.source,
    o: line.nextOffset,
    ...(line.continues ? { c: 1 } : {}),
    ...(line.missedBytes > 0 ? { gap: line.missedBytes } : {}),
    m: line.text,
  };
  return `${JSON.stringify(written)}\n`;
}

/** The head of a segment: what is in progress, so that older segments may go. */
export function headLines(progress: readonly Progress[]): string {
  let text = '';
  for (let from = 0; from === 0 || from < progress.length; from += progressPerLine) {
    const part = progress.slice(from, from + progressPerLine);
    const head: WrittenHead = { at: part.map((p) => [p.attemptId, p.source, p.nextOffset]) };
    text += `${JSON.stringify(head)}\n`;
  }
  return text;
}

/** Reads a line of a segment; null when it is none, e.g. cut short by a crash. */
export function parseLine(text: string): SegmentLine | null {
  let value: Partial<WrittenRecord & WrittenHead> | null;
  try {
    value = JSON.parse(text) as Partial<WrittenRecord & WrittenHead> | null;
  } catch {
    return null;
  }
  if (value === null || typeof value !== 'object') return null;
  if (Array.isArray(value.at)) {
    const progress = value.at.map(([id, source, nextOffset]) => {
      return { attemptId: String(id), source: String(source), nextOffset: Number(nextOffset) };
    });
    return { kind: 'head', progress };
  }
  const { t, run, i, n, src, o, m } = value;
  if (typeof t !== 'number' || typeof run !== 'string' || typeof m !== 'string') return null;
  if (typeof i !== 'number' || typeof n !== 'number' || typeof o !== 'number') return null;
  if (typeof src !== 'string') return null;
  return {
    kind: 'record',
    record: {
      atMs: t,
      templateId: value.tpl ?? '',
      templateName: value.name ?? '',
      runId: run,
      index: i,
      number: n,
      source: src,
      text: m,
      continues: value.c === 1,
      missedBytes: value.gap ?? 0,
    },
    progress: { attemptId: attemptId(run, i, n), source: src, nextOffset: o },
  };
}
