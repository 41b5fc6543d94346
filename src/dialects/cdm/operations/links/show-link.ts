import { linksOf, requireLink } from '../../links.ts';
import { answer, defineOperation } from '../../operation.ts';
import { renderLink } from '../../render/link.ts';

/** Shows a link, or all (cdm.md §3.13). */
export const showLink = defineOperation({
  name: 'showLink',
  action: 'cdm:link:get',
  method: 'GET',
  path: '/clusters/{cluster_id}/cdm/link/{link_name}',
  summary: 'Shows a link, with `all` every link. Secrets are placeholders.',
  async handle({ params, project }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const links =
      params.link_name === 'all'
        ? await linksOf(services, cluster.id)
        : [await requireLink(services, cluster.id, params.link_name)];
    return answer({
      links: links.map(renderLink),
      // Their format was never published.
      'fromTo-unMapping': '',
      'batchFromTo-mapping': '',
    });
  },
});
