import fs from 'node:fs';
import path from 'node:path';
import { openRegular } from '../attempts/folder.ts';
import { startFolderName } from './protocol.ts';

/** File of the start folder with what a reader of the run should know; survives the server. */
export const noteFileName = 'note';

/** Longest note that is read. */
const maxNoteBytes = 4096;

/** Reads what was noted when the attempt started; '' when nothing was. */
export function readNote(folder: string): string {
  const fd = openRegular(path.join(folder, startFolderName, noteFileName));
  if (fd === null) return '';
  try {
    const bytes = Buffer.alloc(maxNoteBytes);
    return bytes.toString('utf8', 0, fs.readSync(fd, bytes, 0, bytes.length, 0));
  } catch {
    return '';
  } finally {
    fs.closeSync(fd);
  }
}
