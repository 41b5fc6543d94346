import { secretMask } from '../validation/bag.ts';
import { secretDocumentMembers } from '../parameters/job-parameters.ts';
import type { ParameterBag } from '../parameters/parameter.ts';

/** What a document member is sealed for. */
export function sealPurpose(name: string): string {
  return `sae ${name}`;
}

/**
 * What was sent, with its secrets encrypted: documents are stored and read back, secrets must
 * not lie in them in clear. Empty values stay, because they clear; the
 * mask stays, because it means the stored one (sae.md §7.2 U28).
 * @param seal `DialectContext.seal`.
 */
export function sealSecrets(
  sent: ParameterBag,
  seal: (text: string, purpose: string) => string,
): ParameterBag {
  const sealed: Record<string, string> = {};
  for (const name of secretDocumentMembers) {
    const text = sent[name];
    if (text !== undefined && text !== '' && text !== secretMask)
      sealed[name] = seal(text, sealPurpose(name));
  }
  return { ...sent, ...sealed };
}
