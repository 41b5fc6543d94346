import { failures, refusedAs } from '../../errors.ts';
import { groupsOf } from '../../groups.ts';
import { requireNamespace, systemNamespace } from '../../namespaces.ts';
import { common, defineOperation } from '../../operation.ts';
import { required } from '../../parameters.ts';

/** Deletes a namespace without applications (schedulerx.md §4.1, §6 #13). */
export const deleteNamespace = defineOperation({
  name: 'DeleteNamespace',
  ramAction: 'DeleteSchedulerxNamespaceDelete',
  method: 'POST',
  parameters: [common.regionId, common.namespace],
  async handle({ params }, services) {
    if (required(params, 'Namespace') === systemNamespace.id) {
      throw failures.systemNamespaceDeleted();
    }
    const { id } = await requireNamespace(services, params);
    const groups = await groupsOf(services, id);
    if (groups.length > 0) throw failures.namespaceInUse(id, groups.length);
    await refusedAs(services.context.engine.catalog.deleteNamespace('schedulerx', id), {
      'namespace-not-found': () => failures.unknownNamespace(id, params.get('NamespaceSource')),
    });
    return {};
  },
});
