import { DomainError } from '../domain/errors.ts';
import type { RunDetail } from '../domain/run.ts';
import { isFinal } from '../domain/states.ts';
import type { DialectName, WorkflowArtifact } from '../domain/template.ts';
import {
  decideWorkflow,
  type NodeProgress,
  type NodeState,
  nodesBefore,
  writeProgress,
} from '../domain/workflow.ts';
import type { Runs, Templates } from './engine.ts';
import { overrideOf, type WorkflowInput, type WorkflowRules } from './workflow-rules.ts';

/** The part of the engine that a workflow run uses; nothing of it is its own. */
export interface WorkflowSources {
  readonly runs: Pick<Runs, 'submit' | 'get' | 'stop' | 'instances' | 'list'>;
  readonly templates: Pick<Templates, 'get'>;
  readonly rulesOf: (dialect: DialectName) => WorkflowRules;
  readonly newRunId: (dialect: DialectName) => string;
}

/** Where one look at the nodes left a workflow run. */
export interface FlowState {
  /** What is kept on its attempt. */
  readonly progress: string;
  /** Runs that go on. */
  readonly active: readonly string[];
  /** How it ended; null = it goes on. */
  readonly end: { readonly failed: boolean; readonly message: string } | null;
}

/** Refusals that pass: the node is asked for again. */
const passing: ReadonlySet<string> = new Set([
  'concurrency-forbidden',
  'queue-full',
  'account-quota-exceeded',
  'unavailable',
]);

/** Longest message of a workflow's end. */
const MAX_MESSAGE_CHARS = 1_000;
/** Runs of one job that are looked through for one that an earlier life made. */
const MAX_RECALLED = 1_000;
const RECALLED_PER_PAGE = 100;
/** Clocks step: a job's run may seem older than the run of its workflow. */
const CLOCK_STEP_MS = 60_000;

/** The idempotency key by which a node of a workflow run has one run, whatever crashes. */
export function nodeKey(workflowRunId: string, node: string): string {
  return `wf:${workflowRunId}:${node}`;
}

/**
 * One workflow run. It keeps no decision of its own: what a node is doing is what its run says,
 * and asking for a node's run twice gives the same run. So it can begin anywhere.
 */
export class WorkflowFlow {
  readonly #sources: WorkflowSources;
  readonly #run: RunDetail;
  readonly #graph: WorkflowArtifact;
  readonly #nodes = new Map<string, NodeProgress>();
  /** Stops that were asked for. */
  readonly #stopped = new Set<string>();
  /** Whether an earlier life may have asked for runs that its progress does not tell of. */
  #unsure = true;

  /** `known`: how far an earlier server life said it is. */
  constructor(
    sources: WorkflowSources,
    run: RunDetail,
    graph: WorkflowArtifact,
    known: readonly NodeProgress[],
  ) {
    this.#sources = sources;
    this.#run = run;
    this.#graph = graph;
    for (const node of known) if (graph.nodes.includes(node.id)) this.#nodes.set(node.id, node);
  }

