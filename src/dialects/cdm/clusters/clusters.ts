import { DomainError } from '../../../domain/errors.ts';
import type { Engine } from '../../../engine/index.ts';
import { WireError } from '../../huawei/errors.ts';
import type { Project } from '../../huawei/operation.ts';
import { cdmError } from '../errors.ts';
import type { Cluster, ClusterSpec, ClusterState } from './cluster.ts';
import {
  eraseContents,
  hasActiveRuns,
  scheduledJobs,
  setSchedules,
  stopActiveRuns,
} from './contents.ts';
import { clusterLimit, ClusterRecords, type RecordsOptions } from './records.ts';

/** How often a cluster that ends is looked at while no one asks. */
const endingCheckMs = 1_000;

/** What clusters need of their surroundings. */
export interface ClustersOptions extends RecordsOptions {
  readonly engine: Pick<Engine, 'documents' | 'runs' | 'templates' | 'links'>;
  uuid(): string;
  /** Told what went wrong while no request was there to be answered. */
  failed(error: unknown): void;
}

/** The clusters of all projects (cdm.md §3.14 and appendix B). Implements `ClusterGate`. */
export class Clusters {
  readonly #options: ClustersOptions;
  readonly #records: ClusterRecords;
  /** Clusters that stop or restart on this server's watch. */
  readonly #ending = new Map<string, Project>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ClustersOptions) {
    this.#options = options;
    this.#records = new ClusterRecords(options);
  }

  /** Oldest first. */
  async list(project: Project): Promise<readonly Cluster[]> {
    const clusters = await this.#records.list(project);
    const settled = await Promise.all(
      clusters.map((cluster) => this.#settledIfThere(project, cluster)),
    );
    return settled.filter((cluster) => cluster !== null);
  }

  /** Null when the project has none of this id. */
  async find(project: Project, id: string): Promise<Cluster | null> {
    const cluster = await this.#records.find(project, id);
    return cluster === null ? null : this.#settledIfThere(project, cluster);
  }

  /** @throws WireError 404 Cdm.0201. */
  async require(project: Project, id: string): Promise<Cluster> {
    const cluster = await this.find(project, id);
    if (cluster === null) throw cdmError('Cdm.0201', id);
    return cluster;
  }

  /** @throws WireError 404 Cdm.0201; 503 Cdm.0037 when it starts nothing now. */
  async requireAccepting(project: Project, id: string): Promise<Cluster> {
    const cluster = await this.require(project, id);
    if (cluster.state === 'normal') return cluster;
    throw cdmError('Cdm.0037', `cluster [${id}] is ${cluster.state}.`);
  }

  /** Those that exist in the project and accept starts, each once, in this order. */
  async accepting(project: Project, ids: readonly string[]): Promise<readonly Cluster[]> {
    const clusters: Cluster[] = [];
    for (const id of new Set(ids)) {
      const cluster = await this.find(project, id);
      if (cluster?.state === 'normal') clusters.push(cluster);
    }
    return clusters;
  }

  /** @throws DomainError `account-quota-exceeded`. */
  async create(project: Project, given: Partial<ClusterSpec>): Promise<Cluster> {
    if ((await this.list(project)).length >= clusterLimit) {
      throw new DomainError(
        'account-quota-exceeded',
        `the project has ${clusterLimit} clusters, the most allowed: delete some`,
        { limit: clusterLimit },
      );
    }
    return this.#records.create(project, this.#options.uuid(), given);
  }

  /** Changes what the user said about it. @throws WireError 404 Cdm.0201. */
  modify(project: Project, id: string, change: Partial<ClusterSpec>): Promise<Cluster> {
    return this.#records.change(project, id, (current) => ({
      ...current,
      spec: { ...current.spec, ...change },
    }));
  }

  /** @throws WireError 404 Cdm.0201, 400 Cdm.0202 unless it is stopped. */
  async start(project: Project, id: string): Promise<Cluster> {
    const cluster = await this.#records.change(project, id, (current) => {
      if (current.state !== 'stopped') throw cdmError('Cdm.0202', id, current.state);
      return { ...current, state: 'normal', killAtMs: null };
    });
    return this.#settled(project, cluster);
  }

  /**
   * Lets nothing start any more, and ends when nothing runs any more.
   * @param how `restarting` comes back by itself.
   * @param killAtMs when what still runs is stopped; null = it may take as long as it takes.
   * @throws WireError 404 Cdm.0201, 400 Cdm.0202 while it is stopped.
   */
  async end(
    project: Project,
    id: string,
    how: 'stopping' | 'restarting',
    killAtMs: number | null,
  ): Promise<Cluster> {
    const scheduled = await scheduledJobs(this.#options.engine, id);
    const cluster = await this.#records.change(project, id, (current) => {
      // A stop may overtake a slower one and a restart, and nothing else.
      const allowed =
        current.state === 'normal' || (how === 'stopping' && current.state !== 'stopped');
      if (!allowed) throw cdmError('Cdm.0202', id, current.state);
      const resting = [...new Set([...current.resting, ...scheduled])];
      return { ...current, state: how, killAtMs, resting };
    });
    return this.#settled(project, cluster);
  }

  /** Deletes it with all that it holds; runs are stopped first. @throws WireError 404 Cdm.0201. */
  async remove(project: Project, id: string, by: string): Promise<void> {
    await this.require(project, id);
    await this.#records.remove(project, id);
    this.#ending.delete(id);
    await eraseContents(this.#options.engine, id, by, this.#options.nowMs());
  }

  /** Id of the cluster that the project has from the start. */
  firstId(project: Project): string {
    return this.#records.firstId(project);
  }

  /** Goes on with what an earlier life of this server began. Changes nothing by itself yet. */
  async resume(projects: readonly Project[]): Promise<void> {
    for (const project of projects) {
      for (const cluster of await this.#records.list(project)) {
        if (isUnsettled(cluster)) this.#watch(project, cluster.id);
      }
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#ending.clear();
  }

  /** The cluster as it is now: one that ends may have ended, or be due to be emptied. */
  async #settled(project: Project, cluster: Cluster): Promise<Cluster> {
    if (!isUnsettled(cluster)) return cluster;
    const { id, state, killAtMs, resting } = cluster;
    const { engine } = this.#options;
    if (state === 'normal') {
      await setSchedules(engine, resting, false);
      this.#ending.delete(id);
      return this.#records.change(project, id, (current) =>
        current.state === state ? { ...current, resting: [] } : current,
      );
    }
    await setSchedules(engine, resting, true);
    if (killAtMs !== null && killAtMs <= this.#options.nowMs()) await stopActiveRuns(engine, id);
    if (await hasActiveRuns(engine, id)) {
      this.#watch(project, id);
      return cluster;
    }
    this.#ending.delete(id);
    const next: ClusterState = state === 'stopping' ? 'stopped' : 'normal';
    const ended = await this.#records.change(project, id, (current) =>
      current.state === state ? { ...current, state: next, killAtMs: null } : current,
    );
    return ended.state === 'normal' ? this.#settled(project, ended) : ended;
  }

  /** Null when somebody deletes it meanwhile. */
  async #settledIfThere(project: Project, cluster: Cluster): Promise<Cluster | null> {
    try {
      return await this.#settled(project, cluster);
    } catch (error) {
      if (error instanceof WireError && error.code === 'Cdm.0201') return null;
      throw error;
    }
  }

  #watch(project: Project, id: string): void {
    this.#ending.set(id, project);
    if (this.#timer !== null) return;
    let looking = false;
    this.#timer = setInterval(() => {
      if (looking) return;
      looking = true;
      void this.#lookAtEnding().finally(() => {
        looking = false;
      });
    }, endingCheckMs);
    this.#timer.unref();
  }

  async #lookAtEnding(): Promise<void> {
    for (const [id, project] of this.#ending) {
      try {
        const cluster = await this.find(project, id);
        // Another server may have seen to it.
        if (cluster === null || !isUnsettled(cluster)) this.#ending.delete(id);
      } catch (error) {
        this.#options.failed(error);
      }
    }
    if (this.#ending.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}

/** Whether something is left to do before it is what its state says. */
function isUnsettled({ state, resting }: Cluster): boolean {
  return state === 'normal' ? resting.length > 0 : state !== 'stopped';
}
