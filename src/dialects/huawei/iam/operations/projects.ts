import { Type } from 'typebox';
import { iamErrors } from '../errors.ts';
import { defineOperation } from '../operation.ts';
import { listLinks, renderProject } from '../render.ts';

const Text = Type.Optional(Type.String({ maxLength: 256 }));

/** Most projects on one page: all there can be. */
const pageSize = 5_000;

/** What SDKs look the project of a region up with (cdm.md §2.2). */
export const listProjects = defineOperation({
  name: 'keystoneListProjects',
  action: null,
  method: 'GET',
  path: '/projects',
  summary: 'Lists projects; each is called as a region.',
  query: Type.Object({
    name: Text,
    domain_id: Text,
    parent_id: Text,
    enabled: Text,
    is_domain: Text,
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSize })),
  }),
  async handle({ query }, family) {
    const domainId = family.projects.domain.id;
    const all = await family.projects.list();
    const matching = all.filter(
      ({ name }) =>
        (query.name === undefined || query.name === name) &&
        (query.domain_id === undefined || query.domain_id === domainId) &&
        (query.parent_id === undefined || query.parent_id === domainId) &&
        // There are none that are disabled or domains themselves.
        query.enabled !== 'false' &&
        query.is_domain !== 'true',
    );
    const { page = 1, per_page: perPage = pageSize } = query;
    const rows = matching.slice((page - 1) * perPage, page * perPage);
    return {
      status: 200,
      body: {
        links: listLinks(family, '/v3/projects'),
        projects: rows.map((project) => renderProject(family, project)),
      },
    };
  },
});

/** Projects that the caller's tokens can be scoped to: policies, not projects, hold users back. */
export const listAuthProjects = defineOperation({
  name: 'keystoneListAuthProjects',
  action: null,
  method: 'GET',
  path: '/auth/projects',
  summary: 'Lists projects that the caller can have a token for.',
  async handle(_call, family) {
    const all = await family.projects.list();
    return {
      status: 200,
      body: {
        links: listLinks(family, '/v3/auth/projects'),
        projects: all.map((project) => renderProject(family, project)),
      },
    };
  },
});

/** What SDKs do for a region that has no project yet (cdm.md §2.2). */
export const createProject = defineOperation({
  name: 'keystoneCreateProject',
  action: 'iam:projects:createProject',
  method: 'POST',
  path: '/projects',
  summary: 'Makes a project, with a cluster of its own.',
  body: Type.Object({
    project: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 64 }),
      domain_id: Text,
      parent_id: Text,
      description: Type.Optional(Type.String({ maxLength: 255 })),
    }),
  }),
  async handle({ body }, family) {
    const { name, domain_id: domainId, parent_id: parentId, description = '' } = body.project;
    if (!/^[\w.-]+$/.test(name)) {
      throw iamErrors.badRequest('project.name may hold letters, digits, "_", "-" and "." only.');
    }
    const ours = family.projects.domain.id;
    if ((domainId ?? ours) !== ours || (parentId ?? ours) !== ours) {
      throw iamErrors.notFound('the domain of the project');
    }
    const project = await family.projects.create(name, description, family.context.nowMs());
    return { status: 201, body: { project: renderProject(family, project) } };
  },
});
