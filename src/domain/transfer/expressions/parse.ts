import { ExpressionError, expressionLimits } from './error.ts';
import { scan, type Token } from './scan.ts';
import type { Value } from './values.ts';

export type BinarySign =
  | ('+' | '-' | '*' | '/' | '%' | '+=')
  | ('==' | '!=' | '<' | '>' | '<=' | '>=')
  | ('&&' | '||');
export type UnarySign = '!' | '-' | 'empty';

/** An expression as a tree. `at`: where it, or its sign, stands. */
export type Node =
  | { readonly kind: 'literal'; readonly value: Value; readonly at: number }
  | { readonly kind: 'value'; readonly at: number }
  | { readonly kind: 'row'; readonly index: Node; readonly at: number }
  | { readonly kind: 'unary'; readonly sign: UnarySign; readonly of: Node; readonly at: number }
  | {
      readonly kind: 'binary';
      readonly sign: BinarySign;
      readonly left: Node;
      readonly right: Node;
      readonly at: number;
    }
  | {
      readonly kind: 'choice';
      readonly test: Node;
      readonly yes: Node;
      readonly no: Node;
      readonly at: number;
    }
  | {
      readonly kind: 'call';
      /** `StringUtils.left` */
      readonly name: string;
      readonly args: readonly Node[];
      readonly at: number;
    };

/** From the weakest to the strongest; those of one line read from left to right. */
const levels: readonly (readonly BinarySign[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['+=', '+', '-'],
  ['*', '/', '%'],
];

/** The tree of an expression (cdm.md §5.2). @throws ExpressionError */
export function parseExpression(text: string): Node {
  const parser = new Parser(scan(text));
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    if (this.#peek().kind === 'end') throw new ExpressionError('the expression is empty', 0);
    const node = this.#choice(0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw unexpected(rest, 'an operator or the end');
    return node;
  }

  #choice(depth: number): Node {
    const { at } = this.#peek();
    if (depth > expressionLimits.maxDepth) {
      throw new ExpressionError(`nested deeper than ${expressionLimits.maxDepth}`, at);
    }
    const test = this.#binary(0, depth);
    if (!this.#take('?')) return test;
    const yes = this.#choice(depth + 1);
    this.#expect(':');
    return this.#made({ kind: 'choice', test, yes, no: this.#choice(depth + 1), at });
  }

  #binary(level: number, depth: number): Node {
    const signs = levels[level];
    if (signs === undefined) return this.#unary(depth);
    let left = this.#binary(level + 1, depth);
    for (;;) {
      const token = this.#peek();
      const sign = token.kind === 'sign' ? signs.find((known) => known === token.sign) : undefined;
      if (sign === undefined) return left;
      this.#next++;
      const right = this.#binary(level + 1, depth);
      left = this.#made({ kind: 'binary', sign, left, right, at: token.at });
    }
  }

  #unary(depth: number): Node {
    const token = this.#peek();
    if (depth > expressionLimits.maxDepth) {
      throw new ExpressionError(`nested deeper than ${expressionLimits.maxDepth}`, token.at);
    }
    for (const sign of ['!', '-', 'empty'] as const) {
      if (!this.#take(sign)) continue;
      return this.#made({ kind: 'unary', sign, of: this.#unary(depth + 1), at: token.at });
    }
    return this.#primary(depth);
  }

  #primary(depth: number): Node {
    const token = this.#peek();
    this.#next++;
    if (token.kind === 'literal') {
      return this.#made({ kind: 'literal', value: token.value, at: token.at });
    }
    if (token.kind === 'sign' && token.sign === '(') {
      const inner = this.#choice(depth + 1);
      this.#expect(')');
      return inner;
    }
    if (token.kind !== 'name') throw unexpected(token, 'a value');
    if (token.name === 'value') return this.#made({ kind: 'value', at: token.at });
    if (token.name === 'row') {
      this.#expect('[');
      const index = this.#choice(depth + 1);
      this.#expect(']');
      return this.#made({ kind: 'row', index, at: token.at });
    }
    return this.#call(token.name, token.at, depth);
  }

  #call(group: string, at: number, depth: number): Node {
    if (!this.#take('.')) {
      throw new ExpressionError(
        `"${group}" is unknown; there are value, row[n] and functions such as StringUtils.trim(value)`,
        at,
      );
    }
    const method = this.#peek();
    this.#next++;
    if (method.kind !== 'name') throw unexpected(method, 'the name of a function');
    this.#expect('(');
    const args: Node[] = [];
    if (!this.#take(')')) {
      do args.push(this.#choice(depth + 1));
      while (this.#take(','));
      this.#expect(')');
    }
    return this.#made({ kind: 'call', name: `${group}.${method.name}`, args, at });
  }

  #made(node: Node): Node {
    if (++this.#nodes > expressionLimits.maxNodes) {
      throw new ExpressionError(`more than ${expressionLimits.maxNodes} parts`, node.at);
    }
    return node;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    return token ?? { kind: 'end', at: 0 };
  }

  #take(sign: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'sign' || token.sign !== sign) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw unexpected(this.#peek(), `"${sign}"`);
  }
}

function unexpected(token: Token, wanted: string): ExpressionError {
  const found =
    token.kind === 'end'
      ? 'the expression ends'
      : token.kind === 'literal'
        ? 'there is a value'
        : `there is "${token.kind === 'name' ? token.name : token.sign}"`;
  return new ExpressionError(`${found} where ${wanted} is expected`, token.at);
}
