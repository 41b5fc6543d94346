/** The parameters that CreateJob and UpdateJob share, and how they become a job's document. */
import type { ParameterInfo, Params } from '../../../aliyun/operation.ts';
import { failures } from '../../errors.ts';
import type { Contact } from '../../job-document.ts';
import { parameter } from '../../operation.ts';
import { optionalBoolean, optionalInteger, optionalObjects } from '../../parameters.ts';
import { boundedText } from '../../texts.ts';
import { maxContentBytes } from '../../translate/artifact.ts';
import { channels } from '../../translate/channel-time-range.ts';
import { jsonArray } from '../../translate/json.ts';

const stored = { effect: 'stored' } as const;

/** Longest text of each, in UTF-8 bytes; Parameters as documented (schedulerx.md §5.14). */
const maxTextBytes: Readonly<Record<string, number>> = {
  Name: 256,
  Parameters: 10_000,
  Content: maxContentBytes,
  ClassName: 1_000,
  Description: 4_000,
  XAttrs: 32_768,
  Template: 65_536,
};
const usualTextBytes = 512;

const map = 'map modes of java and go; elsewhere without effect';

/** Rows of the parameters of both. */
export const jobFields: readonly ParameterInfo[] = [
  parameter('Description', 'string', 'read back', stored),
  parameter('TimeExpression', 'string', 'cron (Quartz), seconds, or a time, by TimeType'),
  parameter('Timezone', 'string', 'e.g. `GMT+8`; what is no zone counts as absent'),
  parameter('StartTime', 'integer', 'ms; nothing fires before; fixed_rate counts from it'),
  parameter('EndTime', 'integer', 'ms; nothing fires after; -1 = no end'),
  parameter('Calendar', 'string', 'cron only: fires only on the days of this calendar'),
  parameter('DataOffset', 'integer', 'seconds from schedule time to data time'),
  parameter('ClassName', 'string', 'java: the processor'),
  parameter('Content', 'string', 'script text, or JSON by JobType'),
  parameter('Parameters', 'string', 'at most 10,000 bytes; http: the form; sharding: `0=a,1=b`'),
  parameter('MaxConcurrency', 'integer', 'unfinished instances at once; default 1'),
  parameter('MaxAttempt', 'integer', 'retries after a failure; default 0'),
  parameter('AttemptInterval', 'integer', 'seconds between them; default 30'),
  parameter('Timeout', 'integer', 'seconds; default 7200'),
  parameter('TimeoutKillEnable', 'boolean', 'stop at the timeout'),
  parameter('TimeoutEnable', 'boolean', 'tell when it takes longer than Timeout'),
  parameter('FailEnable', 'boolean', 'tell of failures'),
  parameter('FailTimes', 'integer', 'in a row, before that is told; default 1'),
  parameter('MissWorkerEnable', 'boolean', 'tell when no worker takes it'),
  parameter('SuccessNoticeEnable', 'boolean', 'tell of every success'),
  parameter(
    'SendChannel',
    'string',
    '`default`, or mail and webhook (ding); sms and phone reach nobody',
  ),
  parameter('ContactInfo', 'json', 'who is told: Ding, UserMail, UserName, UserPhone'),
  parameter(
    'Priority',
    'integer',
    'who is next when instances wait for MaxConcurrency of the application: 1, 5, 10 or 15; default 5',
  ),
  parameter('XAttrs', 'json', map),
  parameter('PageSize', 'integer', map),
  parameter('QueueSize', 'integer', map),
  parameter('ConsumerSize', 'integer', map),
  parameter('DispatcherSize', 'integer', map),
  parameter('TaskMaxAttempt', 'integer', map),
  parameter('TaskAttemptInterval', 'integer', map),
];

/** Fields that a job cannot be without. */
const indispensable = ['Name', 'JobType', 'ExecuteMode', 'TimeType'];

