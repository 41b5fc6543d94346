/** A job as the engine runs it (cdm.md §3.4, §4.2). */
import { DomainError } from '../../../domain/errors.ts';
import { parseAddedFields } from '../../../domain/transfer/converters.ts';
import type {
  FileFormat,
  TransferDefinition,
  TransferSource,
  TransferTarget,
} from '../../../domain/transfer/definition.ts';
import { cdmError } from '../errors.ts';
import type { ConfigValues } from '../values/config-values.ts';
import { readSettings, type Settings } from '../values/settings.ts';
import { findConnector } from './connectors.ts';
import { translateDriver, type TranslatedDriver } from './driver.ts';
import { fromInputs } from './inputs/from.ts';
import { toInputs } from './inputs/to.ts';
import type { JobLink } from './job-link.ts';
import { translateSource } from './source.ts';
import { translateTarget } from './target.ts';
import type { TransferSettings } from './transfer-settings.ts';

export const jobTypes = ['NORMAL_JOB', 'BATCH_JOB', 'SCENARIO_JOB'] as const;
export type JobType = (typeof jobTypes)[number];

/** What a job says, with secrets in clear. */
export interface JobContent {
  readonly name: string;
  readonly jobType: JobType;
  readonly from: ConfigValues;
  readonly to: ConfigValues;
  readonly driver: ConfigValues;
}

export interface TranslatedJob extends Pick<
  TranslatedDriver,
  'schedule' | 'disposal' | 'groupName'
> {
  readonly definition: TransferDefinition;
  readonly useSql: boolean;
  /** Full names of inputs that are kept without effect. */
  readonly withoutEffect: readonly string[];
}

/**
 * @param links those of both ends, which exist.
 * @throws WireError Cdm.0055, 0061, 0062, 0064, 0913 and those of inputs.
 */
export function translateJob(
  content: JobContent,
  links: { readonly from: JobLink; readonly to: JobLink },
  context: { readonly settings: TransferSettings; readonly nowMs: number },
): TranslatedJob {
  const { settings: chosen, nowMs } = context;
  if (content.jobType === 'SCENARIO_JOB') {
    throw cdmError('Cdm.0055', 'SCENARIO_JOB is not documented and not supported.');
  }
  const wholeDatabase = content.jobType === 'BATCH_JOB';
  requireDirections(links);
  if (wholeDatabase && links.from.connector !== 'generic-jdbc-connector') {
    throw cdmError('Cdm.0055', `a BATCH_JOB reads a database, not ${links.from.connector}.`);
  }
  const from = settingsFor(content.from, fromInputs[links.from.connector], chosen);
  const to = settingsFor(content.to, toInputs[links.to.connector], chosen);
  const source = translateSource(links.from, from, wholeDatabase);
  const target = translateTarget(links.to, to, {
    wholeDatabase,
    quoteStyle: chosen.csvQuoteStyle,
    bytesEncoding: 'bytesEncoding' in source ? source.bytesEncoding : 'iso-8859-1',
  });
  requirePair(source, target);
  const driver = translateDriver(content.driver, { settings: chosen, wholeDatabase, nowMs });
  return {
    definition: {
      name: content.name,
      from: source,
      to: target,
      addedFields: addedFieldsOf(links.from, from),
      ...driver.parts,
    },
    schedule: driver.schedule,
    disposal: driver.disposal,
    groupName: driver.groupName,
    useSql: source.kind === 'query',
    withoutEffect: [...from.withoutEffect, ...to.withoutEffect, ...driver.withoutEffect],
  };
}

function settingsFor(
  values: ConfigValues,
  table: (typeof fromInputs)[string] | undefined,
  { strict }: TransferSettings,
): Settings {
  if (table === undefined) throw new Error('the connector has no inputs in this direction');
  const [settings] = readSettings(values, [table], strict);
  if (settings === undefined) throw new Error('no settings were read');
  return settings;
}

function requireDirections({ from, to }: { readonly from: JobLink; readonly to: JobLink }): void {
  if (findConnector(from.connector)?.from !== true)
    throw cdmError('Cdm.0061', from.connector, 'FROM');
  if (findConnector(to.connector)?.to !== true) throw cdmError('Cdm.0061', to.connector, 'TO');
}

/** Binary files go to binary files, and rows to rows (cdm.md §4.2). */
function requirePair(source: TransferSource, target: TransferTarget): void {
  const reads = isBinary(source);
  const writes = isBinary(target);
  if (reads === writes) return;
  if (source.kind === 'files' && target.kind === 'files') {
    throw cdmError(
      'Cdm.0062',
      'inputFormat and outputFormat must both be BINARY_FILE, or neither.',
    );
  }
  const formats = 'between tables and files, files must be CSV_FILE, JSON_FILE or PARQUET_FILE.';
  throw cdmError('Cdm.0064', formats);
}

function isBinary(end: TransferSource | TransferTarget): boolean {
  const format: FileFormat | null = end.kind === 'files' ? end.format : null;
  return format?.kind === 'binary';
}

function addedFieldsOf(link: JobLink, settings: Settings): TransferDefinition['addedFields'] {
  if (link.connector === 'http-connector') return [];
  try {
    return parseAddedFields(settings.text('sampleValueColumn'));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw cdmError('Cdm.0014', `[${settings.full('sampleValueColumn')}]: ${error.message}.`);
  }
}
