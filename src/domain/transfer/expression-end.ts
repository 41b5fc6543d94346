/** Longest `#{…}` that is taken for an expression. */
const maxChars = 8_192;

/**
 * Behind the brace that closes the `#{` at a place of a text, or null when nothing does. Braces
 * within quotes do not close it; a backslash in quotes protects the character behind it.
 */
export function expressionEnd(text: string, start: number): number | null {
  let quote = '';
  let depth = 0;
  const last = Math.min(text.length, start + maxChars);
  for (let at = start + 2; at < last; at++) {
    const char = text.charAt(at);
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (char === '{') {
      depth++;
    } else if (char === '}') {
      if (depth === 0) return at + 1;
      depth--;
    }
  }
  return null;
}
