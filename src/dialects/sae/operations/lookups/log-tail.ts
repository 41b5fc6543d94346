import type { Attempt } from '../../../../domain/run.ts';
import type { Runs } from '../../../../engine/index.ts';

/** Most lines of a log that are shown (sae.md §5.5). */
export const maxTailLines = 500;
/** Most bytes read of each stream. */
export const maxTailBytes = 256 * 1024;

/**
 * The newest output of an attempt: at most `maxTailLines` lines, those of stdout before those of
 * stderr, for the streams keep no common order and what went wrong is read last. Each may have
 * half the lines, and what the other leaves.
 */
export async function logTail(runs: Runs, attempt: Attempt): Promise<string> {
  const [out, err] = await Promise.all([
    tailLines(runs, attempt.id, 'stdout'),
    tailLines(runs, attempt.id, 'stderr'),
  ]);
  const errCount = Math.min(err.length, Math.max(maxTailLines / 2, maxTailLines - out.length));
  const outCount = Math.min(out.length, maxTailLines - errCount);
  return [...newest(out, outCount), ...newest(err, errCount)].map((line) => `${line}\n`).join('');
}

function newest(lines: readonly string[], count: number): readonly string[] {
  return lines.slice(lines.length - count);
}

async function tailLines(
  runs: Runs,
  attemptId: string,
  stream: 'stdout' | 'stderr',
): Promise<readonly string[]> {
  const head = await runs.readLog(attemptId, stream, 0, 1);
  if (head === null) return [];
  const { size } = head;
  const from = Math.max(0, size - maxTailBytes);
  const pieces: Uint8Array[] = [];
  let begin: number | null = null;
  let offset = from;
  while (offset < size) {
    const chunk = await runs.readLog(attemptId, stream, offset, size - offset);
    // Removed meanwhile, or nothing more to be had.
    if (chunk === null || chunk.nextOffset <= offset) break;
    begin ??= chunk.offset;
    pieces.push(chunk.bytes);
    offset = chunk.nextOffset;
  }
  const lines = Buffer.concat(pieces).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  // Where bytes before it are missing, the first line is a piece of one, perhaps of a character.
  if ((begin ?? 0) > 0 && lines.length > 1) lines.shift();
  return newest(lines, Math.min(lines.length, maxTailLines));
}
