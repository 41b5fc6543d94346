import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
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
  for (const name of linksOf(definition)) {
    const resource = `acs:longshore:${services.region}:${services.accountId}:links/${namespace}/${name}`;
    authorize(caller, 'UseLink', resource, services);
    if ((await services.engine.links.get(namespace, name)) === null) {
      throw new DomainError('link-not-found', `there is no link ${name} in ${namespace}`, {
        link: name,
      });
    }
  }
}

/** Every link that a data job uses. */
export function linksOf({ from, to, dirtyRows }: TransferDefinition): readonly string[] {
  const names = [from.link, to.link];
  if (dirtyRows.copyTo !== null) names.push(dirtyRows.copyTo.link);
  if (from.kind === 'files' && from.listFile !== null) names.push(from.listFile.link);
  return [...new Set(names)];
}
