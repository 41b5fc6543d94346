/** Links of a cluster (cdm.md §3.13). */
import type { Link } from '../../domain/transfer/link.ts';
import { cdmError, cdmErrorWith } from './errors.ts';
import type { CdmServices } from './services.ts';
import type { JobLink } from './translate/job-link.ts';

/** The document of a link: as its user said it, secrets sealed. */
export interface LinkDocument {
  readonly kind: 'link';
  readonly connector: string;
  /** Kind of database in the client's word; empty for others. */
  readonly databaseType: string;
  /** Sealed `ConfigValues`. */
  readonly values: unknown;
  /** Full names of inputs that are kept without effect. */
  readonly withoutEffect: readonly string[];
}

/** Links read at a time. */
const batch = 200;

/** The document of a link that this dialect made; null for another's. */
export function readLinkDocument({ document }: Pick<Link, 'document'>): LinkDocument | null {
  return document['kind'] === 'link' ? (document as unknown as LinkDocument) : null;
}

/** @throws WireError 404 Cdm.0101. */
export async function requireLink(
  { context }: CdmServices,
  clusterId: string,
  name: string,
): Promise<Link> {
  const link = await context.engine.links.get(clusterId, name);
  if (link === null) throw cdmError('Cdm.0101', name);
  return link;
}

/** All links of a cluster, oldest first. */
export async function linksOf(
  { context }: CdmServices,
  clusterId: string,
): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (;;) {
    const page = await context.engine.links.list(clusterId, links.length, batch);
    links.push(...page.rows);
    if (page.rows.length === 0 || links.length >= page.total) return links;
  }
}

/**
 * A link as a job sees it.
 * @param connector what the job says it is made of; empty = whatever it is.
 * @throws WireError 400 Cdm.0101, Cdm.0320 for another connector, Cdm.0102 for none at all,
 *   Cdm.0055 for one that is not installed.
 */
export async function requireJobLink(
  services: CdmServices,
  clusterId: string,
  name: string,
  job: { readonly name: string; readonly connector: string },
): Promise<JobLink> {
  const link = await services.context.engine.links.get(clusterId, name);
  if (link === null) throw cdmErrorWith('Cdm.0101', { status: 400 }, name);
  const document = readLinkDocument(link);
  const connector = document?.connector ?? '';
  if (job.connector !== '' && job.connector !== connector) {
    throw cdmError(
      'Cdm.0320',
      job.name,
      `link [${name}] is one of ${connector}, not of ${job.connector}.`,
    );
  }
  if (document === null || link.options === null) {
    throw cdmError('Cdm.0055', `the connector of link [${name}] is not installed on this server.`);
  }
  return { name, connector, options: link.options, databaseType: document.databaseType };
}
