import { type AppGroup, groupsOf } from '../../groups.ts';
import { findNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { tokenPageOf } from '../../page-token.ts';
import { policyKind, policyOf } from '../../policies.ts';
import type { SchedulerxServices } from '../../services.ts';
import { boundedText } from '../../texts.ts';
import { localTimeText, zoneOf } from '../../translate/one-time.ts';

/** Notification policies with the applications that refer to them, the oldest first (§4.8). */
export const readPolicy = defineOperation({
  name: 'ReadSchedulerxNotificationPolicy',
  method: 'POST',
  parameters: [
    common.regionId,
    parameter('PolicyName', 'string', 'a part of the name'),
    parameter('MaxResults', 'integer', 'page length, at most 100; default 20'),
    parameter('NextToken', 'string', 'of the page before'),
  ],
  async handle({ params }, services) {
    const page = tokenPageOf(params);
    const part = boundedText('PolicyName', params.get('PolicyName') ?? '', 1_000);
    const { rows, total } = await services.context.engine.documents.documents({
      dialect: 'schedulerx',
      kind: policyKind,
      ...(part === '' ? {} : { keyContains: part }),
      offset: page.offset,
      limit: page.maxResults,
    });
    const groups = rows.length === 0 ? [] : await groupsOf(services);
    const zone = zoneOf(services.settings.timezone);
    const records = rows.map(async (row) => {
      const policy = policyOf(row);
      const users = groups.filter(
        ({ notificationPolicyName }) => notificationPolicyName === row.key,
      );
      return {
        PolicyName: row.key,
        Description: policy.description,
        ChannelTimeRange: policy.channelTimeRange,
        Creator: policy.creator,
        Updater: policy.updater,
        CreateTime: localTimeText(row.createdAtMs, zone),
        UpdateTime: localTimeText(row.updatedAtMs, zone),
        ReferenceApps: await Promise.all(users.map((group) => referenceOf(services, group))),
      };
    });
    return { data: { ...page.paging(total), Records: await Promise.all(records) } };
  },
});

async function referenceOf(services: SchedulerxServices, group: AppGroup) {
  const namespace = await findNamespace(services, group.namespace);
  return {
    AppGroupId: group.number,
    GroupId: group.groupId,
    NamespaceUid: group.namespace,
    NamespaceName: namespace?.name ?? group.namespaceName,
  };
}
