import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decideWorkflow,
  graphProblem,
  type NodeProgress,
  type NodeState,
  nodesBefore,
  readProgress,
  type WorkflowGraph,
  workflowLimits,
  writeProgress,
} from '../../../src/domain/workflow.ts';

/** `a>b` is an edge, `a` a node; nodes of edges are nodes. */
function graph(...parts: readonly string[]): WorkflowGraph {
  const edges = parts
    .filter((part) => part.includes('>'))
    .map((part) => {
      const [from = '', to = ''] = part.split('>');
      return { from, to };
    });
  return { nodes: [...new Set(parts.flatMap((part) => part.split('>')))], edges };
}

function decide(of: WorkflowGraph, states: Readonly<Record<string, NodeState>>) {
  return decideWorkflow(of, (node) => states[node] ?? 'waiting');
}

describe('graphs', () => {
  it('takes what has an order', () => {
    for (const good of [graph('a'), graph('a>b', 'b>c'), graph('a>b', 'a>c', 'b>d', 'c>d')]) {
      assert.equal(graphProblem(good), null);
    }
  });

  it('names the cycle, its own loop included', () => {
    assert.match(graphProblem(graph('a>b', 'b>c', 'c>b')) ?? '', /a cycle: b -> c -> b;/);
    assert.match(graphProblem(graph('a>a')) ?? '', /a cycle: a -> a;/);
  });

  it('says what else is wrong', () => {
    const many = Array.from({ length: workflowLimits.maxNodes + 1 }, (_, index) => `${index}`);
    const rows: readonly (readonly [WorkflowGraph, RegExp])[] = [
      [graph(), /has no nodes/],
      [{ nodes: ['a', 'a'], edges: [] }, /named twice/],
      [{ nodes: ['a'], edges: [{ from: 'a', to: 'x' }] }, /ends at x, which is not a node/],
      [graph(...many), /at most 200 nodes, this one 201/],
      [
        {
          nodes: ['a', 'b'],
          edges: Array.from({ length: 2_001 }, () => ({ from: 'a', to: 'b' })),
        },
        /at most 2000 edges/,
      ],
    ];
    for (const [wrong, words] of rows) assert.match(graphProblem(wrong) ?? '', words);
  });

  it('finds a cycle exactly when there is no order', () => {
    const edge = fc.record({ from: fc.nat(7).map(String), to: fc.nat(7).map(String) });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 14 }), (edges) => {
        const nodes = Array.from({ length: 8 }, (_, index) => String(index));
        assert.equal(graphProblem({ nodes, edges }) === null, hasOrder(nodes, edges));
      }),
    );
  });
});

/** By taking away what has nothing before it, again and again. */
function hasOrder(nodes: readonly string[], edges: WorkflowGraph['edges']): boolean {
  let left = [...nodes];
  for (;;) {
    const free = left.filter(
      (node) => !edges.some(({ from, to }) => to === node && left.includes(from)),
    );
    if (free.length === 0) return left.length === 0;
    left = left.filter((node) => !free.includes(node));
  }
}

describe('decisions', () => {
  const diamond = graph('a>b', 'a>c', 'b>d', 'c>d');

  it('starts what has nothing unfinished before it', () => {
    assert.deepEqual(decide(diamond, {}).ready, ['a']);
    assert.deepEqual(decide(diamond, { a: 'active' }).ready, []);
    assert.deepEqual(decide(diamond, { a: 'succeeded' }).ready, ['b', 'c']);
    assert.deepEqual(decide(diamond, { a: 'succeeded', b: 'succeeded', c: 'active' }).ready, []);
    assert.deepEqual(decide(diamond, { a: 'skipped', b: 'skipped', c: 'succeeded' }).ready, ['d']);
  });

  it('lets other branches go on after a failure, and runs nothing behind it', () => {
    const forked = graph('a>b', 'b>x', 'a>c', 'c>d');
    const failed = decide(forked, { a: 'succeeded', b: 'failed', c: 'succeeded' });
    assert.deepEqual(failed, { ready: ['d'], blocked: ['x'], failed: ['b'], over: false });
    const end = decide(forked, { a: 'succeeded', b: 'failed', c: 'succeeded', d: 'succeeded' });
    assert.deepEqual(end, { ready: [], blocked: ['x'], failed: ['b'], over: true });
  });

  it('is over when nothing runs and nothing is left', () => {
    assert.equal(decide(graph('a'), {}).over, false);
    assert.equal(decide(graph('a'), { a: 'active' }).over, false);
    assert.equal(decide(graph('a'), { a: 'succeeded' }).over, true);
    assert.deepEqual(decide(diamond, { a: 'failed' }).blocked, ['b', 'c', 'd']);
  });

  it('names what is directly before, once', () => {
    assert.deepEqual(nodesBefore(graph('b>d', 'c>d', 'b>d', 'a>b'), 'd'), ['b', 'c']);
  });
});

describe('progress', () => {
  it('reads what it wrote', () => {
    const nodes: readonly NodeProgress[] = [
      { id: '1', state: 'succeeded', runId: '77', note: '' },
      { id: '2', state: 'failed', runId: null, note: 'gone' },
    ];
    assert.deepEqual(readProgress(writeProgress(nodes)), nodes);
  });

  it('stays within what is kept of an attempt, however much there is to tell', () => {
    const nodes = Array.from({ length: workflowLimits.maxNodes }, (_, index) => ({
      id: `${2 ** 31 - index}`,
      state: 'failed' as const,
      runId: `${2 ** 53 - index}`,
      note: '错'.repeat(10_000),
    }));
    assert.ok(Buffer.byteLength(writeProgress(nodes)) < 64 * 1024);
  });

  it('makes nothing of another text', () => {
    fc.assert(fc.property(fc.string(), (text) => void readProgress(text)));
    for (const text of ['', 'x', '[]', '{"nodes":1}', '{"nodes":[1,{"id":2},{"id":"a"}]}']) {
      assert.deepEqual(readProgress(text), []);
    }
  });
});
