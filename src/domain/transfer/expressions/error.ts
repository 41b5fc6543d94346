/** Bounds of expressions. */
export const expressionLimits = {
  maxTextChars: 4_096,
  /** Of parentheses, calls and operators within each other. */
  maxDepth: 64,
  maxNodes: 1_000,
  /** Of any text that an expression makes. */
  maxResultChars: 1_048_576,
  maxCacheEntries: 1_000,
} as const;

/** An expression that is wrong, or cannot be evaluated for a row. */
export class ExpressionError extends Error {
  /** Where in the expression, counted in characters from 0. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(`${message} (at character ${at + 1} of the expression)`);
    this.name = 'ExpressionError';
    this.at = at;
  }
}
