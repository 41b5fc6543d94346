import { graphlib, layout } from '@dagrejs/dagre';
import { layerDag } from './dag-layers.ts';

/** Size of every node, in CSS pixels at scale 1. */
export const nodeWidth = 196;
export const nodeHeight = 54;

/** Room between nodes, along the edges and across, and around them all. */
const gaps = { along: 46, across: 22, around: 10 } as const;
/** How far an edge goes straight where it leaves and arrives. */
const stub = gaps.along / 3;
/** Dagre takes seconds for graphs with more nodes and edges than this together. */
const maxFine = 120;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything is drawn; a node's point is its middle. */
export interface DagLayout {
  readonly width: number;
  readonly height: number;
  /** In the order in which one reads them: from the first to the last, along the edges. */
  readonly nodes: readonly (Point & { readonly id: string })[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly points: readonly Point[];
  }[];
}

type Direction = 'LR' | 'TB';

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** Places of nodes, and the bends of edges by `from to`. */
interface Placed {
  readonly points: ReadonlyMap<string, Point>;
  readonly bends: ReadonlyMap<string, readonly Point[]>;
}

/** Places the nodes of a graph without cycles. Pure. */
export function layoutDag(
  nodes: readonly string[],
  edges: readonly Edge[],
  direction: Direction,
): DagLayout {
  const isSmall = nodes.length + edges.length <= maxFine;
  const { points, bends } = isSmall
    ? fineLayout(nodes, edges, direction)
    : layeredLayout(nodes, edges, direction);
  const placed = nodes.map((id) => ({ id, ...(points.get(id) ?? { x: 0, y: 0 }) }));
  const along = ({ x, y }: Point): readonly [number, number] =>
    direction === 'LR' ? [x, y] : [y, x];
  return {
    width: Math.max(0, ...placed.map(({ x }) => x)) + nodeWidth / 2 + gaps.around,
    height: Math.max(0, ...placed.map(({ y }) => y)) + nodeHeight / 2 + gaps.around,
    nodes: placed.toSorted((a, b) => {
      const [firstA, secondA] = along(a);
      const [firstB, secondB] = along(b);
      return firstA - firstB || secondA - secondB;
    }),
    edges: edges.map(({ from, to }) => {
      const start = points.get(from);
      const end = points.get(to);
      if (start === undefined || end === undefined) return { from, to, points: [] };
      // From the middle of one side to the middle of the other, along the edge at both ends.
      const [exit, entry] = [exitOf(start, direction), entryOf(end, direction)];
      const way = bends.get(`${from} ${to}`) ?? [];
      const ways = [moved(exit, stub, direction), ...way, moved(entry, -stub, direction)];
      return { from, to, points: [exit, ...ways, entry] };
    }),
  };
}

function fineLayout(
  nodes: readonly string[],
  edges: readonly Edge[],
  direction: Direction,
): Placed {
  const graph = new graphlib.Graph();
  graph.setGraph({
    rankdir: direction,
    nodesep: gaps.across,
    ranksep: gaps.along,
    marginx: gaps.around,
    marginy: gaps.around,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  return {
    points: new Map(
      nodes.map((id) => {
        const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
        return [id, { x, y }];
      }),
    ),
    bends: new Map(
      edges.map(({ from, to }) => {
        const { points = [] } = graph.edge(from, to) as { readonly points?: readonly Point[] };
        return [`${from} ${to}`, points.slice(1, -1)];
      }),
    ),
  };
}

function layeredLayout(
  nodes: readonly string[],
  edges: readonly Edge[],
  direction: Direction,
): Placed {
  const isAcross = direction === 'LR';
  const layered = layerDag(nodes, edges, {
    along: (isAcross ? nodeWidth : nodeHeight) + gaps.along * 2,
    across: (isAcross ? nodeHeight : nodeWidth) + gaps.across,
  });
  const points = new Map(
    [...layered].map(([id, { x, y }]) => [id, isAcross ? { x, y } : { x: y, y: x }] as const),
  );
  const bends = new Map(
    edges.map(({ from, to }): [string, readonly Point[]] => {
      const start = points.get(from);
      const end = points.get(to);
      if (start === undefined || end === undefined) return [`${from} ${to}`, []];
      const [exit, entry] = [exitOf(start, direction), entryOf(end, direction)];
      // An S between the two: it leaves and arrives along the edges.
      const bent = [moved(exit, gaps.along, direction), moved(entry, -gaps.along, direction)];
      return [`${from} ${to}`, bent];
    }),
  );
  return { points, bends };
}

function exitOf({ x, y }: Point, direction: Direction): Point {
  return direction === 'LR' ? { x: x + nodeWidth / 2, y } : { x, y: y + nodeHeight / 2 };
}

function entryOf({ x, y }: Point, direction: Direction): Point {
  return direction === 'LR' ? { x: x - nodeWidth / 2, y } : { x, y: y - nodeHeight / 2 };
}

/** A point further along the edges. */
function moved({ x, y }: Point, by: number, direction: Direction): Point {
  return direction === 'LR' ? { x: x + by, y } : { x, y: y + by };
}

/** A smooth line through the points of an edge. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x},${first.y}`;
  for (const [index, point] of rest.entries()) {
    const before = rest[index - 1] ?? first;
    const isLast = index === rest.length - 1;
    const end = isLast ? point : { x: (before.x + point.x) / 2, y: (before.y + point.y) / 2 };
    path +=
      index === 0 && !isLast ? `L${end.x},${end.y}` : `Q${before.x},${before.y} ${end.x},${end.y}`;
  }
  return path;
}

/** The beginning of a text that fits into a node. Chinese characters take twice the room. */
export function fitting(text: string, room: number): string {
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += (character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1;
    if (used > room) return `${kept.trimEnd()}…`;
    kept += character;
  }
  return kept;
}
