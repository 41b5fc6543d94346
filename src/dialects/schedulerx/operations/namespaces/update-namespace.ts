import { failures, refusedAs } from '../../errors.ts';
import { systemNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { required } from '../../parameters.ts';
import { boundedText } from '../../texts.ts';

/** Changes name or description; what is absent stays (schedulerx.md §4.1). */
export const updateNamespace = defineOperation({
  name: 'UpdateNamespace',
  ramAction: 'ManageSchedulerxNamespaceModify',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    parameter('NamespaceName', 'string', 'new name'),
    parameter('Description', 'string', 'read back', { effect: 'stored' }),
  ],
  async handle({ params }, { context }) {
    const id = required(params, 'Namespace');
    if (id === systemNamespace.id) throw failures.systemNamespaceModified();
    const name = params.get('NamespaceName') ?? '';
    const description = params.get('Description');
    boundedText('NamespaceName', name, 128);
    boundedText('Description', description ?? '', 1_000);
    await refusedAs(
      context.engine.catalog.updateNamespace('schedulerx', id, (current) => ({
        ...current,
        name: name === '' ? current.name : name,
        description: description ?? current.description,
        updatedAtMs: context.nowMs(),
      })),
      {
        'namespace-not-found': () => failures.unknownNamespace(id, params.get('NamespaceSource')),
      },
    );
    return {};
  },
});
