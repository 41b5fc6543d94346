import path from 'node:path';
import type { PackageArtifact } from '../../domain/template.ts';
import { isAttemptId } from '../attempts/folder.ts';
import { PackageCache } from './cache/cache.ts';
import type { PackageLog } from './cache/content.ts';
import type { PackageRequest, PackageRunner, PreparedPackage, RuntimeKind } from './contract.ts';
import { maxStartBytes } from './limits.ts';
import { type ConfiguredRuntime, Runtimes } from './runtimes/runtimes.ts';
import type { DetectedRuntime } from './runtimes/runtime.ts';
import { earlyProblem, planStart, type StartPlan } from './start/plan.ts';

/** Where a container finds the package. */
const folderInContainer = '/longshore/package';

/** Section `packages` of the configuration, and what else the runner needs. */
export interface PackageRunnerOptions {
  /** Packages are kept in `packages/` below it. */
  readonly dataDir: string;
  readonly config: {
    readonly maxBytes: number;
    readonly maxUnpackedBytes: number;
    readonly maxEntries: number;
    readonly timeoutMs: number;
    readonly cacheBytes: number;
    readonly files: readonly string[];
    readonly hosts: readonly string[];
    readonly strict: boolean;
    readonly runtimes: readonly ConfiguredRuntime[];
  };
  /** Looks at this machine; `detectedRuntimes` when not given. */
  readonly detect?: () => Promise<readonly DetectedRuntime[]>;
  readonly log: PackageLog;
}

/**
 * Makes what fetches packages, keeps them, and knows how they are started.
 * @throws Error naming the entry of `hosts` that is no host.
 */
export function createPackageRunner(options: PackageRunnerOptions): PackageRunner {
  return new Runner(options);
}

class Runner implements PackageRunner {
  readonly #cache: PackageCache;
  readonly #runtimes: Runtimes;
  #opened: Promise<void> | null = null;

  constructor({ dataDir, config, detect, log }: PackageRunnerOptions) {
    const { maxBytes, timeoutMs, maxUnpackedBytes, maxEntries, cacheBytes, files, hosts } = config;
    this.#cache = new PackageCache({
      folder: path.join(path.resolve(dataDir), 'packages'),
      fetch: { maxBytes, timeoutMs },
      archive: { maxUnpackedBytes, maxEntries },
      maxBytes: cacheBytes,
      files,
      hosts,
      log,
    });
    this.#runtimes = new Runtimes({
      configured: config.runtimes,
      strict: config.strict,
      ...(detect === undefined ? {} : { detect }),
    });
  }

  open(): Promise<void> {
    this.#opened ??= this.#cache.open().catch((error: unknown) => {
      // What was wrong with the folder may be repaired by the next try.
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  refuses(artifact: PackageArtifact, via: RuntimeKind): string | null {
    if (via === 'folder' && !this.#runtimes.looked) {
      // Servers without packages never pay for the look.
      void this.#runtimes.look();
      return earlyProblem(artifact, via, this.#runtimes);
    }
    const plan = planStart(artifact, via, this.#runtimes);
    return typeof plan === 'string' ? plan : null;
  }

  async prepare(request: PackageRequest): Promise<PreparedPackage> {
    const { attemptId, artifact, via, argv, startFolder, signal } = request;
    if (!isAttemptId(attemptId)) throw new Error(`${JSON.stringify(attemptId)} is no attempt id`);
    await this.open();
    if (via === 'folder' && !this.#runtimes.looked) await this.#runtimes.look();
    const plan = planStart(artifact, via, this.#runtimes);
    if (typeof plan === 'string') throw new Error(plan);
    checkPlan(plan, argv);
    const cached = await this.#cache.acquire(artifact, attemptId, signal);
    const mountPath = via === 'folder' ? cached.folder : folderInContainer;
    return {
      folder: cached.folder,
      mountPath,
      image: plan.image,
      files: Object.entries(plan.files).map(([name, content]) => ({
        path: path.posix.join(startFolder, name),
        content,
      })),
      argv: [
        '/bin/sh',
        path.posix.join(startFolder, 'start.sh'),
        ...(plan.needsCommand ? argv : []),
      ],
      env: {
        ...plan.env,
        package_path: path.posix.join(mountPath, cached.fileName ?? ''),
      },
      note: plan.note,
    };
  }

  release(attemptId: string): void {
    this.#cache.release(attemptId);
  }
}

function checkPlan({ needsCommand, files }: StartPlan, argv: readonly string[]): void {
  if (needsCommand && argv.length === 0) {
    throw new Error('the package has no command of its own; give Command, and CommandArgs for it');
  }
  let bytes = 0;
  for (const content of Object.values(files)) bytes += Buffer.byteLength(content);
  if (bytes > maxStartBytes) {
    throw new Error(
      `options, modules and settings of the package take ${bytes} bytes, at most ${maxStartBytes} fit; put them into the package`,
    );
  }
}
