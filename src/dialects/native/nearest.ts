/** Names longer than this are compared by their head only: enough for any key or template name. */
const maxComparedLength = 64;

/** Edits between two words (Levenshtein): insert, delete, replace one character. */
function distance(left: string, right: string): number {
  const a = left.slice(0, maxComparedLength).toLowerCase();
  const b = right.slice(0, maxComparedLength).toLowerCase();
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const shift = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replace, shift));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/**
 * The candidate that was most likely meant, or null when none is near: at most a third of the
 * word may differ, so that a suggestion is help and not noise.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  const compared = Math.min(word.length, maxComparedLength);
  let bestDistance = Math.max(2, Math.floor(compared / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(word, candidate);
    if (edits < bestDistance) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}
