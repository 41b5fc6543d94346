import type { Document } from '../../engine/index.ts';
import type {
  NotificationInsight,
  NotificationPolicyFacts,
  NotifiedGroup,
} from '../kit/insight.ts';
import { type AppGroup, groupsOf } from './groups.ts';
import { policyKind, policyOf } from './policies.ts';
import type { SchedulerxServices } from './services.ts';
import { jsonArray, jsonObject } from './translate/json.ts';

type Members = Readonly<Record<string, unknown>>;

/** Spellings of the ways in MonitorContactsJson, in both of its forms. */
const contactWays = [
  { way: 'mail', names: ['userMail', 'UserMail', 'mail'] },
  { way: 'webhook', names: ['ding', 'Ding', 'webhook'] },
  { way: 'phone', names: ['userPhone', 'UserPhone', 'phone'] },
] as const;

/** Notification policies with the applications that refer to them (schedulerx.md §4.8, §5.12). */
export async function listNotificationPolicies(
  services: SchedulerxServices,
  { search, offset, limit }: Parameters<NotificationInsight['list']>[0],
): ReturnType<NotificationInsight['list']> {
  const { rows, total } = await services.context.engine.documents.documents({
    dialect: 'schedulerx',
    kind: policyKind,
    ...(search === '' ? {} : { keyContains: search }),
    offset,
    limit,
  });
  const groups = rows.length === 0 ? [] : await groupsOf(services);
  return { rows: rows.map((row) => factsOf(row, groups)), total };
}

function factsOf(row: Document, groups: readonly AppGroup[]): NotificationPolicyFacts {
  const { channelTimeRange, description, creator, updater } = policyOf(row);
  const range = jsonObject(channelTimeRange) ?? {};
  const { sendChannel, timezone, webhookIsAtAll } = range;
  return {
    name: row.key,
    description,
    channels:
      typeof sendChannel === 'string' ? sendChannel.split(',').map((one) => one.trim()) : [],
    timezone: typeof timezone === 'string' ? timezone : 'GMT+8',
    atAll: String(webhookIsAtAll) === 'true',
    ranges: rangesOf(range['timeRanges']),
    creator,
    updater,
    createdAtMs: row.createdAtMs,
    updatedAtMs: row.updatedAtMs,
    usedBy: groups
      .filter(({ notificationPolicyName }) => notificationPolicyName === row.key)
      .map(notifiedGroup),
  };
}

/** As they were checked when the policy was kept. */
function rangesOf(value: unknown): NotificationPolicyFacts['ranges'] {
  const lists = Object.entries((value ?? {}) as Members);
  return lists.flatMap(([channel, list]) =>
    (Array.isArray(list) ? list : []).map((entry: unknown) => {
      const { startTime, endTime, daysOfWeek } = (entry ?? {}) as Members;
      return {
        channel,
        from: String(startTime ?? ''),
        to: String(endTime ?? ''),
        days: Array.isArray(daysOfWeek) ? daysOfWeek.filter((day) => typeof day === 'number') : [],
      };
    }),
  );
}

function notifiedGroup(group: AppGroup): NotifiedGroup {
  const contacts = (jsonArray(group.monitorContactsJson) ?? []).map((entry) => {
    const members = (typeof entry === 'object' && entry !== null ? entry : {}) as Members;
    const text = (...names: readonly string[]): string =>
      (names.map((name) => members[name]).find((one) => typeof one === 'string' && one !== '') as
        | string
        | undefined) ?? '';
    return {
      name: text('userName', 'UserName', 'name'),
      // Addresses of webhooks hold a token: which ways there are is all that is told.
      ways: contactWays.filter(({ names }) => text(...names) !== '').map(({ way }) => way),
    };
  });
  return { number: group.number, name: group.groupId, namespace: group.namespace, contacts };
}
