/** Names of jobs and links (cdm.md §1). */
import { cdmError } from './errors.ts';

/** Selects all in paths, so nothing can be called so. */
const reserved = 'all';

/** @throws WireError Cdm.0238, Cdm.0010, Cdm.0014. */
export function checkName(value: unknown, where: string, maxChars: number): string {
  if (typeof value !== 'string' || value.trim() === '') throw cdmError('Cdm.0238', where);
  if ([...value].length > maxChars) {
    throw cdmError('Cdm.0010', where, `must have from 1 to ${maxChars} characters`);
  }
  // oxlint-disable-next-line no-control-regex
  if (/[/\\?#%\u0000-\u001f\u007f]/.test(value) || !value.isWellFormed()) {
    throw cdmError('Cdm.0014', `[${where}] must not hold / \\ ? # % or control characters.`);
  }
  if (/^[-.]/.test(value)) throw cdmError('Cdm.0014', `[${where}] must not begin with - or a dot.`);
  if (value === reserved) throw cdmError('Cdm.0014', `[${where}] must not be "${reserved}".`);
  return value;
}
