import { setImmediate as turn } from 'node:timers/promises';

const LF = 0x0a;
/**
 * Bytes that are worked on at a stretch. A socket holds about 200 KiB, which a database has taken
 * in 3 ms: whoever works longer without letting the process look at its sockets keeps it waiting.
 */
const SLICE_BYTES = 64 * 1024;

/** Pieces of rows of the format `text`, each of whole rows; sockets have their turn in between. */
export async function* slicesOf(rows: Uint8Array): AsyncGenerator<Uint8Array> {
  if (rows.length <= SLICE_BYTES) {
    yield rows;
    return;
  }
  for (let from = 0; from < rows.length;) {
    const end = rows.indexOf(LF, Math.min(from + SLICE_BYTES, rows.length - 1)) + 1;
    const to = end === 0 ? rows.length : end;
    yield rows.subarray(from, to);
    from = to;
    await turn();
  }
}
