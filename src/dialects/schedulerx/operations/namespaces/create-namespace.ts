import { failures, refusedAs } from '../../errors.ts';
import { systemNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { required } from '../../parameters.ts';
import { boundedText } from '../../texts.ts';

/** Makes a namespace; one that is there is told as such and stays (schedulerx.md §4.1). */
export const createNamespace = defineOperation({
  name: 'CreateNamespace',
  ramAction: 'CreateSchedulerxNamespaceCreate',
  method: 'POST',
  parameters: [
    common.regionId,
    parameter('Name', 'string', 'its name', { required: true }),
    parameter('Description', 'string', 'read back', { effect: 'stored' }),
    parameter('Uid', 'string', 'id to use: letters, digits, ".", "_" and "-"; default a new UUID'),
  ],
  async handle({ params }, { context }) {
    const name = boundedText('Name', required(params, 'Name'), 128);
    if (name.trim() === '') throw failures.cannotBeNull('Name');
    const description = boundedText('Description', params.get('Description') ?? '', 1_000);
    const given = params.get('Uid') ?? '';
    const id = given === '' ? context.uuid() : given;
    // Ids become part of names in which a slash separates.
    if (!/^[\w.-]{1,64}$/.test(id)) throw failures.invalid('Uid', id);
    if (id === systemNamespace.id) throw failures.namespaceExists(id);
    const nowMs = context.nowMs();
    await refusedAs(
      context.engine.catalog.createNamespace({
        dialect: 'schedulerx',
        id,
        name,
        description,
        document: {},
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      }),
      { 'already-exists': () => failures.namespaceExists(id) },
    );
    return { data: { NamespaceUid: id } };
  },
});
