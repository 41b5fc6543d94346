import { failures } from '../../errors.ts';
import { changeGroup, requireGroup } from '../../groups.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { required } from '../../parameters.ts';

/** Takes back what was granted (schedulerx.md §4.2). */
export const revokePermission = defineOperation({
  name: 'RevokePermission',
  ramAction: 'GrantSchedulerxRevokePermission',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('UserId', 'string', 'as it was granted', { required: true }),
  ],
  async handle({ params }, services) {
    const { namespace, groupId } = await requireGroup(services, params);
    const userId = required(params, 'UserId');
    await changeGroup(services, namespace, groupId, (current) => {
      if (current === null) throw failures.unknownGroup(groupId, namespace);
      const grants = current.grants.filter((each) => each.userId !== userId);
      if (grants.length === current.grants.length) throw failures.invalid('UserId', userId);
      return { ...current, grants };
    });
    return {};
  },
});
