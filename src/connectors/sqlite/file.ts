/** Which files SQLite links may name. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { TransferError } from '../../domain/transfer/errors.ts';

/**
 * The file that a link means, below the operator's folder.
 * @throws TransferError `link-option` for a path that leaves it, `link-unreachable` for a folder
 *   that is not there or when SQLite is switched off.
 */
export function databaseFile(root: string | null, file: string): string {
  if (root === null) {
    throw new TransferError(
      'link-unreachable',
      'SQLite links are switched off on this server; its operator can name a folder for databases',
    );
  }
  const outside = new TransferError(
    'link-option',
    `${file} lies outside the folder for databases; give a path below it, without ..`,
  );
  if (file === '' || file.includes('\0')) throw outside;
  const path = resolve(root, file);
  if (!path.startsWith(resolve(root) + sep)) throw outside;
  try {
    // The folder, and the file itself where it exists, may be links that lead elsewhere.
    const base = realpathSync(root);
    const folder = realpathSync(dirname(path));
    if (folder !== base && !folder.startsWith(base + sep)) throw outside;
    const real = realPath(join(folder, basename(path)));
    if (!real.startsWith(base + sep)) throw outside;
    return real;
  } catch (error) {
    if (error instanceof TransferError) throw error;
    throw new TransferError('link-unreachable', `the folder of ${file} does not exist`);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there yet: it is created as a plain file.
    return path;
  }
}
