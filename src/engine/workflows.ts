import { graphProblem, readProgress } from '../domain/workflow.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  LogChunk,
} from '../ports/executor.ts';
import type { Runs } from './engine.ts';
import type { EngineLog } from './runtime.ts';
import { WorkflowFlow, type WorkflowSources } from './workflow-flow.ts';

/** Workflow runs that one server looks after at the same time; further ones wait for their turn. */
const MAX_FOLLOWED = 500;
/** Runs of nodes may be another server's, whose signals do not reach here: look at least so often. */
const LOOK_AGAIN_MS = 2_000;
/** Wait after the store failed. */
const STORE_RETRY_MS = 500;
/** Most nodes that wake their workflow at once; beyond it they are looked at by time. */
const MAX_WATCHED = 5_000;

export interface WorkflowExecutorOptions {
  /** Asked for when the first workflow starts: they need the executors, and this is one. */
  readonly sources: () => Omit<WorkflowSources, 'runs'> & {
    readonly runs: WorkflowSources['runs'] & Pick<Runs, 'changed'>;
  };
  readonly clock: Clock;
  readonly log: EngineLog;
}

/** A workflow run that this server looks after. */
interface Live {
  fence: number;
  stopping: boolean;
  /** Told to look at once. */
  poke: () => void;
  working: Promise<void>;
}

/**
 * Runs workflows inside the engine: each node's run goes through the engine's own admission, under
 * a key of its own (`wf:<workflow run>:<node>`).
 *
 * Invariant: a node has at most one run for each run of its workflow. After a restart the flow is
 * computed anew from the nodes' runs; nothing is kept but what the attempt's progress tells.
 */
export class WorkflowExecutor implements Executor {
  readonly name = 'workflow';
  /** A workflow takes no room: what it starts takes its executor's. */
  readonly maxConcurrent = 0;
  readonly #options: WorkflowExecutorOptions;
  readonly #live = new Map<string, Live>();
  readonly #watched = new Set<string>();
  /** Attempts that wait for their turn, the oldest first. */
  readonly #queue = new Map<string, () => void>();
  #followed = 0;
  #report: (reports: readonly AttemptReport[]) => void = () => {};
  #closed = false;

  constructor(options: WorkflowExecutorOptions) {
    this.#options = options;
  }

  refuses({ task, replicas }: AttemptStart['spec']): string | null {
    const { artifact } = task;
    if (artifact.kind !== 'workflow') return 'it runs workflows only';
    if (replicas !== 1) return `a workflow runs once, not ${replicas} times; set replicas to 1`;
    return graphProblem(artifact);
  }

