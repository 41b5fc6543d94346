import { defineOperation } from '../operation.ts';
import { listLinks, selfLink } from '../render.ts';

/** SDKs make a project for a region only if it is listed here as public (cdm.md §2.2). */
export const listRegions = defineOperation({
  name: 'keystoneListRegions',
  action: null,
  method: 'GET',
  path: '/regions',
  summary: 'Lists regions that clients may be configured with.',
  async handle(_call, family) {
    const { context, settings, projects } = family;
    const made = (await projects.list()).map(({ name }) => name);
    const ids = new Set([context.region, ...settings.regions, ...made]);
    return {
      status: 200,
      body: {
        regions: [...ids].map((id) => ({
          id,
          type: 'public',
          description: '',
          parent_region_id: null,
          locales: { 'en-us': id, 'zh-cn': id },
          links: selfLink(family, `/v3/regions/${id}`),
        })),
        links: listLinks(family, '/v3/regions'),
      },
    };
  },
});

/** The one account there is. */
export const listAuthDomains = defineOperation({
  name: 'keystoneListAuthDomains',
  action: null,
  method: 'GET',
  path: '/auth/domains',
  summary: 'Lists the account that the caller belongs to.',
  async handle(_call, family) {
    const { id, name } = family.projects.domain;
    return {
      status: 200,
      body: {
        domains: [
          {
            id,
            name,
            enabled: true,
            description: '',
            links: selfLink(family, `/v3/domains/${id}`),
          },
        ],
        links: listLinks(family, '/v3/auth/domains'),
      },
    };
  },
});
