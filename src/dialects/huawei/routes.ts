import type { HuaweiMethod, HuaweiOperation } from './operation.ts';

/** An operation found for a request, with the parameters of its path. */
export interface Match<Services> {
  readonly operation: HuaweiOperation<Services>;
  readonly params: Readonly<Record<string, string>>;
}

interface Node<Services> {
  readonly literals: Map<string, Node<Services>>;
  parameter: { readonly names: Set<string>; readonly node: Node<Services> } | null;
  readonly operations: Map<
    string,
    { readonly operation: HuaweiOperation<Services>; readonly names: readonly string[] }
  >;
}

/**
 * Operations by path and method. A fixed word wins over a parameter: `/clusters/job` is found
 * before `/clusters/{cluster_id}` (cdm.md §3.1).
 */
export class RouteTable<Services> {
  readonly #root: Node<Services> = emptyNode();

  /** @throws Error when another operation has this path and method. */
  add(operation: HuaweiOperation<Services>): void {
    let node = this.#root;
    const names: string[] = [];
    for (const word of operation.path.split('/').slice(1)) {
      const name = parameterName(word);
      if (name !== null) names.push(name);
      node = name === null ? literalChild(node, word) : parameterChild(node, name);
    }
    const methods: readonly HuaweiMethod[] = [operation.method, ...(operation.alsoMethods ?? [])];
    for (const method of methods) {
      if (node.operations.has(method)) {
        throw new Error(`${method} ${operation.path} is taken by another operation`);
      }
      node.operations.set(method, { operation, names });
    }
  }

  /** @param segments percent-decoded. Null when there is no such operation. */
  find(method: string, segments: readonly string[]): Match<Services> | null {
    return search(this.#root, method, segments, 0, []);
  }
}

function emptyNode<Services>(): Node<Services> {
  return { literals: new Map(), parameter: null, operations: new Map() };
}

function parameterName(word: string): string | null {
  return word.startsWith('{') && word.endsWith('}') ? word.slice(1, -1) : null;
}

function literalChild<Services>(node: Node<Services>, word: string): Node<Services> {
  const known = node.literals.get(word);
  if (known !== undefined) return known;
  const child = emptyNode<Services>();
  node.literals.set(word, child);
  return child;
}

function parameterChild<Services>(node: Node<Services>, name: string): Node<Services> {
  node.parameter ??= { names: new Set(), node: emptyNode() };
  node.parameter.names.add(name);
  return node.parameter.node;
}

/** As deep as the longest path of an operation, whatever the request says. */
function search<Services>(
  node: Node<Services>,
  method: string,
  segments: readonly string[],
  at: number,
  values: readonly string[],
): Match<Services> | null {
  const word = segments[at];
  if (word === undefined) {
    const found = node.operations.get(method);
    if (found === undefined) return null;
    const { operation, names } = found;
    return {
      operation,
      params: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
    };
  }
  const literal = node.literals.get(word);
  const exact = literal === undefined ? null : search(literal, method, segments, at + 1, values);
  if (exact !== null || node.parameter === null || word === '') return exact;
  return search(node.parameter.node, method, segments, at + 1, [...values, word]);
}
