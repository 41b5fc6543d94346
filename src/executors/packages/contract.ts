import type { PackageArtifact } from '../../domain/template.ts';
import type { AttemptFile } from '../../ports/executor.ts';

/** How an executor runs a package: with a runtime of this machine, or one in an image. */
export type RuntimeKind = 'folder' | 'image';

/** What an executor wants to run of a package. */
export interface PackageRequest {
  /** Who will use it: what it uses stays on the disk until `release` names the same attempt. */
  readonly attemptId: string;
  readonly artifact: PackageArtifact;
  readonly via: RuntimeKind;
  /** Command of the template, for packages that have no start command of their own. */
  readonly argv: readonly string[];
  /**
   * Where `files` of the answer will lie, as the job sees it: a folder of this attempt. Absolute,
   * writable by nobody but the server.
   */
  readonly startFolder: string;
  /** Ends the work early. */
  readonly signal: AbortSignal;
}

/** A package on this machine, ready to be run any number of times. */
export interface PreparedPackage {
  /** Folder of this machine that the job must be able to read, but not to write, at `mountPath`. */
  readonly folder: string;
  /** Where the job finds it: the same folder on the host, a fixed one in a container. */
  readonly mountPath: string;
  /** Image with the runtime; null for a runtime of this machine. */
  readonly image: string | null;
  /**
   * Small files of this start (scripts, server.xml, php.ini), all directly in `startFolder`. The
   * job must be able to read them; none needs to be executable.
   */
  readonly files: readonly AttemptFile[];
  readonly argv: readonly string[];
  /** Variables that the runtime needs; those of the template win over them. */
  readonly env: Readonly<Record<string, string>>;
  /** What a reader of the run should know, e.g. another version than the one named; else empty. */
  readonly note: string;
}

/** Fetches packages and knows the runtimes. */
export interface PackageRunner {
  /**
   * Reads what is kept. Repeating it is harmless; `prepare` does it when nobody did.
   * @throws Error of the file system, when the folder for packages cannot be used.
   */
  open(): Promise<void>;
  /**
   * Why it cannot be run that way, in words with the remedy; null when it can. The runtimes of this
   * machine are looked for when the first package asks: until they are known it is null for them
   * too, and `prepare` says what is missing.
   */
  refuses(artifact: PackageArtifact, via: RuntimeKind): string | null;
  /** @throws Error whose message names what is wrong with the package or its address. */
  prepare(request: PackageRequest): Promise<PreparedPackage>;
  /**
   * The attempt is over, also one of an earlier life of the server: what it used may go when room
   * is needed. Cheap; unknown ones are none. A failed `prepare` has released by itself.
   */
  release(attemptId: string): void;
}
