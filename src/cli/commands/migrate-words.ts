/** What `longshore migrate` tells people: the plan, how far it is, and what came of it. */
import type {
  PlanView,
  ReportView,
  TransferStatus,
} from '../../dialects/native/views/transfer-report.ts';
import { table } from '../output.ts';
import { size } from '../transfer.ts';

/** Resumes and failed tables that are told one by one; `--json` has them all. */
const maxTold = 20;

const number = new Intl.NumberFormat('en');

/** A count for people, e.g. `5,000,000`. */
export function count(value: number | null): string {
  return value === null ? '?' : number.format(Math.round(value));
}

/** What a job would do. */
export function planText({ tables, notes }: PlanView): string {
  const parts = tables.flatMap((planned) => {
    const rows =
      planned.estimatedRows === null ? '' : `, about ${count(planned.estimatedRows)} rows`;
    return [
      `${planned.source} -> ${planned.target}: ${planned.shards} at a time, ${planned.chunks} ${planned.chunks === 1 ? 'chunk' : 'chunks'}${rows}, as ${planned.format}`,
      table(
        ['COLUMN', 'TYPE', 'BECOMES', 'TYPE'],
        planned.columns.map((c) => [c.source || '(added)', c.sourceType, c.target, c.targetType]),
      ),
      ...(planned.statements.length === 0 ? [] : ['before the first row:']),
      ...planned.statements.map((statement) => `  ${statement.replaceAll('\n', '\n  ')}`),
      '',
    ];
  });
  return [...parts, ...notes.map((note) => `note: ${note}`), 'Nothing was changed.'].join('\n');
}

/** One reading of the counters. */
interface Sample {
  readonly atMs: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Readings that the rate is taken over. */
const window = 10;

/** Tells rate and remaining time from the readings so far. */
export class Pace {
  readonly #samples: Sample[] = [];

