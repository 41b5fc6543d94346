import type { Point } from './dag-layout.ts';

/** Sweeps over the layers; a few are enough to untangle most crossings. */
const sweeps = 6;

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** How far apart the middles of nodes are, along the edges and across. */
export interface LayerSteps {
  readonly along: number;
  readonly across: number;
}

/**
 * Places the nodes of a large graph in layers: quickly, and less finely than a layout that gives
 * each long edge a way of its own. A node stands one layer after the last one before it; within a
 * layer by the middle of its neighbours. `x` counts along the edges. Pure.
 */
export function layerDag(
  nodes: readonly string[],
  edges: readonly Edge[],
  steps: LayerSteps,
): ReadonlyMap<string, Point> {
  const before = neighbours(edges, 'to', 'from');
  const after = neighbours(edges, 'from', 'to');
  const ranks = ranksOf(nodes, before);
  const layers: string[][] = [];
  for (const node of nodes) {
    const rank = ranks.get(node) ?? 0;
    (layers[rank] ??= []).push(node);
  }
  const place = new Map<string, number>();
  const number = (layer: readonly string[]): void =>
    layer.forEach((node, index) => place.set(node, index - (layer.length - 1) / 2));
  for (const layer of layers) number(layer);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isDown = sweep % 2 === 0;
    const beside = isDown ? before : after;
    for (const layer of isDown ? layers : layers.toReversed()) {
      const middle = new Map(
        layer.map((node) => {
          const places = (beside.get(node) ?? []).map((each) => place.get(each) ?? 0);
          const sum = places.reduce((total, each) => total + each, 0);
          return [node, places.length === 0 ? (place.get(node) ?? 0) : sum / places.length];
        }),
      );
      layer.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      number(layer);
    }
  }
  const widest = Math.max(1, ...layers.map((layer) => layer.length));
  return new Map(
    nodes.map((node) => [
      node,
      {
        x: ((ranks.get(node) ?? 0) + 0.5) * steps.along,
        y: ((place.get(node) ?? 0) + widest / 2) * steps.across,
      },
    ]),
  );
}

/** Length of the longest way to each node, counted in edges. */
function ranksOf(
  nodes: readonly string[],
  before: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  let isChanged = true;
  // The server takes no graph with a cycle; the bound is for one that is there all the same.
  for (let round = 0; isChanged && round <= nodes.length; round += 1) {
    isChanged = false;
    for (const node of nodes) {
      const rank = Math.max(
        0,
        ...(before.get(node) ?? []).map((each) => (ranks.get(each) ?? 0) + 1),
      );
      if (rank !== (ranks.get(node) ?? 0) && rank < nodes.length) {
        ranks.set(node, rank);
        isChanged = true;
      }
    }
  }
  return ranks;
}

function neighbours(
  edges: readonly Edge[],
  of: 'from' | 'to',
  which: 'from' | 'to',
): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, string[]>();
  for (const edge of edges) {
    const list = lists.get(edge[of]);
    if (list === undefined) lists.set(edge[of], [edge[which]]);
    else list.push(edge[which]);
  }
  return lists;
}
