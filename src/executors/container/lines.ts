import { maxLineBytes } from './limits.ts';

/** Splits a stream of bytes into its lines; a line that is too long is dropped. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.toString('utf8', 0, end).trim();
      rest = rest.subarray(end + 1);
      if (line !== '') yield line;
    }
    if (rest.length > maxLineBytes) rest = Buffer.alloc(0);
  }
  const last = rest.toString('utf8').trim();
  if (last !== '') yield last;
}
