import { runInNewContext } from 'node:vm';
import { TransferError } from '../../domain/transfer/errors.ts';

/** Longest name pattern. */
const MAX_PATTERN = 1024;
/** Longest that a regular expression may look at all names. */
const MATCH_LIMIT_MS = 2_000;
const SPECIAL = /[*?+[\](){}|^$\\.]/;

/** Whether a text can mean more than the one name it is. */
export function isPattern(text: string): boolean {
  return SPECIAL.test(text);
}

/**
 * Names that a pattern of a job means (cdm.md §4.4): the name itself when it is there; with `*`
 * at either end or both and nothing else special, names that end, begin or hold it; else names
 * that a regular expression matches as a whole. In the order given.
 * @throws TransferError `invalid-definition` for an expression that is none, or takes too long.
 */
export function matching(pattern: string, names: readonly string[]): readonly string[] {
  if (names.includes(pattern)) return [pattern];
  if (!isPattern(pattern)) return [];
  const plain = pattern.replace(/^\*|\*$/g, '');
  if (!isPattern(plain) && plain !== pattern) {
    const open = pattern === '*';
    const front = open || pattern.startsWith('*');
    const back = open || pattern.endsWith('*');
    return names.filter((name) => {
      if (front && back) return name.includes(plain);
      return front ? name.endsWith(plain) : name.startsWith(plain);
    });
  }
  if (pattern.length > MAX_PATTERN) {
    throw new TransferError(
      'invalid-definition',
      `a table pattern has ${pattern.length} characters; at most ${MAX_PATTERN} are allowed`,
    );
  }
  try {
    // In a context of its own only because an expression can take for ever, and there it is cut off.
    const found: unknown = runInNewContext(
      'const test = new RegExp("^(?:" + pattern + ")$", "u"); names.filter((name) => test.test(name)).join("\\n")',
      { pattern, names: [...names] },
      { timeout: MATCH_LIMIT_MS },
    );
    const chosen = new Set(String(found).split('\n'));
    return names.filter((name) => chosen.has(name));
  } catch (error) {
    throw new TransferError(
      'invalid-definition',
      `table pattern ${JSON.stringify(pattern)} is no usable regular expression: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
