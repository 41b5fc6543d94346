import { chmod, readFile, writeFile } from 'node:fs/promises';

/** Longest a line gets, far below what one append writes at once. */
export const maxLineBytes = 256;

/** One line: a process of this attempt began. */
export interface LedgerLine {
  readonly attemptId: string;
  readonly runId: string;
  readonly pid: number;
}

/** Makes the file that every started attempt appends one line to; jobs of any user may write. */
export async function createLedger(path: string): Promise<void> {
  await writeFile(path, '', { flag: 'wx' });
  await chmod(path, 0o666);
}

/** Shell words that append the line of this attempt, in one write to a file opened for append. */
export function appendLine(path: string, runVariable: string): string {
  return `echo "$LONGSHORE_ATTEMPT_ID $${runVariable} $$" >>'${path}' || exit 99`;
}

/** All lines so far. @throws Error for a line that is torn or mixed with another. */
export async function readLedger(path: string): Promise<readonly LedgerLine[]> {
  const text = await readFile(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${path} ends in half a line`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const match = /^(\S+)\.(\d+)\.(\d+) (\S+) (\d+)$/.exec(line);
      if (match === null || line.length > maxLineBytes || match[1] !== match[4]) {
        throw new Error(`${path} has a line that no job writes: ${line.slice(0, maxLineBytes)}`);
      }
      const [, , , , runId = '', pid = ''] = match;
      return { attemptId: line.split(' ')[0] ?? '', runId, pid: Number(pid) };
    });
}
