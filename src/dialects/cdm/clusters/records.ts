import type { Document, Engine } from '../../../engine/index.ts';
import { stableUuid } from '../../huawei/iam/identifiers.ts';
import type { Project } from '../../huawei/operation.ts';
import { cdmError } from '../errors.ts';
import {
  type Cluster,
  clusterSpec,
  type ClusterSpec,
  readStored,
  type StoredCluster,
} from './cluster.ts';

/** Most clusters of one project. */
export const clusterLimit = 100;

const kind = 'cluster';

/** What records need of their surroundings. */
export interface RecordsOptions {
  readonly engine: Pick<Engine, 'documents'>;
  /** What the cluster is that each project has from the start. */
  readonly first: Pick<ClusterSpec, 'name' | 'flavorId'>;
  nowMs(): number;
}

/** What is kept of clusters. The first one of a project needs a document only once it changed. */
export class ClusterRecords {
  readonly #options: RecordsOptions;
  /** When the first clusters are said to have been made, as long as nothing is stored of them. */
  #sinceMs: number | null = null;

  constructor(options: RecordsOptions) {
    this.#options = options;
  }

  /** Oldest first. */
  async list(project: Project): Promise<readonly Cluster[]> {
    const { rows } = await this.#options.engine.documents.documents({
      dialect: 'cdm',
      kind,
      parent: project.id,
      offset: 0,
      // The first one keeps its document when it is deleted.
      limit: clusterLimit + 1,
    });
    const firstId = this.firstId(project);
    const first = rows.some(({ key }) => key === firstId) ? [] : [this.#first(project)];
    return [...first, ...rows.flatMap((row) => clusterOf(row) ?? [])];
  }

  /** Null when the project has none of this id. */
  async find(project: Project, id: string): Promise<Cluster | null> {
    const document = await this.#options.engine.documents.document(nameOf(id));
    if (document === null) return id === this.firstId(project) ? this.#first(project) : null;
    return document.parent === project.id ? clusterOf(document) : null;
  }

  async create(project: Project, id: string, given: Partial<ClusterSpec>): Promise<Cluster> {
    const value = { ...fresh(clusterSpec(given)) };
    return this.#write(id, () => ({ parent: project.id, value }));
  }

  /** @throws WireError 404 Cdm.0201; what `change` throws passes through. */
  change(
    project: Project,
    id: string,
    change: (current: StoredCluster) => StoredCluster,
  ): Promise<Cluster> {
    return this.#write(id, (current) => {
      if (current !== null && current.parent !== project.id) throw cdmError('Cdm.0201', id);
      const isFirst = current === null && id === this.firstId(project);
      const stored = current === null ? null : readStored(current);
      const before = isFirst ? fresh(this.#firstSpec()) : stored;
      if (before === null || before.deleted) throw cdmError('Cdm.0201', id);
      return { parent: project.id, value: { ...change(before) } };
    });
  }

  async remove(project: Project, id: string): Promise<void> {
    const { engine } = this.#options;
    await engine.documents.changeDocument(nameOf(id), this.#options.nowMs(), (current) => {
      // Without a document the first one would be there again.
      if (id !== this.firstId(project)) return null;
      const stored = current === null ? null : readStored(current);
      const value = { ...(stored ?? fresh(this.#firstSpec())), deleted: true };
      return { parent: project.id, value };
    });
  }

  /** Id of the cluster that the project has from the start. */
  firstId(project: Project): string {
    return stableUuid('cluster', project.id);
  }

  async #write(
    id: string,
    revise: Parameters<Engine['documents']['changeDocument']>[2],
  ): Promise<Cluster> {
    const { engine } = this.#options;
    const now = this.#options.nowMs();
    const document = await engine.documents.changeDocument(nameOf(id), now, revise);
    const cluster = document === null ? null : clusterOf(document);
    if (cluster === null) throw cdmError('Cdm.0201', id);
    return cluster;
  }

  #firstSpec(): ClusterSpec {
    return clusterSpec(this.#options.first);
  }

  #first(project: Project): Cluster {
    this.#sinceMs ??= this.#options.nowMs();
    const { deleted: _, ...kept } = fresh(this.#firstSpec());
    return {
      id: this.firstId(project),
      projectId: project.id,
      ...kept,
      createdAtMs: this.#sinceMs,
      updatedAtMs: this.#sinceMs,
    };
  }
}

function nameOf(id: string) {
  return { dialect: 'cdm', kind, key: id } as const;
}

function fresh(spec: ClusterSpec): StoredCluster {
  return { spec, state: 'normal', killAtMs: null, resting: [], deleted: false };
}

function clusterOf(document: Document): Cluster | null {
  const stored = readStored(document);
  if (stored === null || stored.deleted) return null;
  const { key, parent, createdAtMs, updatedAtMs } = document;
  const { deleted: _, ...kept } = stored;
  return { id: key, projectId: parent, ...kept, createdAtMs, updatedAtMs };
}
