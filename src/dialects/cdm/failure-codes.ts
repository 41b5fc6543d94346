/** What clients see of why a data job failed (cdm.md appendix A). */
import type { TransferDefinition } from '../../domain/transfer/definition.ts';
import type { TransferErrorCode } from '../../domain/transfer/errors.ts';
import type { TransferFailure } from '../../domain/transfer/report.ts';

/** Code within `error-summary`, which also tells what of the job it was about (cdm.md §4.5, §5.9). */
export function jobFailureCode(
  { code, message }: TransferFailure,
  definition: TransferDefinition | null,
): `Cdm.${string}` {
  if (definition !== null) {
    const { from, to } = definition;
    const isMissing = (end: typeof from | typeof to): boolean =>
      end.kind === 'warehouse' && message.includes(`${end.database}.${end.table}`);
    if (code === 'table-missing' && (isMissing(from) || isMissing(to))) return 'Cdm.1000';
    // The folder holds something and appendMode is off; else it is a duplicate that was not wanted.
    const appends = to.kind !== 'files' || to.append || to.duplicates === 'abort';
    if (code === 'file-exists' && !appends) return 'Cdm.0014';
  }
  return failureCodes[code];
}

/** What each failure is, whatever the job. */
export const failureCodes: Readonly<Record<TransferErrorCode, `Cdm.${string}`>> = {
  'link-unreachable': 'Cdm.0941',
  'link-credentials': 'Cdm.0950',
  'link-database-missing': 'Cdm.0964',
  'link-option': 'Cdm.0014',
  'connector-missing': 'Cdm.0037',
  'schema-missing': 'Cdm.0067',
  'table-missing': 'Cdm.0900',
  'table-create': 'Cdm.0063',
  'column-mismatch': 'Cdm.0931',
  'partition-column': 'Cdm.0925',
  'no-tables-match': 'Cdm.0900',
  'sql-failed': 'Cdm.0902',
  'read-failed': 'Cdm.0904',
  'write-failed': 'Cdm.0234',
  'path-missing': 'Cdm.0420',
  'file-format': 'Cdm.0015',
  'file-digest': 'Cdm.0416',
  'file-exists': 'Cdm.0423',
  'bucket-missing': 'Cdm.0801',
  'disk-full': 'Cdm.0017',
  'dirty-limit': 'Cdm.0936',
  'stage-failed': 'Cdm.0928',
  'proof-mismatch': 'Cdm.0234',
  'variable-missing': 'Cdm.0014',
  'invalid-definition': 'Cdm.0014',
  stopped: 'Cdm.0036',
  internal: 'Cdm.0036',
};

/** What a failed connection test is answered with: `Cdm.0901` and relatives. */
export function linkFailureCode(connector: string, code: TransferErrorCode): `Cdm.${string}` {
  if (code !== 'link-unreachable') return failureCodes[code];
  switch (connector) {
    case 'generic-jdbc-connector':
      return 'Cdm.0901';
    case 'sftp-connector':
      return 'Cdm.0700';
    case 'ftp-connector':
      return 'Cdm.0600';
    case 'obs-connector':
      return 'Cdm.0800';
    case 'hdfs-connector':
      return 'Cdm.0518';
    case 'hive-connector':
      return 'Cdm.1011';
    default:
      return 'Cdm.0411';
  }
}
