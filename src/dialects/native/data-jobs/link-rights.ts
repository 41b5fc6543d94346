import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import type { Link, LinkOptions } from '../../../domain/transfer/link.ts';
import { DomainError } from '../../../domain/errors.ts';
import { authorize } from '../auth.ts';
import type { NativeCaller, NativeServices } from '../operation.ts';

/**
 * Whoever may make data jobs could read and write by every link: so each link that a job names asks
 * the policies for `longshore:UseLink` on it, and must be there.
 * @throws ProblemError `forbidden`; DomainError `link-not-found`.
 */
export async function requireLinks(
  definition: TransferDefinition,
  namespace: string,
  caller: NativeCaller,
  services: NativeServices,
): Promise<void> {
  for (const name of linksOf(definition)) await usedLink(name, namespace, caller, services);
}

/**
 * Options of a link that the caller may use.
 * @throws ProblemError `forbidden`; DomainError `link-not-found`, or `invalid-argument` when its
 *   connector is not installed.
 */
export async function usableLink(
  name: string,
  namespace: string,
  caller: NativeCaller,
  services: NativeServices,
): Promise<LinkOptions> {
  const { options } = await usedLink(name, namespace, caller, services);
  if (options !== null) return options;
  throw new DomainError(
    'invalid-argument',
    `the connector of link ${name} is not installed on this server`,
  );
}

async function usedLink(
  name: string,
  namespace: string,
  caller: NativeCaller,
  services: NativeServices,
): Promise<Link> {
  const resource = `acs:longshore:${services.region}:${services.accountId}:links/${namespace}/${name}`;
  authorize(caller, 'UseLink', resource, services);
  const link = await services.engine.links.get(namespace, name);
  if (link !== null) return link;
  throw new DomainError('link-not-found', `there is no link ${name} in ${namespace}`, {
    link: name,
  });
}

/** Every link that a data job uses. */
export function linksOf({ from, to, dirtyRows }: TransferDefinition): readonly string[] {
  const names = [from.link, to.link];
  if (dirtyRows.copyTo !== null) names.push(dirtyRows.copyTo.link);
  if (from.kind === 'files' && from.listFile !== null) names.push(from.listFile.link);
  return [...new Set(names)];
}
