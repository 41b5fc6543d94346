import { Type } from 'typebox';
import { nextOffset, offsetPageOf, offsetPaging, searchText } from '../offset-cursor.ts';
import { defineOperation, json } from '../operation.ts';
import { NotificationPolicyPage, notificationPolicyView } from '../views/notifications.ts';

const list = defineOperation({
  name: 'ListNotificationPolicies',
  method: 'GET',
  path: '/notification-policies',
  group: 'notification-policies',
  summary: 'When people may be told, by which ways, and whose people that are.',
  query: Type.Object({ ...offsetPaging, search: searchText }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: NotificationPolicyPage,
    description: 'Notification policies, the oldest first; without addresses.',
  },
  async handle({ query }, { insights }) {
    const { offset, limit } = offsetPageOf(query);
    const insight = insights.find(({ notifications }) => notifications !== undefined);
    const page = await insight?.notifications?.list({ search: query.search ?? '', offset, limit });
    if (insight === undefined || page === undefined) return json({ rows: [], nextCursor: null });
    return json({
      rows: page.rows.map((row) => notificationPolicyView(insight.dialect, row)),
      nextCursor: nextOffset(offset, page.rows.length, page.total),
    });
  },
});

export const notificationOperations = [list] as const;