  /** What the bar shows for this report. */
  step(report: ReportView, nowMs: number): { step: string; done: number; total: number } {
    const { counters, expectedRows, phase } = report;
    const rows = counters.rowsRead ?? 0;
    const bytes = counters.bytesRead ?? 0;
    this.#samples.push({ atMs: nowMs, rows, bytes });
    if (this.#samples.length > window) this.#samples.shift();
    const first = this.#samples[0];
    const seconds = first === undefined ? 0 : (nowMs - first.atMs) / 1_000;
    const perSecond = (now: number, then: number): number =>
      seconds <= 0 ? 0 : Math.max(0, now - then) / seconds;
    const rowRate = perSecond(rows, first?.rows ?? 0);
    const byteRate = perSecond(bytes, first?.bytes ?? 0);
    const [done, total] = extentOf(report);
    if (phase !== 'loading') return { step: phase, done, total };
    const byRows = expectedRows !== null && expectedRows > 0;
    const rate = byRows ? rowRate : byteRate;
    const left = rate > 0 && total > done ? clock((total - done) / rate) : '';
    const words = [
      // What the bar itself does not count.
      ...(byRows ? [] : [`${count(rows)} rows`]),
      ...(counters.bytesRead === null ? [] : [size(bytes)]),
      `${count(rowRate)} rows/s`,
      ...(left === '' ? [] : [`ETA ${left}`]),
    ];
    return { step: words.join('  '), done, total };
  }
}

/** How far a load is: in rows, else in bytes, else in chunks. */
function extentOf({
  counters,
  expectedRows,
  chunksDone,
  chunksTotal,
}: ReportView): [number, number] {
  const rows = counters.rowsRead ?? 0;
  const bytes = counters.bytesRead ?? 0;
  // An estimate may be too small: there is no less than what was read.
  if (expectedRows !== null && expectedRows > 0) {
    return [rows, Math.max(Math.round(expectedRows), rows)];
  }
  if ((counters.bytesTotal ?? 0) > 0) return [bytes, Math.max(counters.bytesTotal ?? 0, bytes)];
  return [chunksDone, chunksTotal];
}

/** Seconds as `1:05` or `2:03:05`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** What came of a run. */
export function summaryText({ runId, state, message, report }: TransferStatus): string {
  const head = `${runId}: ${state}`;
  if (report === null) return message === '' ? head : `${head}: ${message}`;
  const { error, resumes, proof, startedAtMs, endedAtMs } = report;
  const seconds = ((endedAtMs ?? report.updatedAtMs) - startedAtMs) / 1_000;
  return [
    `${head} after ${seconds.toFixed(1)} s`,
    countersText(report, seconds),
    ...tableLines(report),
    ...(resumes.length === 0
      ? []
      : [`taken up again ${resumes.length === 1 ? 'once' : `${count(resumes.length)} times`}:`]),
    ...resumes.slice(0, maxTold).map(({ shard, message: words, rowsRepeated }) => {
      const repeated =
        rowsRepeated === 0 ? '' : ` (${count(rowsRepeated)} rows repeated, told apart by key)`;
      return `  shard ${shard}: ${words}${repeated}`;
    }),
    ...(proof === null ? [] : proofLines(proof)),
    ...((report.counters.rowsRejected ?? 0) === 0
      ? []
      : [`see the rejected rows: longshore quarantine ${runId}`]),
    ...(error === null ? [] : [`failed: ${error.message} (${error.code})`]),
    ...(error !== null || state === 'succeeded' || message === '' ? [] : [message]),
  ].join('\n');
}

function countersText({ counters }: ReportView, seconds: number): string {
  const { rowsRead, rowsWritten, rowsUpdated, rowsDeleted, rowsRejected } = counters;
  if (rowsRead === null || rowsWritten === null) {
    const { filesWritten, filesSkipped, filesTotal, bytesWritten } = counters;
    return `copied ${count(filesWritten)} of ${count(filesTotal)} files, ${size(bytesWritten)}; skipped ${count(filesSkipped)}`;
  }
  const rate = seconds > 0 ? `, ${count(rowsRead / seconds)} rows/s` : '';
  return [
    `read ${count(rowsRead)} rows${counters.bytesRead === null ? '' : ` (${size(counters.bytesRead)})`}`,
    `wrote ${count(rowsWritten)}${rowsUpdated > 0 ? `, ${count(rowsUpdated)} of them over others` : ''}`,
    ...(rowsDeleted > 0 ? [`deleted ${count(rowsDeleted)} before`] : []),
    `rejected ${count(rowsRejected ?? 0)}${rate}`,
  ].join('; ');
}

function tableLines({ tables }: ReportView): readonly string[] {
  const telling = tables.some(({ state }) => state === 'failed') || tables.length > 1;
  if (!telling) return [];
  const rows = tables
    .toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))
    .slice(0, maxTold)
    .map((t) => [
      t.source,
      t.target,
      count(t.rowsRead),
      count(t.rowsWritten),
      count(t.rowsRejected),
      t.state,
      t.message,
    ]);
  const rest = tables.length > maxTold ? [`and ${tables.length - maxTold} more tables`] : [];
  return [table(['FROM', 'TO', 'READ', 'WRITTEN', 'REJECTED', 'STATE', 'WHY'], rows), ...rest];
}

const proofWords = {
  match: 'source and target are equal',
  mismatch: 'SOURCE AND TARGET DIFFER',
  'counts-only': 'the counts agree; checksums were not compared',
  skipped: 'not compared',
} as const;

function proofLines({
  outcome,
  tables,
  durationMs,
}: NonNullable<ReportView['proof']>): readonly string[] {
  return [
    `proof: ${proofWords[outcome]} (${(durationMs / 1_000).toFixed(1)} s)`,
    ...tables
      .slice(0, maxTold)
      .map(
        (t) =>
          `  ${t.table}: ${count(t.sourceRows)} and ${count(t.targetRows)} rows${t.sourceChecksum === null ? '' : `, checksums ${t.sourceChecksum} and ${t.targetChecksum ?? 'none'}`}; ${t.method}`,
      ),
  ];
}