  /**
   * Looks at all nodes and does what there is to do.
   * @param watch is told of each unfinished run before it is looked at, so that no end is missed.
   * @throws Error when the store fails; calling again goes on.
   */
  async advance(stopping: boolean, watch: (runId: string) => void): Promise<FlowState> {
    await Promise.all([...this.#nodes.values()].map((node) => this.#look(node, watch)));
    if (stopping) {
      if (this.#unsure) await this.#recall(watch);
      this.#unsure = false;
      await this.#stopNodes();
      const active = this.#active();
      const end = active.length === 0 ? { failed: true, message: 'stopped with its jobs' } : null;
      return { progress: this.#progress(), active, end };
    }
    // Each round starts what is ready; what fails or is passed over at once may make more ready.
    for (let round = 0; round <= this.#graph.nodes.length; round += 1) {
      const { ready, over } = decideWorkflow(this.#graph, (node) => this.#stateOf(node));
      if (over) return { progress: this.#progress(), active: [], end: this.#end() };
      const before = ready.length;
      await Promise.all(ready.map((node) => this.#begin(node, watch)));
      const left = ready.filter((node) => this.#stateOf(node) === 'waiting').length;
      if (left === before) break;
    }
    // Everything that could have been asked for was asked for again.
    this.#unsure = false;
    return { progress: this.#progress(), active: this.#active(), end: null };
  }

  /** How a node's run is; a failed one is looked at again, since a person may judge it succeeded. */
  async #look(node: NodeProgress, watch: (runId: string) => void): Promise<void> {
    const { runId } = node;
    if (runId === null || node.state === 'succeeded' || node.state === 'skipped') return;
    if (node.state === 'active') watch(runId);
    const run = await this.#sources.runs.get(runId);
    if (run === null) {
      if (node.state === 'active') {
        this.#set({ ...node, state: 'failed', note: `its run ${runId} was deleted` });
      }
      return;
    }
    if (run.verdict === 'succeeded' || run.state === 'succeeded') {
      this.#set({ ...node, state: 'succeeded', note: '' });
    } else if (isFinal('run', run.state)) {
      this.#set({ ...node, state: 'failed', note: run.message });
      await this.#lookAtRepetition(node, runId, watch);
    }
  }

  /** A failed run that somebody repeated stands for its node no more. Ids end: so does this. */
  async #lookAtRepetition(
    node: NodeProgress,
    runId: string,
    watch: (runId: string) => void,
  ): Promise<void> {
    const { rulesOf, runs } = this.#sources;
    const next = rulesOf(this.#run.dialect).repetitionOf?.(runId) ?? null;
    if (next === null || (await runs.get(next)) === null) return;
    const repeated: NodeProgress = { ...node, state: 'active', runId: next, note: '' };
    this.#set(repeated);
    await this.#look(repeated, watch);
  }

  async #begin(id: string, watch: (runId: string) => void): Promise<void> {
    const { runs, templates, rulesOf, newRunId } = this.#sources;
    const { dialect, id: workflowRunId, traceparent } = this.#run;
    const rules = rulesOf(dialect);
    const template = await templates.get(id, dialect);
    if (template === null) {
      this.#set({ id, state: 'failed', runId: null, note: 'the job does not exist any more' });
      return;
    }
    const skipped = rules.skips(template);
    if (skipped !== null) {
      this.#set({ id, state: 'skipped', runId: null, note: skipped });
      return;
    }
    const input: WorkflowInput = {
      workflowRunId,
      instanceParameters: this.#graph.instanceParameters,
      upstream: await this.#resultsBefore(id),
    };
    try {
      const { run } = await runs.submit({
        templateId: id,
        dialect,
        trigger: 'workflow',
        runId: newRunId(dialect),
        idPrefix: '',
        idSuffix: '',
        idempotencyKey: nodeKey(workflowRunId, id),
        notBeforeMs: null,
        by: `workflow run ${workflowRunId}`,
        traceparent,
        override: (current) => overrideOf(rules, current, input),
      });
      const node: NodeProgress = { id, state: 'active', runId: run.id, note: '' };
      this.#set(node);
      // It may be an earlier life's run, long over; a new one may end before it is watched.
      await this.#look(node, watch);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (passing.has(error.code)) return;
      this.#set({ id, state: 'failed', runId: null, note: error.message });
    }
  }

  /** Results as (job name, data) pairs; of a job that spread, the first that is not empty. */
  async #resultsBefore(
    id: string,
  ): Promise<readonly { readonly name: string; readonly data: string }[]> {
    const { runs } = this.#sources;
    const results = nodesBefore(this.#graph, id).map(async (before) => {
      const runId = this.#nodes.get(before)?.runId ?? null;
      const run = runId === null ? null : await runs.get(runId);
      if (run === null) return [];
      const instances = await runs.instances(run.id);
      const answers = instances.map(({ attempts }) => attempts.at(-1)?.result ?? '');
      return [{ name: run.templateName, data: answers.find((answer) => answer !== '') ?? '' }];
    });
    return (await Promise.all(results)).flat();
  }

  /**
   * Finds runs that were made right before an earlier life ended. Asking for them by their keys, as
   * usual, would make those that are not there.
   */
  async #recall(watch: (runId: string) => void): Promise<void> {
    const { ready } = decideWorkflow(this.#graph, (node) => this.#stateOf(node));
    await Promise.all(
      ready.map(async (id) => {
        const key = nodeKey(this.#run.id, id);
        for (let offset = 0; offset < MAX_RECALLED; offset += RECALLED_PER_PAGE) {
          const { rows, total } = await this.#sources.runs.list({
            templateId: id,
            createdFromMs: this.#run.createdAtMs - CLOCK_STEP_MS,
            offset,
            limit: RECALLED_PER_PAGE,
          });
          const run = rows.find(({ idempotencyKey }) => idempotencyKey === key);
          if (run !== undefined) {
            this.#set({ id, state: 'active', runId: run.id, note: '' });
            await this.#look({ id, state: 'active', runId: run.id, note: '' }, watch);
            return;
          }
          if (rows.length === 0 || offset + rows.length >= total) return;
        }
      }),
    );
  }

  async #stopNodes(): Promise<void> {
    const { runs } = this.#sources;
    await Promise.all(
      this.#active()
        .filter((runId) => !this.#stopped.has(runId))
        .map(async (runId) => {
          try {
            const run = await runs.stop(runId, `workflow run ${this.#run.id}`);
            this.#stopped.add(runId);
            const node = [...this.#nodes.values()].find((each) => each.runId === runId);
            if (node !== undefined && isFinal('run', run.state)) await this.#look(node, () => {});
          } catch (error) {
            // Deleted meanwhile: the next look sees it.
            if (!(error instanceof DomainError)) throw error;
            this.#stopped.add(runId);
          }
        }),
    );
  }

  #end(): FlowState['end'] {
    const { failed, blocked } = decideWorkflow(this.#graph, (node) => this.#stateOf(node));
    if (failed.length === 0) return { failed: false, message: '' };
    const first = this.#nodes.get(failed[0] ?? '');
    const words =
      failed.length === 1
        ? `job ${failed[0]} failed: ${first?.note ?? ''}`
        : `jobs ${failed.join(', ')} failed; ${failed[0]}: ${first?.note ?? ''}`;
    const rest = blocked.length === 0 ? '' : `; not run after it: ${blocked.join(', ')}`;
    return { failed: true, message: `${words}${rest}`.slice(0, MAX_MESSAGE_CHARS) };
  }

  #active(): readonly string[] {
    return [...this.#nodes.values()].flatMap(({ state, runId }) =>
      state === 'active' && runId !== null ? [runId] : [],
    );
  }

  #stateOf(node: string): NodeState {
    return this.#nodes.get(node)?.state ?? 'waiting';
  }

  #set(node: NodeProgress): void {
    this.#nodes.set(node.id, node);
  }

  #progress(): string {
    return writeProgress([...this.#nodes.values()]);
  }
}
