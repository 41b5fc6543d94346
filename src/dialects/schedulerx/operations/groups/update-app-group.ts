import { failures } from '../../errors.ts';
import { changeGroup, requireGroup } from '../../groups.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger } from '../../parameters.ts';
import { readSharedFields, sharedFields } from './fields.ts';

/** Changes an application; what is absent stays (schedulerx.md §4.2). */
export const updateAppGroup = defineOperation({
  name: 'UpdateAppGroup',
  ramAction: 'UpdateSchedulerxAppGroupUpdate',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.groupId,
    parameter('MaxConcurrency', 'integer', 'instances of the application at once; 0 = any', {
      effect: 'stored',
    }),
    ...sharedFields,
  ],
  async handle({ params }, services) {
    const { namespace, groupId } = await requireGroup(services, params, failures.unknownApp);
    const maxConcurrency = optionalInteger(params, 'MaxConcurrency', { min: 0, max: 1_000_000 });
    await changeGroup(services, namespace, groupId, (current) => {
      if (current === null) throw failures.unknownApp(groupId, namespace);
      return {
        ...current,
        ...readSharedFields(params, current),
        maxConcurrency: maxConcurrency ?? current.maxConcurrency,
      };
    });
    return {};
  },
});
