import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { Link, LinkOptions } from '../../../domain/transfer/link.ts';
import type { Engine } from '../../../engine/index.ts';
import { readLinkOptions } from '../data-jobs/link-options.ts';
import { linksOf } from '../data-jobs/link-rights.ts';
import { defineOperation, json, nothing } from '../operation.ts';
import { closed, maxPageSize, pageOf, paging } from '../views/common.ts';
import {
  isNativeLink,
  LinkChange,
  linkDocument,
  LinkInput,
  LinkNamespaceList,
  linkNamespace,
  LinkPage,
  LinkView,
  linkView,
} from '../views/link.ts';

const group = 'links';
/** Most namespaces that are told: one for each cluster of CDM, and regions. */
const maxNamespaces = 1_000;

/** Path parameters of one link. */
export const linkParams = Type.Object({
  namespace: Type.String({ minLength: 1, maxLength: 256 }),
  // Links of other dialects have other names.
  link: Type.String({ minLength: 1, maxLength: 512 }),
});
const oneLink = {
  status: 200,
  type: 'application/json',
  schema: LinkView,
  description: 'The link, without secrets.',
} as const;

/** @throws DomainError `link-not-found`. */
export async function findLink(
  engine: Engine,
  { namespace, link: name }: { readonly namespace: string; readonly link: string },
): Promise<Link> {
  const link = await engine.links.get(namespace, name);
  return link ?? missing(namespace, name);
}

function missing(namespace: string, name: string): never {
  throw new DomainError('link-not-found', `there is no link ${name} in ${namespace}`, {
    link: name,
  });
}

/** @throws DomainError for a link that its own API must change, since that API reads its own record back. */
function requireNative(link: Link): void {
  if (isNativeLink(link)) return;
  throw new DomainError(
    'invalid-argument',
    `link ${link.name} was made through CDM; change it through that API`,
  );
}

/** @throws TransferError `connector-missing` for a kind of link that does not work here. */
export function requireConnector({ dataJobs: { kinds } }: Engine, kind: LinkOptions['kind']): void {
  if (kinds.has(kind)) return;
  const others =
    kinds.size === 0 ? 'data jobs are switched off' : `there are ${[...kinds].join(', ')}`;
  throw new TransferError(
    'connector-missing',
    `links of kind ${kind} do not work on this server: ${others}`,
  );
}

const list = defineOperation({
  name: 'ListLinks',
  method: 'GET',
  path: '/links',
  group,
  summary: 'Links of a namespace, oldest first, without secrets.',
  query: Type.Object({ ...paging, namespace: Type.Optional(linkNamespace) }, closed),
  reply: {
    status: 200,
    type: 'application/json',
    schema: LinkPage,
    description: 'A page of links.',
  },
  async handle({ query }, { engine, region }) {
    const { offset, limit } = pageOf(query);
    const page = await engine.links.list(query.namespace ?? region, offset, limit);
    return json({ rows: page.rows.map(linkView), total: page.total });
  },
});

const get = defineOperation({
  name: 'GetLink',
  method: 'GET',
  path: '/links/{namespace}/{link}',
  group,
  summary: 'One link, without secrets.',
  params: linkParams,
  reply: oneLink,
  async handle({ params }, { engine }) {
    return json(linkView(await findLink(engine, params)));
  },
});

const create = defineOperation({
  name: 'CreateLink',
  method: 'POST',
  path: '/links',
  group,
  summary: 'Stores how data is reached; options and secrets are sealed. Nothing connects yet.',
  body: LinkInput,
  reply: { ...oneLink, status: 201 },
  async handle({ body, caller }, { engine, region }) {
    const { name, namespace = region, enabled = true } = body;
    const options = readLinkOptions(body.options, null);
    requireConnector(engine, options.kind);
    const made = await engine.links.change(
      namespace,
      name,
      (current) => {
        if (current === null) return { options, enabled, document: linkDocument };
        throw new DomainError('already-exists', `a link ${name} exists in ${namespace}`);
      },
      caller.user.name,
    );
    return json(linkView(made ?? missing(namespace, name)), 201);
  },
});

const update = defineOperation({
  name: 'UpdateLink',
  method: 'PUT',
  path: '/links/{namespace}/{link}',
  group,
  summary:
    'Replaces a link’s options; secrets that are left out stay. Attempts that began go on with the old ones.',
  params: linkParams,
  body: LinkChange,
  reply: oneLink,
  async handle({ params, body, caller }, { engine }) {
    const changed = await engine.links.change(
      params.namespace,
      params.link,
      (current) => {
        if (current === null) return missing(params.namespace, params.link);
        requireNative(current);
        const options = readLinkOptions(body.options, current.options);
        requireConnector(engine, options.kind);
        return { options, enabled: body.enabled ?? true, document: linkDocument };
      },
      caller.user.name,
    );
    return json(linkView(changed ?? missing(params.namespace, params.link)));
  },
});

const remove = defineOperation({
  name: 'DeleteLink',
  method: 'DELETE',
  path: '/links/{namespace}/{link}',
  group,
  summary: 'Erases a link that no data job of its namespace uses.',
  params: linkParams,
  reply: { status: 204, type: null, description: 'It is gone, with its secrets.' },
  async handle({ params, caller }, { engine }) {
    await requireUnused(engine, params);
    await engine.links.change(
      params.namespace,
      params.link,
      (current) => {
        if (current === null) return missing(params.namespace, params.link);
        requireNative(current);
        return null;
      },
      caller.user.name,
    );
    return nothing;
  },
});

/** @throws DomainError `link-in-use` naming a job. */
async function requireUnused(
  engine: Engine,
  { namespace, link }: { readonly namespace: string; readonly link: string },
): Promise<void> {
  for (let offset = 0; ; offset += maxPageSize) {
    const { rows, total } = await engine.templates.list({ namespace, offset, limit: maxPageSize });
    const user = rows.find(({ spec: { task } }) => {
      const { artifact } = task;
      return (
        artifact.kind === 'transfer' &&
        artifact.linkNamespace === namespace &&
        linksOf(artifact.definition).includes(link)
      );
    });
    if (user !== undefined) {
      throw new DomainError('link-in-use', `the data job ${user.name} uses link ${link}`, { link });
    }
    if (rows.length === 0 || offset + rows.length >= total) return;
  }
}

const namespaces = defineOperation({
  name: 'ListLinkNamespaces',
  method: 'GET',
  path: '/link-namespaces',
  group,
  summary:
    'Namespaces that have links, by name, at most 1,000, and the kinds of links that work here.',
  reply: {
    status: 200,
    type: 'application/json',
    schema: LinkNamespaceList,
    description: 'The namespaces.',
  },
  async handle(_call, { engine, insights }) {
    const found = await engine.links.namespaces(maxNamespaces);
    const places = await Promise.all(
      insights.filter(({ dialect }) => dialect === 'cdm').map((one) => one.namespaces()),
    );
    const names = new Map(places.flat().map(({ id, name }) => [id, name]));
    const rows = found.map((row) => ({ ...row, name: names.get(row.namespace) ?? '' }));
    return json({ rows, kinds: [...engine.dataJobs.kinds] });
  },
});

export const linkOperations = [list, namespaces, get, create, update, remove] as const;
