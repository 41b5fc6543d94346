import { failures } from '../../errors.ts';
import { changeGroup, limitGroup, requireGroup } from '../../groups.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger } from '../../parameters.ts';
import { requireKnownPolicy } from '../../policies.ts';
import { readSharedFields, sharedFields } from './fields.ts';

/** Changes an application; what is absent stays (schedulerx.md §4.2). */
export const updateAppGroup = defineOperation({
  name: 'UpdateAppGroup',
  ramAction: 'ManageSchedulerxAppGroupModify',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.groupId,
    parameter(
      'MaxConcurrency',
      'integer',
      'instances of the application at once, others wait by their Priority; 0 = any',
    ),
    ...sharedFields,
  ],
  async handle({ params }, services) {
    const { namespace, groupId } = await requireGroup(services, params, failures.unknownApp);
    const maxConcurrency = optionalInteger(params, 'MaxConcurrency', { min: 0, max: 1_000_000 });
    await requireKnownPolicy(services, params);
    const group = await changeGroup(services, namespace, groupId, (current) => {
      if (current === null) throw failures.unknownApp(groupId, namespace);
      return {
        ...current,
        ...readSharedFields(params, current),
        maxConcurrency: maxConcurrency ?? current.maxConcurrency,
      };
    });
    if (group !== null) await limitGroup(services, group, group.maxConcurrency);
    return {};
  },
});
