/** What a job's from-inputs mean, in the engine's words (cdm.md §4.4). */
import type { TransferSource } from '../../../domain/transfer/definition.ts';
import { cdmError } from '../errors.ts';
import type { Settings } from '../values/settings.ts';
import { fileSource, httpSource } from './file-source.ts';
import type { JobLink } from './job-link.ts';
import { readQuery } from './query.ts';
import { encodingOf, namesOf, textOrNull } from './words.ts';

/** @throws WireError for inputs that do not fit together. */
export function translateSource(
  link: JobLink,
  settings: Settings,
  wholeDatabase: boolean,
): TransferSource {
  switch (link.connector) {
    case 'generic-jdbc-connector':
      return databaseSource(link, settings, wholeDatabase);
    case 'http-connector':
      return httpSource(link.name, settings);
    case 'hive-connector':
      return warehouseSource(link.name, settings);
    default:
      return fileSource(link, settings);
  }
}

function databaseSource(link: JobLink, settings: Settings, wholeDatabase: boolean): TransferSource {
  const bytesEncoding = bytesEncodingOf(settings);
  const columns = namesOf(settings.text('columnList'));
  if (settings.flag('useSql', false)) {
    if (wholeDatabase) {
      throw cdmError('Cdm.0014', `[${settings.full('useSql')}] must be false for a BATCH_JOB.`);
    }
    if (!settings.has('sql')) throw cdmError('Cdm.0913');
    const query = readQuery(settings.text('sql'), link.options.kind === 'mysql');
    if ('problem' in query) {
      throw cdmError('Cdm.0014', `[${settings.full('sql')}]: ${query.problem}.`);
    }
    return { kind: 'query', link: link.name, sql: query.sql, columns, bytesEncoding };
  }
  if (!wholeDatabase && !settings.has('tableName')) throw cdmError('Cdm.0913');
  requireSchema(link, settings);
  return {
    kind: 'tables',
    link: link.name,
    schema: settings.text('schemaName').trim(),
    table: settings.text('tableName').trim(),
    wholeDatabase,
    columns,
    where: textOrNull(settings.text('whereClause')),
    partitionColumn: textOrNull(settings.text('partitionColumn'))?.trim() ?? null,
    partitionColumnNullable: settings.flag('allowNullValueInPartitionColumn', false),
    tablePartitions: settings.flag('usePartition', false)
      ? { names: namesOf(settings.text('partitionList')) }
      : null,
    bytesEncoding,
  };
}

/** Latin 1 keeps every byte; its WHATWG label would mean another encoding. */
function bytesEncodingOf(settings: Settings): string {
  const name = 'encodingForBinary';
  const label = settings.text(name).trim().replaceAll('_', '-').toLowerCase();
  if (['', 'iso-8859-1', 'latin1'].includes(label)) return 'iso-8859-1';
  return encodingOf(settings, name, label);
}

/** The contract demands a schema; where the link has a default it can be told without. */
function requireSchema({ options }: JobLink, settings: Settings): void {
  if (settings.has('schemaName')) return;
  if (options.kind === 'mysql' && options.database === '') {
    throw cdmError('Cdm.0238', settings.full('schemaName'));
  }
}

function warehouseSource(link: string, settings: Settings): TransferSource {
  if (settings.choice('readMode', 'HDFS') === 'JDBC') {
    throw cdmError(
      'Cdm.0055',
      `[${settings.full('readMode')}] JDBC: HiveServer2 is not spoken on this server; use HDFS.`,
    );
  }
  const partitions = Object.entries(settings.map('partitionValues')).map(([column, text]) => [
    column,
    text.includes('${value}') ? text : text.split(/\s+/).filter((value) => value !== ''),
  ]);
  return {
    kind: 'warehouse',
    link,
    database: settings.has('database') ? settings.text('database').trim() : 'default',
    table: settings.text('table').trim(),
    columns: namesOf(settings.text('columnList')),
    partitions: Object.fromEntries(partitions),
  };
}
