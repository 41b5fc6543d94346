import { Type } from 'typebox';
import { cdmError } from '../../errors.ts';
import { checkLink, replaceLink, testLink } from '../../link-changes.ts';
import { answer, defineOperation } from '../../operation.ts';
import { bodyResources, linkUseOf } from '../../rights.ts';
import { linkResult, validated, warnings } from '../../translate/validation.ts';
import { links } from './fields.ts';

/** Replaces a link (cdm.md §3.13). */
export const updateLink = defineOperation({
  name: 'updateLink',
  action: 'cdm:link:update',
  method: 'PUT',
  path: '/clusters/{cluster_id}/cdm/link/{link_name}',
  summary:
    'Replaces a link after a connection test. Another `name` in the body renames it, and jobs follow; its connector cannot change. Secrets that are empty or a placeholder stay.',
  body: Type.Object({ links }),
  resource: ({ params, body }) => bodyResources(params, 'link_name', body.links),
  async handle({ params, body, project, caller }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const current = await services.context.engine.links.get(cluster.id, params.link_name);
    if (current === null) throw cdmError('Cdm.0316', params.link_name);
    const [raw, second] = body.links;
    if (raw === undefined || second !== undefined) {
      throw cdmError('Cdm.0014', '[links] must hold one link here.');
    }
    const link = await validated('link', () =>
      checkLink(services, cluster.id, raw, {
        where: 'links[0]',
        previous: current,
        use: linkUseOf(services, cluster.id, caller),
      }),
    );
    if (services.settings.transfers.testLinks) await testLink(services, link);
    await replaceLink(services, cluster.id, current.name, link, caller.user.name);
    return answer({ 'validation-result': linkResult(warnings(link.withoutEffect)) });
  },
});
