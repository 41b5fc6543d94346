/** Inputs that tell how a job runs (cdm.md §4.6). */
import type { InputTable } from '../../values/settings.ts';
import { choice, flag, integer, stored, text } from './specs.ts';

export const throttlingInputs: InputTable = {
  prefix: 'throttlingConfig.',
  specs: [
    integer('numExtractors', 'shards at the same time; default 1; more than the cluster has wait', {
      min: 1,
      max: 1_000,
    }),
    stored('numLoaders', 'each extractor loads by itself'),
    stored('submitToCluster', ''),
    flag('recordDirtyData', 'false: the first bad row fails the job'),
    text('writeToLink', 'where bad rows are written besides the quarantine'),
    text('obsBucket', 'its bucket'),
    text('dirtyDataDirectory', 'its folder; without it bad rows are only in the quarantine'),
    integer('maxErrorRecords', 'bad rows tolerated in each shard; default 0'),
    integer('maxErrorPercent', 'bad rows tolerated, in percent of rows read (ours)', {
      min: 0,
      max: 100,
    }),
    integer('concurrentSubJobs', 'tables at the same time of a BATCH_JOB; default 3', {
      min: 1,
      max: 100,
    }),
    integer('numSplits', '', { effect: 'stored' }),
    integer('splitRetryTime', 'retries after a failure; crashes are always taken up again', {
      min: 0,
      max: 10,
    }),
    flag('throttling', 'whether byteRate and recordRate act'),
    integer('byteRate', 'MB in each second', { min: 1, max: 1_000_000 }),
    integer('recordRate', 'rows in each second', { min: 1 }),
    integer('channelCapacityMb', 'memory for rows on their way; default 64', { min: 1, max: 500 }),
    choice(
      'proof',
      ['none', 'counts', 'checksums', 'rows'],
      'what is compared after the load (ours)',
    ),
  ],
};

export const schedulerInputs: InputTable = {
  prefix: 'schedulerConfig.',
  specs: [
    flag('isSchedulerJob', 'default false'),
    text('cycleType', 'minute, hour, day, week, month'),
    text('cycle', 'default 1'),
    text('runAt', 'minutes, weekdays or days of the month, joined by commas'),
    text('startDate', 'yyyy-MM-dd HH:mm:ss'),
    text('stopDate', 'yyyy-MM-dd HH:mm:ss'),
    choice(
      'disposableType',
      ['NONE', 'DELETE_AFTER_SUCCEED', 'DELETE'],
      'whether the job is deleted after a run',
    ),
  ],
};

export const otherInputs: readonly InputTable[] = [
  {
    prefix: 'retryJobConfig.',
    specs: [choice('retryJobType', ['NONE', 'RETRY_TRIPLE'], 'after 10, 30 and 60 seconds')],
  },
  {
    prefix: 'groupJobConfig.',
    specs: [
      text('groupName', 'read back as group_name'),
      text('groupId', '', { effect: 'stored' }),
    ],
  },
  {
    prefix: 'transformConfig.',
    specs: [
      text(
        'converters',
        'JSON: [{"column", "type": ANONYMIZE, TRIM, REVERSE, REPLACE, REMOVE_LINE_BREAK or EXPRESSION, "params"}] (ours)',
      ),
    ],
  },
  {
    prefix: 'smnConfig.',
    specs: [stored('isNeedNotification', 'alerts are set up by the operator')],
  },
];

/** All of them, in the order that `readSettings` answers in. */
export const driverInputs: readonly InputTable[] = [
  throttlingInputs,
  schedulerInputs,
  ...otherInputs,
];
