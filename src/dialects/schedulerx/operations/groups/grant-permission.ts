import { failures } from '../../errors.ts';
import { changeGroup, requireGroup } from '../../groups.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, required } from '../../parameters.ts';
import { boundedText } from '../../texts.ts';

/** Users that one application may be granted to. */
const maxGrants = 500;

/** Lets a user use an application without a policy (schedulerx.md §4.2, §6 #33). */
export const grantPermission = defineOperation({
  name: 'GrantPermission',
  ramAction: 'GrantSchedulerxGrantPermission',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('UserId', 'string', 'name of a user', { required: true }),
    parameter('UserName', 'string', 'or here', { required: true }),
    parameter('GrantOption', 'boolean', 'may pass it on'),
  ],
  async handle({ params }, services) {
    const { namespace, groupId } = await requireGroup(services, params);
    const userId = boundedText('UserId', required(params, 'UserId'), 256);
    const userName = boundedText('UserName', required(params, 'UserName'), 256);
    if (userId === '') throw failures.cannotBeNull('UserId');
    const grant = {
      userId,
      userName,
      grantOption: optionalBoolean(params, 'GrantOption') ?? false,
    };
    await changeGroup(services, namespace, groupId, (current) => {
      if (current === null) throw failures.unknownGroup(groupId, namespace);
      const grants = [...current.grants.filter((each) => each.userId !== userId), grant];
      if (grants.length > maxGrants) {
        throw failures.unfit('UserId', `at most ${maxGrants} users can be granted an application`);
      }
      return { ...current, grants };
    });
    return {};
  },
});
