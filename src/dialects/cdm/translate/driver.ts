/** What a job's driver inputs mean, in the engine's words (cdm.md §4.6). */
import { DomainError } from '../../../domain/errors.ts';
import { findZone } from '../../../domain/schedule/zone.ts';
import type { ScheduleDefinition } from '../../../domain/schedule/definition.ts';
import { compileConverter } from '../../../domain/transfer/converters.ts';
import type { ConverterSpec, TransferDefinition } from '../../../domain/transfer/definition.ts';
import { cdmError } from '../errors.ts';
import type { ConfigValues } from '../values/config-values.ts';
import { readSettings, type Settings } from '../values/settings.ts';
import { driverInputs } from './inputs/driver.ts';
import { readScheduler } from './scheduler.ts';
import type { TransferSettings } from './transfer-settings.ts';
import { pathOf } from './words.ts';

/** What becomes of the job after a run. */
export type Disposal = 'none' | 'after-success' | 'after-any';

export interface TranslatedDriver {
  readonly parts: Pick<
    TransferDefinition,
    | 'converters'
    | 'extractors'
    | 'concurrentTables'
    | 'dirtyRows'
    | 'throttle'
    | 'queueBytes'
    | 'errorRetries'
    | 'retryDelaysMs'
    | 'proof'
  >;
  readonly schedule: ScheduleDefinition | null;
  readonly disposal: Disposal;
  readonly groupName: string;
  readonly withoutEffect: readonly string[];
}

const mebibyte = 1_048_576;
/** Pauses before the tries of RETRY_TRIPLE (cdm.md §5.11). */
const tripleDelaysMs = [10_000, 30_000, 60_000];

/** @throws WireError for inputs that are wrong. */
export function translateDriver(
  values: ConfigValues,
  options: {
    readonly settings: TransferSettings;
    readonly wholeDatabase: boolean;
    readonly nowMs: number;
  },
): TranslatedDriver {
  const { settings: chosen, wholeDatabase, nowMs } = options;
  const read = readSettings(values, driverInputs, chosen.strict);
  const [throttling, scheduler, retry, group, transform] = read;
  if (
    throttling === undefined ||
    scheduler === undefined ||
    retry === undefined ||
    group === undefined ||
    transform === undefined
  ) {
    throw new Error('driver inputs are declared in another order');
  }
  const triple = retry.choice('retryJobType', 'NONE') === 'RETRY_TRIPLE';
  const limits = throttling.flag('throttling', false);
  return {
    parts: {
      converters: convertersOf(transform, chosen.timezone),
      extractors: throttling.integer('numExtractors', 1),
      concurrentTables: wholeDatabase ? throttling.integer('concurrentSubJobs', 3) : 1,
      dirtyRows: dirtyRowsOf(throttling),
      throttle: {
        bytesPerSecond:
          limits && throttling.has('byteRate')
            ? throttling.integer('byteRate', 1) * mebibyte
            : null,
        rowsPerSecond:
          limits && throttling.has('recordRate') ? throttling.integer('recordRate', 1) : null,
      },
      queueBytes: throttling.integer('channelCapacityMb', 64) * mebibyte,
      errorRetries: Math.max(triple ? 3 : 0, throttling.integer('splitRetryTime', 0)),
      retryDelaysMs: tripleDelaysMs,
      proof: throttling.choice('proof', chosen.proof) as TransferDefinition['proof'],
    },
    schedule: scheduleOf(scheduler, chosen.timezone, nowMs),
    disposal: disposalOf(scheduler),
    groupName: group.has('groupName') ? group.text('groupName').trim() : 'DEFAULT',
    withoutEffect: read.flatMap((one) => one.withoutEffect),
  };
}

function dirtyRowsOf(settings: Settings): TransferDefinition['dirtyRows'] {
  const tolerate = settings.flag('recordDirtyData', false);
  const copies = tolerate && settings.has('writeToLink') && settings.has('dirtyDataDirectory');
  return {
    tolerate,
    maxPerShard: tolerate ? settings.integer('maxErrorRecords', 0) : 0,
    maxPercent:
      tolerate && settings.has('maxErrorPercent') ? settings.integer('maxErrorPercent', 100) : null,
    copyTo: copies
      ? {
          link: settings.text('writeToLink').trim(),
          bucket: settings.text('obsBucket').trim(),
          directory: pathOf(
            settings.text('dirtyDataDirectory'),
            settings.full('dirtyDataDirectory'),
          ),
        }
      : null,
  };
}

function disposalOf(settings: Settings): Disposal {
  const words = {
    NONE: 'none',
    DELETE_AFTER_SUCCEED: 'after-success',
    DELETE: 'after-any',
  } as const;
  return words[settings.choice('disposableType', 'NONE') as keyof typeof words];
}

function scheduleOf(settings: Settings, zone: string, nowMs: number): ScheduleDefinition | null {
  const names = ['isSchedulerJob', 'cycleType', 'cycle', 'runAt', 'startDate', 'stopDate'];
  const inputs = Object.fromEntries(
    names.map((name) => [settings.full(name), settings.text(name)]),
  );
  const reading = readScheduler(inputs, zone, nowMs);
  if (reading.kind === 'none') return null;
  if (reading.kind === 'schedule') return reading.definition;
  throw cdmError('Cdm.0014', `${reading.problems.map(({ message }) => message).join('; ')}.`);
}

/** `[{"column", "type", "params"}]`, each compiled once to see that it can be. */
function convertersOf(settings: Settings, timezone: string): readonly ConverterSpec[] {
  if (!settings.has('converters')) return [];
  const name = settings.full('converters');
  const wrong = (why: string) => cdmError('Cdm.0014', `[${name}] ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(settings.text('converters'));
  } catch {
    throw wrong('must be a JSON text.');
  }
  if (!Array.isArray(parsed) || parsed.length > 1_000)
    throw wrong('must be an array of at most 1000 converters.');
  const zone = findZone(timezone);
  if (zone === null) throw new Error(`${timezone} is no time zone; the configuration let it pass`);
  return parsed.map((item: unknown, index) => {
    const { column, type, params } = (item ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof column !== 'string' || column === '' || typeof type !== 'string') {
      throw wrong(`needs column and type at ${index}.`);
    }
    const spec = { column, type, params: (params ?? {}) as ConverterSpec['params'] };
    if (typeof spec.params !== 'object' || Array.isArray(spec.params)) {
      throw wrong(`needs an object as params at ${index}.`);
    }
    try {
      compileConverter(spec, { zone, nowMs: () => 0, randomUuid: () => '', cache: new Map() });
    } catch (error) {
      if (error instanceof DomainError) throw wrong(`${error.message}.`);
      throw error;
    }
    return spec;
  });
}
