/** Reports as they are told to the engine. */
import type { TransferFailure, TransferReport } from '../../domain/transfer/report.ts';
import { maxReportBytes } from './limits.ts';

/** The report of a run that failed before it began. */
export function failedReport(error: TransferFailure, atMs: number): TransferReport {
  return {
    phase: 'failed',
    percent: 0,
    counters: {
      rowsRead: null,
      rowsWritten: null,
      rowsUpdated: 0,
      rowsDeleted: 0,
      rowsRejected: null,
      bytesRead: null,
      bytesWritten: null,
      filesTotal: null,
      filesRead: null,
      filesWritten: null,
      filesSkipped: null,
      bytesTotal: null,
    },
    expectedRows: null,
    chunksTotal: 0,
    chunksDone: 0,
    tables: [],
    resumes: [],
    proof: null,
    error,
    startedAtMs: atMs,
    updatedAtMs: atMs,
    endedAtMs: atMs,
  };
}

/** The report as JSON within the bound of what is told; tables, then notes are left out. */
export function reportText(full: TransferReport): string {
  let shortened = full;
  for (;;) {
    const text = JSON.stringify(shortened);
    if (Buffer.byteLength(text) <= maxReportBytes) return text;
    const { tables, resumes, proof } = shortened;
    if (tables.length > 0) {
      // Those that failed are the last to go.
      const half = tables
        .toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))
        .slice(0, Math.floor(tables.length / 2));
      shortened = {
        ...shortened,
        tables: half,
        proof:
          proof === null
            ? null
            : { ...proof, tables: proof.tables.slice(0, Math.floor(proof.tables.length / 2)) },
      };
    } else if (resumes.length > 0) {
      shortened = { ...shortened, resumes: resumes.slice(0, Math.floor(resumes.length / 2)) };
    } else if (proof !== null) shortened = { ...shortened, proof: null };
    else if (shortened.error !== null && shortened.error.details !== '') {
      shortened = { ...shortened, error: { ...shortened.error, details: '' } };
    } else return text.slice(0, 0);
  }
}
