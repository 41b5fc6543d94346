import type {
  AlertChannel,
  AlertContact,
  FailureRule,
  NotificationTimes,
  TimeRange,
} from '../../domain/alerts.ts';
import type { AlertRules, Engine } from '../../engine/index.ts';
import { type AppGroup, groupByNumber } from './groups.ts';
import { type JobDocument, readInstanceDocument } from './job-document.ts';
import { policyKind, policyOf } from './policies.ts';
import { jsonObject } from './translate/json.ts';

/** Most failures in a row that an alert may wait for. */
const maxFailTimes = 1_000;
const defaultTimeoutSeconds = 7_200;
const dayMs = 86_400_000;
type Members = Readonly<Record<string, unknown>>;

/** What SchedulerX jobs say about alerts, with their application's policy (schedulerx.md §5.12). */
export function createAlertRules(documents: Engine['documents']): AlertRules {
  return {
    timeoutMs(run) {
      const document = readInstanceDocument(run.document);
      if (document === null || !isOn(document, 'TimeoutEnable')) return null;
      return wholeOf(document, 'Timeout', defaultTimeoutSeconds) * 1000;
    },
    lacksWorker: ({ message }) =>
      /no available worker|all workers are busy|is registered in group/.test(message),
    async plan(run) {
      const document = readInstanceDocument(run.document);
      if (document === null) return null;
      const wanted = {
        failures: failuresOf(document),
        timeout: isOn(document, 'TimeoutEnable'),
        noWorker: isOn(document, 'MissWorkerEnable'),
        success: isOn(document, 'SuccessNoticeEnable'),
      };
      if (Object.values(wanted).every((one) => one === null || one === false)) return null;
      const group = await groupByNumber({ context: { engine: { documents } } }, document.group);
      const monitor = jsonObject(group?.monitorConfigJson ?? '') ?? {};
      const policy = await policyOfGroup(documents, group);
      const own = document.given['SendChannel'] ?? '';
      const isDefault = own === '' || own.trim() === 'default';
      const everywhere = policy['sendChannel'] ?? monitor['sendChannel'] ?? 'mail,webhook';
      return {
        ...wanted,
        channels: channelsOf(isDefault ? everywhere : own),
        contacts: [
          ...contactsOf(group?.monitorContactsJson ?? ''),
          ...document.contacts.map(contactOf),
        ],
        atAll: String(policy['webhookIsAtAll'] ?? monitor['webhookIsAtAll'] ?? false) === 'true',
        times: timesOf(policy),
      };
    },
  };
}

function failuresOf(document: JobDocument): FailureRule | null {
  if (!isOn(document, 'FailEnable')) return null;
  if (document.given['TimeType'] === '4') return { kind: 'first-and-from', from: 10 };
  return { kind: 'every', times: Math.min(wholeOf(document, 'FailTimes', 1), maxFailTimes) };
}

async function policyOfGroup(
  documents: Engine['documents'],
  group: AppGroup | null,
): Promise<Members> {
  const key = group?.notificationPolicyName ?? '';
  if (key === '') return {};
  const found = await documents.document({ dialect: 'schedulerx', kind: policyKind, key });
  return found === null ? {} : (jsonObject(policyOf(found).channelTimeRange) ?? {});
}

function channelsOf(value: unknown): readonly AlertChannel[] {
  const words = typeof value === 'string' ? value.split(',') : [];
  return words.flatMap((word) => channelOf(word.trim()) ?? []);
}

function channelOf(word: string): AlertChannel | null {
  if (word === 'ding') return 'webhook';
  return word === 'mail' || word === 'webhook' || word === 'sms' || word === 'phone' ? word : null;
}

function contactsOf(text: string): readonly AlertContact[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(contactOf) : [];
  } catch {
    return [];
  }
}

/** Both spellings: of MonitorContactsJson and of ContactInfo. */
function contactOf(value: unknown): AlertContact {
  const members = (typeof value === 'object' && value !== null ? value : {}) as Members;
  const text = (...names: readonly string[]): string => {
    const found = names.map((name) => members[name]).find((one) => typeof one === 'string');
    return typeof found === 'string' ? found.trim() : '';
  };
  return {
    name: text('userName', 'UserName', 'name'),
    mail: text('userMail', 'UserMail', 'mail'),
    webhook: text('ding', 'Ding', 'webhook'),
    phone: text('userPhone', 'UserPhone', 'phone'),
  };
}

/** ChannelTimeRange as it was checked when it was kept. */
function timesOf({ timezone, timeRanges }: Members): NotificationTimes | null {
  if (typeof timeRanges !== 'object' || timeRanges === null) return null;
  const lists = Object.entries(timeRanges).map(
    ([key, list]) => [key, Array.isArray(list) ? list.map(rangeOf) : []] as const,
  );
  const all = lists.find(([key]) => key === 'all')?.[1];
  const byChannel = Object.fromEntries(
    lists.flatMap(([key, list]) => {
      const channel = channelOf(key);
      return channel === null ? [] : [[channel, list] as const];
    }),
  );
  return {
    timezone: typeof timezone === 'string' ? timezone : 'GMT+8',
    ranges: all === undefined ? { byChannel } : { all },
  };
}

function rangeOf(value: unknown): TimeRange {
  const { startTime, endTime, daysOfWeek } = value as Members;
  const toMs = timeOf(endTime);
  return {
    fromMs: timeOf(startTime),
    // The last minute of the day is meant to its end.
    toMs: toMs >= dayMs - 60_000 ? dayMs : toMs,
    days: Array.isArray(daysOfWeek) ? daysOfWeek.filter((day) => typeof day === 'number') : [],
  };
}

/** `HH:mm` or `HH:mm:ss` since midnight. */
function timeOf(text: unknown): number {
  const [hours = 0, minutes = 0, seconds = 0] = String(text).split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function isOn({ given }: JobDocument, name: string): boolean {
  return given[name] === 'true';
}

function wholeOf({ given }: JobDocument, name: string, fallback: number): number {
  const value = Number(given[name] ?? '');
  return Number.isInteger(value) && value >= 1 ? value : fallback;
}