/** Bounds of numbers; those without a row are whole numbers of any size. */
export const fieldBounds: Readonly<Record<string, readonly [min: number, max: number]>> = {
  MaxConcurrency: [1, 10_000],
  MaxAttempt: [0, 1_000],
  AttemptInterval: [0, 86_400],
  Timeout: [1, 366 * 86_400],
  FailTimes: [0, 1_000_000],
  StartTime: [0, 4_000_000_000_000],
  EndTime: [-1, 4_000_000_000_000],
  DataOffset: [-366 * 86_400, 366 * 86_400],
};

/**
 * The fields that a request gives, over those that are kept: absent leaves one alone, empty clears
 * it (schedulerx.md §4.3).
 * @throws WireError business failure for a value of the wrong kind.
 */
export function mergedFields(
  params: Params,
  rows: readonly ParameterInfo[],
  kept: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const merged: Record<string, string> = { ...kept };
  for (const { name, type } of rows) {
    const text = params.get(name);
    if (text === undefined || name === 'ContactInfo') continue;
    if (text.trim() === '' && indispensable.includes(name)) throw failures.cannotBeNull(name);
    if (text === '') delete merged[name];
    else merged[name] = fieldValue(params, name, type, text);
  }
  return merged;
}

function fieldValue(
  params: Params,
  name: string,
  type: ParameterInfo['type'],
  text: string,
): string {
  if (name === 'TimeType') {
    // One message for everything that is none.
    if (!/^(?:-1|1|3|4|5|100)$/.test(text.trim())) throw failures.timeType();
    return text.trim();
  }
  if (name === 'SendChannel') checkChannels(text);
  if (name === 'TaskDispatchMode' && text !== 'push' && text !== 'pull') {
    throw failures.unfit(name, 'it must be push or pull');
  }
  if (type === 'boolean') return String(optionalBoolean(params, name));
  if (type !== 'integer') return boundedText(name, text, maxTextBytes[name] ?? usualTextBytes);
  const [min, max] = fieldBounds[name] ?? [-1e15, 1e15];
  return String(optionalInteger(params, name, { min, max }));
}

/** A word that is none would silence the job's alerts. @throws WireError business failure. */
function checkChannels(text: string): void {
  const known: readonly string[] = ['default', ...channels];
  const stranger = text.split(',').find((word) => !known.includes(word.trim()));
  if (stranger === undefined) return;
  throw failures.unfit(
    'SendChannel',
    `${stranger.trim().slice(0, 40)} is none of ${known.join(', ')}`,
  );
}

/**
 * An end that a request gives lies ahead; one that was given earlier may be over.
 * @throws WireError business failure.
 */
export function requireEndAhead(params: Params, nowMs: number): void {
  const endMs = optionalInteger(params, 'EndTime', { min: -1 });
  if (endMs === undefined || endMs === -1 || endMs > nowMs) return;
  throw failures.unfit('EndTime', 'it must be later than now, in milliseconds; -1 = no end');
}

const contactFields = ['Ding', 'UserMail', 'UserName', 'UserPhone'] as const;

/** `ContactInfo.1.UserName=`…, or a JSON array; undefined when absent, empty = nobody. */
export function readContacts(params: Params): readonly Contact[] | undefined {
  const text = params.get('ContactInfo');
  const contacts =
    text === undefined
      ? optionalObjects(params, 'ContactInfo', contactFields)
      : contactsInJson(text);
  if (contacts !== undefined && contacts.length > 100) {
    throw failures.unfit('ContactInfo', 'at most 100 contacts are kept');
  }
  for (const contact of contacts ?? []) {
    for (const member of Object.values(contact)) boundedText('ContactInfo', member, usualTextBytes);
  }
  return contacts;
}

function contactsInJson(text: string): readonly Contact[] {
  const list = jsonArray(text.trim() === '' ? '[]' : text);
  if (list === null) throw failures.unfit('ContactInfo', 'it must be a JSON array of objects');
  return list.map((entry) => {
    const given: Readonly<Record<string, unknown>> =
      typeof entry === 'object' && entry !== null ? { ...entry } : {};
    const members = contactFields.flatMap((name) => {
      const value = given[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    });
    if (members.length === 0) {
      throw failures.unfit('ContactInfo', `each contact has one of ${contactFields.join(', ')}`);
    }
    return Object.fromEntries(members);
  });
}
