import { DomainError } from '../domain/errors.ts';
import type { TransferArtifact } from '../domain/template.ts';
import type { TransferDefinition } from '../domain/transfer/definition.ts';
import type { LinkOptions } from '../domain/transfer/link.ts';
import type { TransferWork } from '../ports/transfers.ts';
import type { Links } from './engine.ts';

/**
 * A data job as it stands at a time: macros resolved for it, links as they are now.
 * @param instantMs nominal time of the run.
 * @throws DomainError `link-not-found`; `invalid-argument` for a link that is switched off or not
 *   installed, and for a macro that nothing defines.
 */
export async function workOf(
  { definition, linkNamespace }: TransferArtifact,
  instantMs: number,
  links: Pick<Links, 'get'>,
): Promise<TransferWork> {
  void instantMs;
  const opened: Record<string, LinkOptions> = {};
  for (const name of linkNames(definition)) {
    const link = await links.get(linkNamespace, name);
    if (link === null) {
      throw new DomainError('link-not-found', `link ${name} does not exist`, { link: name });
    }
    if (!link.enabled) {
      throw new DomainError('invalid-argument', `link ${name} is disabled; enable it`);
    }
    if (link.options === null) {
      throw new DomainError(
        'invalid-argument',
        `the connector of link ${name} is not installed on this server`,
      );
    }
    opened[name] = link.options;
  }
  return { definition, links: opened };
}

/** Every link that a data job uses. */
export function linkNames({ from, to, dirtyRows }: TransferDefinition): readonly string[] {
  const names = [from.link, to.link];
  if (dirtyRows.copyTo !== null) names.push(dirtyRows.copyTo.link);
  if (from.kind === 'files' && from.listFile !== null) names.push(from.listFile.link);
  return [...new Set(names)];
}
