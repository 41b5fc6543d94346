/**
 * What a workflow does next, as pure functions of its graph and of how its nodes stand
 * (schedulerx.md §5.13). A node is a template; an edge says what must succeed before.
 */

/** Nodes and what depends on what. */
export interface WorkflowGraph {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/**
 * How a node of a workflow run stands. `waiting` has no run yet; `skipped` never gets one and what
 * comes after it goes on.
 */
export type NodeState = 'waiting' | 'active' | 'succeeded' | 'failed' | 'skipped';

/** What is known of a node that is not waiting any more. */
export interface NodeProgress {
  readonly id: string;
  readonly state: Exclude<NodeState, 'waiting'>;
  /** Its run; null = it never got one, `note` says why. */
  readonly runId: string | null;
  readonly note: string;
}

/** Bounds of one workflow. */
export const workflowLimits = {
  maxNodes: 200,
  maxEdges: 2_000,
  /** Characters of a note; longer ones are cut. All of it must fit where progress is kept. */
  maxNoteChars: 60,
} as const;

/** Why the graph cannot run, in words with the remedy; null when it can. */
export function graphProblem(graph: WorkflowGraph): string | null {
  const { nodes, edges } = graph;
  const known = new Set(nodes);
  if (nodes.length === 0) return 'the workflow has no nodes; give it a DAG first';
  if (nodes.length > workflowLimits.maxNodes) {
    return `a workflow has at most ${workflowLimits.maxNodes} nodes, this one ${nodes.length}; split it`;
  }
  if (edges.length > workflowLimits.maxEdges) {
    return `a workflow has at most ${workflowLimits.maxEdges} edges, this one ${edges.length}; split it`;
  }
  if (known.size !== nodes.length) return 'a node is named twice; name every node once';
  for (const { from, to } of edges) {
    const stranger = [from, to].find((end) => !known.has(end));
    if (stranger !== undefined) {
      return `the edge from ${from} to ${to} ends at ${stranger}, which is not a node; add it or drop the edge`;
    }
  }
  const cycle = findCycle(graph);
  return cycle === null
    ? null
    : `the DAG has a cycle: ${cycle.join(' -> ')}; drop one of its edges`;
}

/** A cycle, first node repeated at the end; null when there is none. */
function findCycle({ nodes, edges }: WorkflowGraph): readonly string[] | null {
  const next = neighbours(edges, 'from', 'to');
  const done = new Set<string>();
  for (const root of nodes) {
    const path: string[] = [];
    const onPath = new Set<string>();
    // The path by hand instead of by recursion: a long chain must not exhaust the stack.
    const stack: { readonly node: string; at: number }[] = [];
    const enter = (node: string): void => {
      stack.push({ node, at: 0 });
      path.push(node);
      onPath.add(node);
    };
    if (!done.has(root)) enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const follower = next.get(top.node)?.[top.at];
      top.at += 1;
      if (follower === undefined) {
        done.add(top.node);
        onPath.delete(top.node);
        path.pop();
        stack.pop();
      } else if (onPath.has(follower)) {
        return [...path.slice(path.indexOf(follower)), follower];
      } else if (!done.has(follower)) {
        enter(follower);
      }
    }
  }
  return null;
}

/** What to do now. */
export interface WorkflowDecision {
  /** Waiting nodes with nothing unfinished before them, in the order of the graph. */
  readonly ready: readonly string[];
  /** Waiting nodes that never run, because something before them failed. */
  readonly blocked: readonly string[];
  readonly failed: readonly string[];
  /** Whether nothing runs and nothing is left to start. */
  readonly over: boolean;
}

/** Decides what a workflow run starts now and whether it is over. The graph has no cycle. */
export function decideWorkflow(
  graph: WorkflowGraph,
  stateOf: (node: string) => NodeState,
): WorkflowDecision {
  const before = neighbours(graph.edges, 'to', 'from');
  const after = neighbours(graph.edges, 'from', 'to');
  const failed = graph.nodes.filter((node) => stateOf(node) === 'failed');
  const behindFailed = new Set<string>();
  const follow = [...failed];
  for (let node = follow.pop(); node !== undefined; node = follow.pop()) {
    for (const follower of after.get(node) ?? []) {
      if (stateOf(follower) !== 'waiting' || behindFailed.has(follower)) continue;
      behindFailed.add(follower);
      follow.push(follower);
    }
  }
  const passed = (node: string): boolean =>
    stateOf(node) === 'succeeded' || stateOf(node) === 'skipped';
  const waiting = graph.nodes.filter((node) => stateOf(node) === 'waiting');
  const ready = waiting.filter((node) => (before.get(node) ?? []).every(passed));
  return {
    ready,
    blocked: waiting.filter((node) => behindFailed.has(node)),
    failed,
    over: ready.length === 0 && graph.nodes.every((node) => stateOf(node) !== 'active'),
  };
}

/** Nodes directly before this one. */
export function nodesBefore(graph: WorkflowGraph, node: string): readonly string[] {
  return [...new Set(graph.edges.filter(({ to }) => to === node).map(({ from }) => from))];
}

/** How far a workflow run is, as the text that is kept on its attempt. */
export function writeProgress(nodes: readonly NodeProgress[]): string {
  return JSON.stringify({
    nodes: nodes.map(({ id, state, runId, note }) => ({
      id,
      state,
      ...(runId === null ? {} : { run: runId }),
      ...(note === '' ? {} : { note: note.slice(0, workflowLimits.maxNoteChars) }),
    })),
  });
}

/** Reads it back; what is not such a text says nothing. */
export function readProgress(text: string): readonly NodeProgress[] {
  if (text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const nodes = isRecord(value) ? value['nodes'] : undefined;
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown): NodeProgress[] => {
    if (!isRecord(node)) return [];
    const { id, state, run, note } = node;
    if (typeof id !== 'string' || !isKnownState(state)) return [];
    return [
      {
        id,
        state,
        runId: typeof run === 'string' ? run : null,
        note: typeof note === 'string' ? note : '',
      },
    ];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isKnownState(state: unknown): state is NodeProgress['state'] {
  return state === 'active' || state === 'succeeded' || state === 'failed' || state === 'skipped';
}

function neighbours(
  edges: WorkflowGraph['edges'],
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
