import type { Namespace } from '../../../../domain/catalog.ts';
import { systemNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';

/** Namespaces read in one go. */
const namespacesPerPage = 500;

/** All namespaces, by id (exact) or by a part of the name (schedulerx.md §4.1, §6 #17). */
export const listNamespaces = defineOperation({
  name: 'ListNamespaces',
  ramAction: 'ReadSchedulerxNamespaceQuery',
  method: 'POST',
  parameters: [
    common.regionId,
    common.optionalNamespace,
    parameter('NamespaceName', 'string', 'part of the name'),
  ],
  async handle({ params }, { context }) {
    const id = params.get('Namespace') ?? '';
    const name = params.get('NamespaceName') ?? '';
    const all: Namespace[] = [systemNamespace];
    for (let offset = 0; ; offset += namespacesPerPage) {
      const { rows, total } = await context.engine.catalog.namespaces(
        'schedulerx',
        offset,
        namespacesPerPage,
      );
      all.push(...rows);
      if (rows.length === 0 || offset + rows.length >= total) break;
    }
    const found = all.filter((each) => (id === '' || each.id === id) && each.name.includes(name));
    return {
      data: {
        Namespaces: found.map((each) => ({
          UId: each.id,
          Name: each.name,
          Description: each.description,
        })),
      },
    };
  },
});
