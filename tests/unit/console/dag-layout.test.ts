/** Where the console draws the jobs of a workflow. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { workflowLimits } from '../../../src/domain/workflow.ts';
import {
  fitting,
  layoutDag,
  nodeHeight,
  nodeWidth,
  pathOf,
} from '../../../console/src/pages/workflow/dag-layout.ts';

/** Graphs without cycles: edges lead from lower to higher numbers. */
const graph = (most: number): fc.Arbitrary<{ nodes: string[]; edges: [number, number][] }> =>
  fc.integer({ min: 2, max: most }).chain((count) =>
    fc.record({
      nodes: fc.constant(Array.from({ length: count }, (_, index) => `n${index}`)),
      edges: fc.uniqueArray(
        fc
          .tuple(fc.nat(count - 1), fc.nat(count - 1))
          .filter(([from, to]) => from < to)
          .map(([from, to]): [number, number] => [from, to]),
        { maxLength: count * 4, selector: ([from, to]) => `${from} ${to}` },
      ),
    }),
  );

describe('the layout of a workflow', () => {
  it('puts nothing upon another, and everything behind what it depends on', () => {
    fc.assert(
      fc.property(
        fc.oneof(graph(12), graph(90)),
        fc.constantFrom('LR' as const, 'TB' as const),
        ({ nodes, edges }, direction) => {
          const named = edges.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` }));
          const drawn = layoutDag(nodes, named, direction);
          assert.deepEqual(drawn.nodes.map(({ id }) => id).toSorted(), nodes.toSorted());
          const at = new Map(drawn.nodes.map((node) => [node.id, node] as const));
          for (const [index, a] of drawn.nodes.entries()) {
            assert.ok(a.x >= nodeWidth / 2 && a.x + nodeWidth / 2 <= drawn.width);
            assert.ok(a.y >= nodeHeight / 2 && a.y + nodeHeight / 2 <= drawn.height);
            for (const b of drawn.nodes.slice(index + 1)) {
              const apart =
                Math.abs(a.x - b.x) >= nodeWidth - 0.01 || Math.abs(a.y - b.y) >= nodeHeight - 0.01;
              assert.ok(apart, `${a.id} and ${b.id}`);
            }
          }
          for (const { from, to, points } of drawn.edges) {
            const [start, end] = [at.get(from), at.get(to)];
            assert.ok(start !== undefined && end !== undefined);
            assert.ok(direction === 'LR' ? start.x < end.x : start.y < end.y, `${from} ${to}`);
            assert.match(pathOf(points), /^M[\d.-]+,[\d.-]+[LQ]/);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes the largest workflow that there can be in well under a second', () => {
    const nodes = Array.from({ length: workflowLimits.maxNodes }, (_, index) => `n${index}`);
    const edges = Array.from({ length: workflowLimits.maxEdges }, (_, index) => {
      const from = index % (nodes.length - 11);
      return { from: `n${from}`, to: `n${from + 1 + Math.floor(index / (nodes.length - 11))}` };
    });
    const began = performance.now();
    const { nodes: placed } = layoutDag(nodes, edges, 'LR');
    assert.equal(placed.length, nodes.length);
    assert.ok(performance.now() - began < 2_000);
  });

  it('cuts names, and counts wide characters twice', () => {
    assert.equal(fitting('short', 10), 'short');
    assert.equal(fitting('a long name of a job', 10), 'a long nam…');
    assert.equal(fitting('报表生成与发送', 6), '报表生…');
  });
});
