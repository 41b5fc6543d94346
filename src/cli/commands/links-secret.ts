import { CliError, exitCodes } from '../errors.ts';

/** Longest secret that is read, in characters. */
const maxChars = 65_536;

/** The first line of an input: how secrets come, since arguments are seen by others. @throws CliError when it is empty. */
export async function firstLine(input: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes('\n') || text.length > maxChars) break;
  }
  const line = (text.split('\n')[0] ?? '').replace(/\r$/, '');
  if (line !== '') return line;
  throw new CliError(
    'there is no password to read',
    'Give it as the first line of stdin.',
    exitCodes.usage,
  );
}
