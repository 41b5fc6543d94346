import { DomainError } from '../domain/errors.ts';
import type { TransferArtifact } from '../domain/template.ts';
import type { TransferDefinition } from '../domain/transfer/definition.ts';
import type { TransferErrorCode } from '../domain/transfer/errors.ts';
import type { LinkOptions } from '../domain/transfer/link.ts';
import { MacroError } from '../domain/transfer/macro-syntax.ts';
import type { AttemptStart } from '../ports/executor.ts';
import type { TransferWork } from '../ports/transfers.ts';
import type { Links } from './engine.ts';
import { withoutMacros } from './transfer-macros.ts';

/**
 * A data job as it stands at a time: macros resolved for it, links as they are now.
 * @param instantMs nominal time of the run.
 * @throws DomainError `link-not-found`; `invalid-argument` for a link that is switched off or not
 *   installed, and for a macro that nothing defines.
 */
export async function workOf(
  artifact: TransferArtifact,
  instantMs: number,
  links: Pick<Links, 'get'>,
): Promise<TransferWork> {
  const { definition, linkNamespace } = artifact;
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
  return {
    definition: withoutMacros(artifact, instantMs, opened[definition.from.link]),
    links: opened,
  };
}

/**
 * The same for a start: what is wrong with the job is its failure, not a refusal, because another
 * try would find the same. `opened` opens what is sealed in the definition itself. @throws DomainError `unavailable` while it cannot be read.
 */
export async function workOrProblem(
  artifact: TransferArtifact,
  instantMs: number,
  links: Pick<Links, 'get'>,
  opened: (work: TransferWork) => TransferWork,
): Promise<Pick<AttemptStart, 'transfer' | 'transferProblem'>> {
  try {
    return { transfer: opened(await workOf(artifact, instantMs, links)) };
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
    return { transferProblem: { code: codeOf(error), message: error.message } };
  }
}

function codeOf(error: DomainError): TransferErrorCode {
  if (error instanceof MacroError) {
    return error.isUndefined ? 'variable-missing' : 'invalid-definition';
  }
  return 'link-option';
}

/** Every link that a data job uses. */
export function linkNames({ from, to, dirtyRows }: TransferDefinition): readonly string[] {
  const names = [from.link, to.link];
  if (dirtyRows.copyTo !== null) names.push(dirtyRows.copyTo.link);
  if (from.kind === 'files' && from.listFile !== null) names.push(from.listFile.link);
  return [...new Set(names)];
}
