import { BlockList, isIP } from 'node:net';
import { DomainError } from './errors.ts';

/** Decides whether a condition holds for the request's value of its key; undefined = no value. */
export type ConditionTest = (actual: string | undefined) => boolean;

/** Compares the request's value with one of the policy's values. */
type Comparison = (actual: string) => boolean;

/** Builds the comparison with one value of the policy; null when the value cannot be read. */
type Reader = (expected: string) => Comparison | null;

interface Operator {
  readonly read: Reader;
  /** Holds when no value matches, also when the request has no such key. */
  readonly negated: boolean;
}

/** The operators of sae.md §3.7. */
const operators: Readonly<Record<string, Operator>> = {
  ...pair('StringEquals', 'StringNotEquals', (expected) => (actual) => actual === expected),
  ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', (expected) => {
    const lower = expected.toLowerCase();
    return (actual) => actual.toLowerCase() === lower;
  }),
  ...pair(
    'StringLike',
    'StringNotLike',
    (expected) => (actual) => matchesWildcard(expected, actual),
  ),
  ...ordered('Numeric', readNumber),
  ...ordered('Date', readDate),
  Bool: {
    negated: false,
    read: (expected) => {
      const lower = expected.toLowerCase();
      if (lower !== 'true' && lower !== 'false') return null;
      return (actual) => actual.toLowerCase() === lower;
    },
  },
  ...pair('IpAddress', 'NotIpAddress', readRange),
};

/** Names of all operators. */
export const conditionOperators: readonly string[] = Object.keys(operators);

/**
 * Prepares one `{operator: {key: values}}` entry. Values are alternatives.
 * @param where names the entry in errors, e.g. `Statement[0].Condition.Bool.acs:MFAPresent`.
 * @throws DomainError `invalid-argument` when operator or value cannot be used.
 */
export function compileCondition(
  operatorName: string,
  values: readonly string[],
  where: string,
): ConditionTest {
  const operator = Object.hasOwn(operators, operatorName) ? operators[operatorName] : undefined;
  if (operator === undefined) {
    throw new DomainError(
      'invalid-argument',
      `${where}: unknown operator ${operatorName}; use one of ${conditionOperators.join(', ')}`,
      { where },
    );
  }
  const comparisons = values.map((value) => {
    const comparison = operator.read(value);
    if (comparison === null) {
      throw new DomainError(
        'invalid-argument',
        `${where}: "${value}" is not a value that ${operatorName} can compare with`,
        { where },
      );
    }
    return comparison;
  });
  return (actual) =>
    (actual !== undefined && comparisons.some((matches) => matches(actual))) !== operator.negated;
}

/**
 * Whether the text fits a pattern with `*` (any text) and `?` (one character). Case-sensitive.
 * Takes time in the product of both lengths at worst, so no pattern can stall the server.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let patternAt = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const mark = pattern[patternAt];
    if (mark === '*') {
      starAt = patternAt;
      resumeAt = at;
      patternAt += 1;
    } else if (mark === '?' || mark === text[at]) {
      at += 1;
      patternAt += 1;
    } else if (starAt !== -1) {
      // Let the last star take one character more and try again.
      resumeAt += 1;
      at = resumeAt;
      patternAt = starAt + 1;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt += 1;
  return patternAt === pattern.length;
}

function pair(name: string, negatedName: string, read: Reader): Record<string, Operator> {
  return { [name]: { read, negated: false }, [negatedName]: { read, negated: true } };
}

function ordered(prefix: string, toNumber: (text: string) => number): Record<string, Operator> {
  const compare =
    (test: (actual: number, expected: number) => boolean): Reader =>
    (text) => {
      const expected = toNumber(text);
      if (Number.isNaN(expected)) return null;
      return (actual) => test(toNumber(actual), expected);
    };
  const plain = (test: (actual: number, expected: number) => boolean): Operator => ({
    read: compare(test),
    negated: false,
  });
  return {
    ...pair(
      `${prefix}Equals`,
      `${prefix}NotEquals`,
      compare((actual, expected) => actual === expected),
    ),
    [`${prefix}LessThan`]: plain((actual, expected) => actual < expected),
    [`${prefix}LessThanEquals`]: plain((actual, expected) => actual <= expected),
    [`${prefix}GreaterThan`]: plain((actual, expected) => actual > expected),
    [`${prefix}GreaterThanEquals`]: plain((actual, expected) => actual >= expected),
  };
}

function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Epoch ms of an ISO 8601 time with a zone, or of a plain day (UTC). */
function readDate(text: string): number {
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

function readRange(text: string): Comparison | null {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const family = isIP(address);
  if (family === 0) return null;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const longest = family === 4 ? 32 : 128;
  const prefixText = slash === -1 ? String(longest) : text.slice(slash + 1);
  const prefix = Number(prefixText);
  if (!/^\d{1,3}$/.test(prefixText) || prefix > longest) return null;
  const range = new BlockList();
  range.addSubnet(address, prefix, type);
  return (actual) => {
    const actualFamily = isIP(actual);
    return actualFamily !== 0 && range.check(actual, actualFamily === 4 ? 'ipv4' : 'ipv6');
  };
}