  open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    this.#closed = false;
    return Promise.resolve();
  }

  start(attempts: readonly AttemptStart[]): void {
    for (const { attemptId, fence } of attempts) this.#begin(attemptId, fence);
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    // Whether it was started makes no difference: starting is asking for runs by their keys.
    for (const { attemptId, fence } of attempts) this.#begin(attemptId, fence);
    return Promise.resolve();
  }

  stop(attemptId: string): void {
    const live = this.#live.get(attemptId);
    if (live === undefined) return;
    live.stopping = true;
    live.poke();
  }

  /** Nothing of a workflow outlives the server: what is not adopted does not run. */
  stopOthers(): void {}

  readLog(): Promise<LogChunk | null> {
    return Promise.resolve(null);
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  location(attemptId: string): string {
    return `the runs that workflow run ${runOf(attemptId)} started`;
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return this.#closed ? { ready: false, reason: 'shutting down' } : { ready: true, reason: '' };
  }

  /** Looks after nothing more and starts nothing more; the runs of the nodes go on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const live of this.#live.values()) live.poke();
    for (const go of this.#queue.values()) go();
    await Promise.all([...this.#live.values()].map(({ working }) => working));
  }

  #begin(attemptId: string, fence: number): void {
    if (this.#closed) return;
    const before = this.#live.get(attemptId);
    if (before !== undefined) {
      before.fence = fence;
      return;
    }
    const live: Live = { fence, stopping: false, poke: () => {}, working: Promise.resolve() };
    this.#live.set(attemptId, live);
    live.working = this.#inTurn(attemptId, live).finally(() => this.#live.delete(attemptId));
  }

  async #inTurn(attemptId: string, live: Live): Promise<void> {
    if (this.#followed >= MAX_FOLLOWED) {
      await new Promise<void>((resolve) => this.#queue.set(attemptId, resolve));
      this.#queue.delete(attemptId);
    }
    this.#followed += 1;
    try {
      await this.#follow(attemptId, live);
    } finally {
      this.#followed -= 1;
      const [next] = this.#queue.values();
      next?.();
    }
  }

  /** Looks, acts and waits until the workflow is over. Never rejects. */
  async #follow(attemptId: string, live: Live): Promise<void> {
    let flow: WorkflowFlow | null = null;
    let told = '';
    let again = false;
    let wake = (): void => {};
    live.poke = () => {
      again = true;
      wake();
    };
    while (!this.#closed) {
      again = false;
      let waitMs = LOOK_AGAIN_MS;
      try {
        flow ??= await this.#openFlow(attemptId, live);
        if (flow === null) return;
        const state = await flow.advance(live.stopping, (runId) => this.#watch(runId, live));
        if (this.#closed) return;
        const reports: AttemptReport[] = [];
        const atMs = this.#options.clock.nowMs();
        const { fence } = live;
        if (state.progress !== told) {
          told = state.progress;
          reports.push({ kind: 'progress', attemptId, fence, atMs, progress: told });
        }
        if (state.end !== null) {
          reports.push({
            kind: 'ended',
            attemptId,
            fence,
            atMs,
            exitCode: state.end.failed ? 1 : 0,
            signal: null,
            stopped: live.stopping,
            message: state.end.message,
          });
        }
        if (reports.length > 0) this.#report(reports);
        if (state.end !== null) return;
      } catch (error) {
        waitMs = STORE_RETRY_MS;
        // What was asked for meanwhile waits as well: a store that fails must not be hurried.
        again = false;
        this.#options.log.error(
          { err: error, attemptId },
          'looking after a workflow run failed; trying again',
        );
      }
      if (again) continue;
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(waitMs, () => resolve());
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
      wake = () => {};
    }
  }

  /** Null = there is nothing to look after, which has been reported. */
  async #openFlow(attemptId: string, live: Live): Promise<WorkflowFlow | null> {
    const sources = this.#options.sources();
    const runId = runOf(attemptId);
    const run = await sources.runs.get(runId);
    const at = { attemptId, fence: live.fence, atMs: this.#options.clock.nowMs() };
    if (run === null || run.spec.task.artifact.kind !== 'workflow') {
      // A hidden run is being deleted: its nodes' runs are nobody's to stop any more.
      const message = run === null ? `run ${runId} was deleted` : `run ${runId} is no workflow`;
      this.#report([{ ...at, kind: 'refused', message }]);
      return null;
    }
    const instances = await sources.runs.instances(runId);
    const attempt = instances
      .flatMap(({ attempts }) => attempts)
      .find(({ id }) => id === attemptId);
    this.#report([{ ...at, kind: 'started', pid: null }]);
    return new WorkflowFlow(
      sources,
      run,
      run.spec.task.artifact,
      // Before it has told anything itself, it is where the run was that it goes on with.
      readProgress(attempt?.progress || (run.spec.task.artifact.resumes ?? '')),
    );
  }

  /** Pokes the workflow when this run may have changed. */
  #watch(runId: string, live: Live): void {
    if (this.#watched.has(runId) || this.#watched.size >= MAX_WATCHED) return;
    this.#watched.add(runId);
    void this.#options
      .sources()
      .runs.changed(runId, LOOK_AGAIN_MS)
      .then(() => {
        this.#watched.delete(runId);
        live.poke();
      });
  }
}

/** The run part of an attempt id. */
function runOf(attemptId: string): string {
  return attemptId.split('.').slice(0, -2).join('.');
}
