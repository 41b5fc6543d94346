import { appKeyOf, groupsOf } from '../../groups.ts';
import { requireNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';

/** All applications of a namespace (schedulerx.md §4.2). */
export const listGroups = defineOperation({
  name: 'ListGroups',
  ramAction: 'ReadSchedulerxAppGroupQuery',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    parameter('AppGroupName', 'string', 'part of the name'),
  ],
  async handle({ params }, services) {
    const { id } = await requireNamespace(services, params);
    const name = params.get('AppGroupName') ?? '';
    const groups = (await groupsOf(services, id)).filter((group) => group.appName.includes(name));
    return {
      data: {
        AppGroups: groups.map((group) => ({
          AppGroupId: group.number,
          AppKey: appKeyOf(services, group),
          AppName: group.appName,
          AppVersion: group.appVersion,
          Description: group.description,
          EnableLog: group.enableLog,
          GroupId: group.groupId,
          Namespace: group.namespace,
          Xattrs: '',
        })),
      },
    };
  },
});
