import { decoderFor } from '../encoding.ts';
import type { WrittenTable } from './written-table.ts';

/**
 * By column, how a value as rows carry it becomes a text of a file (cdm.md §5.9); undefined = as
 * it is. Booleans are `true` and `false`, bytes are read in the job's encoding.
 */
export function columnTexts(
  table: WrittenTable,
): readonly (((value: string) => string) | undefined)[] {
  return table.columns.map(({ type }) => {
    if (type.kind === 'bool') return (value) => boolWords[value] ?? value;
    return type.kind === 'bytes' ? bytesText(table.bytesEncoding) : undefined;
  });
}

const boolWords: Readonly<Record<string, string>> = { t: 'true', f: 'false' };

function bytesText(encoding: string): (value: string) => string {
  const label = encoding.replaceAll('_', '-').toLowerCase();
  // The web's latin1 is windows-1252; here every byte is a character of its own number.
  if (label === 'iso-8859-1' || label === 'latin1') {
    return (value) => Buffer.from(value.replace(/^\\x/, ''), 'hex').toString('latin1');
  }
  const decoder = decoderFor(encoding);
  return (value) => decoder.decode(Buffer.from(value.replace(/^\\x/, ''), 'hex'));
}
