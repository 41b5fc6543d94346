import { DomainError } from '../../../domain/errors.ts';
import type { Document, Documents } from '../../../engine/index.ts';
import type { Project } from '../operation.ts';
import { stableId } from './identifiers.ts';

/** Most projects that can be made besides the configured ones. */
export const projectLimit = 200;

const kind = 'iam-project';

/** The account that owns the projects. */
export interface Domain {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly name: string;
}

/** Projects: those of the configuration and those that were made (cdm.md §2.2). */
export class Projects {
  readonly domain: Domain;
  readonly #configured: readonly Project[];
  readonly #documents: Pick<Documents, 'changeDocument' | 'document' | 'documents'>;

  constructor(
    options: {
      readonly accountId: string;
      readonly domain: string;
      readonly names: readonly string[];
    },
    documents: Pick<Documents, 'changeDocument' | 'document' | 'documents'>,
  ) {
    this.domain = { id: stableId('domain', options.accountId), name: options.domain };
    this.#documents = documents;
    this.#configured = [...new Set(options.names)].map((name) => ({
      id: this.#idOf(name),
      name,
      description: '',
    }));
  }

  /** Null when there is none of this id. */
  async find(id: string): Promise<Project | null> {
    const configured = this.#configured.find((project) => project.id === id);
    if (configured !== undefined) return configured;
    const document = await this.#documents.document({ dialect: 'cdm', kind, key: id });
    return document === null ? null : projectOf(document);
  }

  /** Null when there is none of this name. */
  findByName(name: string): Promise<Project | null> {
    // The id follows from the name, so no two projects can share one.
    return this.find(this.#idOf(name));
  }

  async list(): Promise<readonly Project[]> {
    const { rows } = await this.#documents.documents({
      dialect: 'cdm',
      kind,
      offset: 0,
      limit: projectLimit,
    });
    const made = rows
      .map(projectOf)
      .filter(({ id }) => !this.#configured.some((project) => project.id === id));
    return [...this.#configured, ...made];
  }

  /** @throws DomainError `already-exists`, `account-quota-exceeded`. */
  async create(name: string, description: string, nowMs: number): Promise<Project> {
    const project = { id: this.#idOf(name), name, description };
    if (this.#configured.some(({ id }) => id === project.id)) throw exists(name);
    const { total } = await this.#documents.documents({
      dialect: 'cdm',
      kind,
      offset: 0,
      limit: 1,
    });
    if (total >= projectLimit) {
      throw new DomainError(
        'account-quota-exceeded',
        `there are ${projectLimit} projects, the most allowed`,
        { limit: projectLimit },
      );
    }
    await this.#documents.changeDocument(
      { dialect: 'cdm', kind, key: project.id },
      nowMs,
      (current) => {
        if (current !== null) throw exists(name);
        return { parent: '', value: { name, description } };
      },
    );
    return project;
  }

  #idOf(name: string): string {
    return stableId('project', this.domain.id, name);
  }
}

function exists(name: string): DomainError {
  return new DomainError('already-exists', `project ${name} exists`, { project: name });
}

function projectOf({ key, value }: Document): Project {
  const { name, description } = value;
  return {
    id: key,
    name: typeof name === 'string' ? name : key,
    description: typeof description === 'string' ? description : '',
  };
}
