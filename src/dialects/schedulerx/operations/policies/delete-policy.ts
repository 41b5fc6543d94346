import { businessError } from '../../errors.ts';
import { groupsOf } from '../../groups.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { changePolicy, policyName, unknownPolicy } from '../../policies.ts';

/** Most applications that a refusal names. */
const maxNamedGroups = 20;

/** Deletes a notification policy that no application refers to (schedulerx.md §4.8). */
export const deletePolicy = defineOperation({
  name: 'DeleteSchedulerxNotificationPolicy',
  method: 'POST',
  parameters: [common.regionId, parameter('PolicyName', 'string', 'which', { required: true })],
  async handle({ params }, services) {
    const name = policyName(params);
    const users = (await groupsOf(services)).filter(
      ({ notificationPolicyName }) => notificationPolicyName === name,
    );
    await changePolicy(services, name, (current) => {
      if (current === null) throw unknownPolicy(name);
      if (users.length > 0) {
        const named = users.slice(0, maxNamedGroups).map(({ groupId }) => groupId);
        throw businessError(
          `Invalid parameter: Notification policy ${name} is used by applications=[${named.join(',')}]; give them another one first`,
        );
      }
      return null;
    });
    return {};
  },
});
