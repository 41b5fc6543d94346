import fs from 'node:fs';
import path from 'node:path';
import type { JobSpec } from '../../domain/template.ts';
import type { AttemptStart } from '../../ports/executor.ts';
import type { MountProvider } from '../mounts/contract.ts';
import { keepOnlyCopies } from '../mounts/manifest.ts';
import { namespaceProblem, prepareNamespace } from '../mounts/namespace.ts';
import { attemptsDir, isAttemptId } from '../attempts/folder.ts';
import type { JobUser } from './protocol.ts';

/**
 * Gives processes of this machine a file system with mounts, ConfigMaps and hosts lines of their
 * own. What it makes for an attempt lies in `<dataDir>/mounts/<attemptId>`, closed to the job.
 */
export class JobFileSystems {
  readonly #mounts: MountProvider | null;
  readonly #dataDir: string;
  readonly #releasing = new Set<Promise<void>>();
  #problem: string | null = 'not opened yet';

  constructor(mounts: MountProvider | null, dataDir: string) {
    this.#mounts = mounts;
    this.#dataDir = dataDir;
  }

  /** Finds out whether this machine can do it for jobs of that user. */
  async open(user: JobUser | null): Promise<void> {
    this.#problem = await namespaceProblem(user);
  }

  /** Why a job cannot have the file system it asks for, with the remedy; null when it can. */
  refuses({ task }: JobSpec): string | null {
    const { mounts = [], hostAliases = [] } = task;
    if (mounts.length === 0 && hostAliases.length === 0) return null;
    if (this.#problem !== null) return this.#problem;
    if (mounts.every(({ source }) => source.kind === 'config-map')) return null;
    return this.#mounts === null
      ? 'this server mounts no volumes and no buckets'
      : this.#mounts.refuses(mounts, 'process');
  }

  /**
   * Prepares what the attempt asks for. `keep` are folders of this machine that it needs besides
   * its own.
   * @returns the folder that `wrapArgv` takes; null when it asks for nothing.
   * @throws Error whose message tells the user what is wrong.
   */
  async prepare(
    start: AttemptStart,
    keep: readonly string[],
    signal: AbortSignal,
  ): Promise<string | null> {
    const { files = [], mounts = [], attemptId } = start;
    const { hostAliases = [] } = start.spec.task;
    if (files.length === 0 && mounts.length === 0 && hostAliases.length === 0) return null;
    if (this.#problem !== null) throw new Error(this.#problem);
    const scratch = this.#scratch(attemptId);
    try {
      await fs.promises.mkdir(scratch, { recursive: true, mode: 0o700 });
      const prepared = await this.#mounts?.prepare(mounts, scratch, signal);
      const wish = { binds: prepared?.binds ?? [], files, hostAliases };
      const own = [attemptsDir(this.#dataDir), ...keep];
      return (await prepareNamespace({ ...wish, keep: own }, scratch)).folder;
    } catch (error) {
      await this.remove(attemptId);
      throw error;
    }
  }

  /** Whether something was made for the attempt. */
  has(attemptId: string): boolean {
    return fs.existsSync(this.#scratch(attemptId));
  }

  /**
   * Takes back what an ended attempt changed.
   * @returns what could not be taken back, '' usually.
   */
  async finish(attemptId: string, signal: AbortSignal): Promise<string> {
    try {
      await this.#mounts?.finish(this.#scratch(attemptId), signal);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  /**
   * Nothing more is done for the attempt: what was made for it goes, for it may hold secrets.
   * Objects that could not be taken back stay until `remove`. Never fails: what is left goes then.
   */
  release(attemptId: string): void {
    if (!isAttemptId(attemptId) || !this.has(attemptId)) return;
    const work = keepOnlyCopies(this.#scratch(attemptId)).catch(() => undefined);
    this.#releasing.add(work);
    void work.then(() => this.#releasing.delete(work));
  }

  /** Resolves when everything that was released is gone. */
  async released(): Promise<void> {
    await Promise.all(this.#releasing);
  }

  /** Removes what was made for an attempt that runs no more. */
  async remove(attemptId: string): Promise<void> {
    if (!isAttemptId(attemptId)) return;
    await fs.promises.rm(this.#scratch(attemptId), { recursive: true, force: true });
  }

  #scratch(attemptId: string): string {
    return path.join(this.#dataDir, 'mounts', attemptId);
  }
}
