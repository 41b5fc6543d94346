/** Repairs to what COPY writes, made only where a batch needs them. */

const BACKSLASH = 0x5c;

/**
 * Rows of text with `\b`, `\f` and `\v`, which COPY writes for these characters, made the
 * characters themselves: other readers of such rows do not know these escapes.
 */
export function controlsAsTheyAre(bytes: Buffer): Buffer {
  if (!CONTROLS.some((escape) => bytes.includes(escape))) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let used = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH) {
      out[used] = byte;
      used += 1;
      continue;
    }
    at += 1;
    const next = bytes[at] as number;
    const control = controlOf(next);
    if (control === null) {
      out[used] = BACKSLASH;
      out[used + 1] = next;
      used += 2;
    } else {
      out[used] = control;
      used += 1;
    }
  }
  return out.subarray(0, used);
}

const CONTROLS = ['\\b', '\\f', '\\v'];

function controlOf(letter: number): number | null {
  if (letter === 0x62) return 0x08;
  if (letter === 0x66) return 0x0c;
  return letter === 0x76 ? 0x0b : null;
}
