import { DomainError } from '../../../domain/errors.ts';
import type { Template, TransferArtifact } from '../../../domain/template.ts';

/** The artifact of a template. @throws DomainError `invalid-argument` for one that moves no data. */
export function transferOf({ name, dialect, spec }: Template): TransferArtifact {
  const { artifact } = spec.task;
  if (artifact.kind === 'transfer') return artifact;
  throw new DomainError('invalid-argument', `the ${dialect} template ${name} moves no data`);
}
