import { ExpressionError } from './error.ts';
import type { ExpressionFunction, ExpressionServices, FunctionGroup } from './function.ts';
import { compare, arithmetic, equal } from './operators.ts';
import { commonFunctions, dateFunctions, dateNow, numberFunctions } from './other-functions.ts';
import type { BinarySign, Node } from './parse.ts';
import { stringEdits } from './string-edits.ts';
import { stringTests } from './string-tests.ts';
import { boundedText, intOf, textOf, truthOf, type Value } from './values.ts';

/** One row, as an expression sees it. */
export interface RowScope {
  /** Of the field that is converted; null for added fields. */
  readonly value: string | null;
  /** All fields of the row as they were read. */
  readonly row: readonly (string | null)[];
}

/** A tree, ready to be evaluated. @throws ExpressionError for values that do not fit. */
export type Evaluate = (scope: RowScope) => Value;

const groups: ReadonlyMap<string, FunctionGroup> = new Map([
  ['StringUtils', { ...stringTests, ...stringEdits }],
  ['DateUtils', dateFunctions],
  ['DateUtil', dateNow],
  ['NumberUtils', numberFunctions],
  ['CommonUtils', commonFunctions],
]);

/** Makes a tree a function. @throws ExpressionError for unknown functions and wrong arguments. */
export function compileNode(node: Node, services: ExpressionServices): Evaluate {
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'value':
      return ({ value }) => value;
    case 'row': {
      const index = compileNode(node.index, services);
      return (scope) => scope.row[intOf(index(scope), node.at)] ?? null;
    }
    case 'choice': {
      const test = compileNode(node.test, services);
      const yes = compileNode(node.yes, services);
      const no = compileNode(node.no, services);
      return (scope) => (truthOf(test(scope), node.at) ? yes(scope) : no(scope));
    }
    case 'unary':
      return compileUnary(node, services);
    case 'binary':
      return compileBinary(node, services);
    case 'call':
      return compileCall(node, services);
  }
}

function compileUnary(
  { sign, of, at }: Extract<Node, { readonly kind: 'unary' }>,
  services: ExpressionServices,
): Evaluate {
  const operand = compileNode(of, services);
  if (sign === '!') return (scope) => !truthOf(operand(scope), at);
  if (sign === '-') return (scope) => arithmetic('-', 0n, operand(scope), at);
  return (scope) => {
    const value = operand(scope);
    return value === null || value === '';
  };
}

function compileBinary(
  { sign, left, right, at }: Extract<Node, { readonly kind: 'binary' }>,
  services: ExpressionServices,
): Evaluate {
  const a = compileNode(left, services);
  const b = compileNode(right, services);
  if (sign === '&&') return (scope) => truthOf(a(scope), at) && truthOf(b(scope), at);
  if (sign === '||') return (scope) => truthOf(a(scope), at) || truthOf(b(scope), at);
  const join = (one: Value, other: Value): string => boundedText(textOf(one) + textOf(other), at);
  if (sign === '+=') return (scope) => join(a(scope), b(scope));
  const isField = { left: isRawField(left), right: isRawField(right) };
  return (scope) => {
    const one = a(scope);
    const other = b(scope);
    // A field may be a number in a text; any other text is meant as one, and is joined.
    const joins =
      sign === '+' &&
      ((typeof one === 'string' && !isField.left) || (typeof other === 'string' && !isField.right));
    return joins ? join(one, other) : calculate(sign, one, other, at);
  };
}

function calculate(
  sign: Exclude<BinarySign, '&&' | '||' | '+='>,
  one: Value,
  other: Value,
  at: number,
): Value {
  switch (sign) {
    case '==':
      return equal(one, other, at);
    case '!=':
      return !equal(one, other, at);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compare(sign, one, other, at);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(sign, one, other, at);
  }
}

function isRawField({ kind }: Node): boolean {
  return kind === 'value' || kind === 'row';
}

function compileCall(
  { name, args, at }: Extract<Node, { readonly kind: 'call' }>,
  services: ExpressionServices,
): Evaluate {
  const called = functionNamed(name, at);
  const [least, most] = called.arity;
  if (args.length < least || args.length > most) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    throw new ExpressionError(`${name} takes ${wanted} arguments, not ${args.length}`, at);
  }
  const values = args.map((arg) => compileNode(arg, services));
  return (scope) =>
    called.call(
      values.map((value) => value(scope)),
      services,
      at,
    );
}

function functionNamed(name: string, at: number): ExpressionFunction {
  const [groupName = '', method = ''] = name.split('.');
  if (groupName === 'HttpsUtils') {
    throw new ExpressionError(`${name} is turned off: expressions do not reach the network`, at);
  }
  const group = groups.get(groupName);
  if (group === undefined) {
    throw new ExpressionError(
      `${groupName} is unknown; known are ${[...groups.keys()].join(', ')}`,
      at,
    );
  }
  const called = Object.hasOwn(group, method) ? group[method] : undefined;
  if (called !== undefined) return called;
  const known = Object.keys(group).sort().join(', ');
  throw new ExpressionError(`${groupName} has no ${method}; it has ${known}`, at);
}
