import { Type, type Static } from 'typebox';
import type { NotificationPolicyFacts } from '../../kit/insight.ts';
import { textOrNull, timeMs } from './common.ts';

/** When people may be told, by which ways, and whose people that are. */
export const NotificationPolicyView = Type.Object(
  {
    dialect: Type.String(),
    name: Type.String(),
    description: Type.String(),
    channels: Type.Array(Type.String()),
    timezone: Type.String(),
    atAll: Type.Boolean({ description: 'A webhook calls upon everybody in its group.' }),
    ranges: Type.Array(
      Type.Object({
        channel: Type.String({ description: '`all`, or the only channel it is for.' }),
        from: Type.String(),
        to: Type.String(),
        days: Type.Array(Type.Integer(), { description: '1 = Monday … 7 = Sunday.' }),
      }),
    ),
    creator: Type.String(),
    updater: Type.String(),
    createdAtMs: timeMs,
    updatedAtMs: timeMs,
    usedBy: Type.Array(
      Type.Object({
        number: Type.Integer(),
        name: Type.String(),
        namespace: Type.String(),
        contacts: Type.Array(
          Type.Object({
            name: Type.String(),
            ways: Type.Array(Type.String(), { description: 'Addresses themselves are not told.' }),
          }),
        ),
      }),
    ),
  },
  { title: 'NotificationPolicy' },
);
export type NotificationPolicyView = Static<typeof NotificationPolicyView>;

export const NotificationPolicyPage = Type.Object(
  { rows: Type.Array(NotificationPolicyView), nextCursor: textOrNull },
  { title: 'NotificationPolicyPage' },
);
export type NotificationPolicyPage = Static<typeof NotificationPolicyPage>;

export function notificationPolicyView(
  dialect: string,
  policy: NotificationPolicyFacts,
): NotificationPolicyView {
  const { name, description, channels, timezone, atAll, ranges, creator, updater } = policy;
  return {
    dialect,
    name,
    description,
    channels: [...channels],
    timezone,
    atAll,
    ranges: ranges.map(({ channel, from, to, days }) => ({ channel, from, to, days: [...days] })),
    creator,
    updater,
    createdAtMs: policy.createdAtMs,
    updatedAtMs: policy.updatedAtMs,
    usedBy: policy.usedBy.map((group) => ({
      number: group.number,
      name: group.name,
      namespace: group.namespace,
      contacts: group.contacts.map((contact) => ({ name: contact.name, ways: [...contact.ways] })),
    })),
  };
}
