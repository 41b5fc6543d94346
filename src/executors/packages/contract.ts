import type { PackageArtifact } from '../../domain/template.ts';
import type { AttemptFile } from '../../ports/executor.ts';

/** How an executor runs a package: with a runtime of this machine, or one in an image. */
export type RuntimeKind = 'folder' | 'image';

/** What an executor wants to run of a package. */
export interface PackageRequest {
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
  /** Folder of this machine that the job must be able to read at `mountPath`. */
  readonly folder: string;
  /** Where the job finds it: the same folder on the host, a fixed one in a container. */
  readonly mountPath: string;
  /** Image with the runtime; null for a runtime of this machine. */
  readonly image: string | null;
  /** Small files of this start (scripts, server.xml, php.ini), all under `startFolder`. */
  readonly files: readonly AttemptFile[];
  readonly argv: readonly string[];
  /** Variables that the runtime needs; those of the template win over them. */
  readonly env: Readonly<Record<string, string>>;
  /** What a reader of the run should know, e.g. another version than the one named; else empty. */
  readonly note: string;
}

/** Fetches packages and knows the runtimes. */
export interface PackageRunner {
  /** Why it cannot be run that way, in words with the remedy; null when it can. */
  refuses(artifact: PackageArtifact, via: RuntimeKind): string | null;
  /** @throws Error whose message names what is wrong with the package or its address. */
  prepare(request: PackageRequest): Promise<PreparedPackage>;
}
