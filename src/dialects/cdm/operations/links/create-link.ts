import { Type } from 'typebox';
import { cdmError } from '../../errors.ts';
import { checkLink, type CheckedLink, createLinks, testLink } from '../../link-changes.ts';
import { answer, defineOperation } from '../../operation.ts';
import { bodyResources, linkUseOf } from '../../rights.ts';
import { linkResult, validated, warnings } from '../../translate/validation.ts';
import { links } from './fields.ts';

/** Makes links, all or none; with `validate` only checks them (cdm.md §3.13). */
export const createLink = defineOperation({
  name: 'createLink',
  action: 'cdm:link:create',
  method: 'POST',
  path: '/clusters/{cluster_id}/cdm/link',
  summary:
    'Makes a link after a connection test of at most 10 seconds. `validate=true` checks and connects and makes nothing. Connectors that are not installed here are refused.',
  query: Type.Object({ validate: Type.Optional(Type.Boolean()) }),
  body: Type.Object({ links }),
  resource: ({ params, body }) => bodyResources(params, 'link_name', body.links),
  async handle({ params, query, body, project, caller }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const checked = await validated('link', async () => {
      const made: CheckedLink[] = [];
      const use = linkUseOf(services, cluster.id, caller);
      for (const [index, raw] of body.links.entries()) {
        const where = `links[${index}]`;
        made.push(await checkLink(services, cluster.id, raw, { where, previous: null, use }));
      }
      return made;
    });
    const names = checked.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      const known = await services.context.engine.links.get(cluster.id, name);
      if (known !== null || names.indexOf(name) !== index) throw cdmError('Cdm.0315', name);
    }
    const validates = query.validate === true;
    if (validates || services.settings.transfers.testLinks) {
      for (const link of checked) await testLink(services, link);
    }
    if (!validates) await createLinks(services, cluster.id, checked, caller.user.name);
    const findings = checked.flatMap(({ withoutEffect }) => warnings(withoutEffect));
    return answer({ name: names[0], 'validation-result': linkResult(findings) });
  },
});
