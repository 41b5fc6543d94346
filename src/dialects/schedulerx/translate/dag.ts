import { graphProblem, type WorkflowGraph } from '../../../domain/workflow.ts';
import { failures } from '../errors.ts';
import { jsonObject } from './json.ts';

/** A DAG of jobs as UpdateWorkflowDag gives it. */
export interface Dag {
  /** JobIds. */
  readonly nodes: readonly number[];
  readonly edges: readonly { readonly source: number; readonly target: number }[];
}

/**
 * Reads DagJson, `{"nodes":[{"id":1}],"edges":[{"source":1,"target":2}]}` (schedulerx.md §4.6).
 * Edges from 0, the root, say nothing: every node without another edge begins.
 * @throws WireError business failure, also for a cycle and for less than two jobs (§5.13).
 */
export function parseDag(text: string): Dag {
  const members = jsonObject(text);
  const nodes = members?.['nodes'];
  const edges = members?.['edges'] ?? [];
  if (!Array.isArray(nodes) || !Array.isArray(edges)) {
    throw unfit('it must be {"nodes":[{"id":…}],"edges":[{"source":…,"target":…}]}');
  }
  const dag: Dag = {
    nodes: nodes.map((node, index) => idOf(node, 'id', `nodes[${index}]`)),
    edges: edges
      .map((edge, index) => ({
        source: idOf(edge, 'source', `edges[${index}]`),
        target: idOf(edge, 'target', `edges[${index}]`),
      }))
      .filter(({ source }) => source !== 0),
  };
  if (dag.nodes.length < 2) throw unfit('a workflow has at least two jobs');
  const problem = graphProblem(graphOf(dag));
  if (problem !== null) throw unfit(problem);
  return dag;
}

/** The same in the engine's words. */
export function graphOf({ nodes, edges }: Dag): WorkflowGraph {
  return {
    nodes: nodes.map(String),
    edges: edges.map(({ source, target }) => ({ from: String(source), to: String(target) })),
  };
}

function idOf(entry: unknown, member: string, where: string): number {
  const value: unknown =
    typeof entry === 'object' && entry !== null
      ? (entry as Readonly<Record<string, unknown>>)[member]
      : undefined;
  const id = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw unfit(`${where}.${member} is no id of a job`);
}

function unfit(reason: string): Error {
  return failures.unfit('dagJson', reason);
}
