import type { TransferErrorCode } from '../../domain/transfer/errors.ts';

/** What an answer says of a refusal besides its detail. */
interface Row {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

/** The request was right; what it is about is not as it would have to be. */
const asItStands = 422;
const correctLink = 'Correct the link, and test it: longshore links test LINK';
const correctJob = 'Correct the data job.';
const seeTables = 'See what is there: longshore links tables LINK';

function row(title: string, fix: string, status = asItStands): Row {
  return { status, title, fix };
}

/** Total: a new code of data jobs does not compile until it has an answer here. */
export const transferRows: Readonly<Record<TransferErrorCode, Row>> = {
  'link-unreachable': row('The link leads nowhere', correctLink, 502),
  'link-credentials': row('The link’s credentials are not accepted', correctLink),
  'link-database-missing': row('The link names a database that is not there', correctLink),
  'link-option': row('The link cannot do this', correctLink),
  'connector-missing': row('No connector for this link', 'Use a link of another kind.'),
  'schema-missing': row('There is no such schema', seeTables),
  'table-missing': row('There is no such table', `${seeTables}, or let the job create it.`),
  'table-create': row('The table cannot be created', correctJob),
  'column-mismatch': row('The columns do not fit together', correctJob),
  'partition-column': row('The table cannot be cut by this column', correctJob),
  'no-tables-match': row('No table fits', seeTables),
  'sql-failed': row('A statement failed', correctJob),
  'read-failed': row('Reading failed', 'Mend what the detail names, then run the job again.'),
  'write-failed': row('Writing failed', 'Mend what the detail names, then run the job again.'),
  'path-missing': row('There is no such file or folder', correctJob),
  'file-format': row('The file is not of this format', correctJob),
  'file-digest': row('The file is not what its checksum says', 'Fetch the file again.'),
  'file-exists': row('The file exists already', correctJob),
  'bucket-missing': row('There is no such bucket', correctJob),
  'disk-full': row('The disk is full', 'Make room on the machine that the detail names.'),
  'dirty-limit': row('Too many rows were rejected', 'See them: longshore quarantine RUN'),
  'stage-failed': row('The rows beside the table could not be moved', correctJob),
  'proof-mismatch': row('Source and target differ', 'See the report of the run.'),
  'variable-missing': row('A variable has no value', 'Give it a value when the job is started.'),
  'invalid-definition': row('The data job cannot be done as it stands', correctJob),
  stopped: row('It was stopped', 'Start it again.', 409),
  internal: row('The server failed', 'See the server’s log.', 500),
};
