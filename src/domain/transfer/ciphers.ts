/** Keys of files within a stored definition: sealed, until an attempt starts. */
import type { FileCipher, TransferDefinition } from './definition.ts';

/** What they are sealed for. */
const purpose = 'file-cipher';
/** Tells a sealed key from one in clear. */
const mark = 'sealed:';

type Change = (text: string, purpose: string) => string;

/** The definition as it may be stored. Keys that are sealed already stay. */
export function sealCiphers(definition: TransferDefinition, seal: Change): TransferDefinition {
  return changed(definition, (text) =>
    text.startsWith(mark) ? text : `${mark}${seal(text, purpose)}`,
  );
}

/** The definition as it can be run. @throws Error for keys sealed with another master key. */
export function openCiphers(definition: TransferDefinition, unseal: Change): TransferDefinition {
  return changed(definition, (text) =>
    text.startsWith(mark) ? unseal(text.slice(mark.length), purpose) : text,
  );
}

function changed(
  definition: TransferDefinition,
  change: (text: string) => string,
): TransferDefinition {
  const { from, to } = definition;
  const cipher = ({ key, iv }: FileCipher): FileCipher => ({ key: change(key), iv: change(iv) });
  const reads = from.kind === 'files' && from.decrypt !== null;
  const writes = to.kind === 'files' && to.encrypt !== null && 'key' in to.encrypt;
  if (!reads && !writes) return definition;
  return {
    ...definition,
    from:
      from.kind === 'files' && from.decrypt !== null
        ? { ...from, decrypt: cipher(from.decrypt) }
        : from,
    to:
      to.kind === 'files' && to.encrypt !== null && 'key' in to.encrypt
        ? { ...to, encrypt: cipher(to.encrypt) }
        : to,
  };
}
