import path from 'node:path';
import { lookAgainMs } from '../limits.ts';
import { programIn } from './candidates.ts';
import { detectedRuntimes } from './detect.ts';
import { probeJava, probePhp, probePython, probeTomcat } from './probes.ts';
import {
  describeRuntime,
  type DetectedRuntime,
  familyNames,
  type RuntimeFamily,
} from './runtime.ts';
import { isExactly, nearest, versionParts } from './versions.ts';

/** One entry of `packages.runtimes`. */
export interface ConfiguredRuntime {
  readonly name: string;
  readonly folder?: string;
  readonly image?: string;
}

export interface RuntimesOptions {
  readonly configured: readonly ConfiguredRuntime[];
  /** Whether a runtime that is not exactly the one named is refused. */
  readonly strict: boolean;
  /** Looks at this machine; `detectedRuntimes` when not given. */
  readonly detect?: () => Promise<readonly DetectedRuntime[]>;
}

/** A runtime of this machine for a name, with what a reader should know about it. */
export interface ChosenRuntime {
  readonly runtime: DetectedRuntime;
  /** Which other one was asked for; '' when it is exactly that one. */
  readonly note: string;
}

/**
 * Which runtime a name of a template means: what the operator configured, else what this machine
 * has. The machine is looked at once, and again when something was missing for a while.
 */
export class Runtimes {
  readonly #options: RuntimesOptions;
  readonly #folders = new Map<string, ConfiguredRuntime & { readonly folder: string }>();
  readonly #images = new Map<string, string>();
  /** What was found in configured folders, by folder and family. */
  readonly #configured = new Map<string, DetectedRuntime>();
  #found: readonly DetectedRuntime[] = [];
  #looking: Promise<void> | null = null;
  #lookedAtMs = -Infinity;

  constructor(options: RuntimesOptions) {
    this.#options = options;
    for (const { name, folder, image } of options.configured) {
      if (folder !== undefined) this.#folders.set(keyOf(name), { name, folder });
      if (image !== undefined) this.#images.set(keyOf(name), image);
    }
  }

  /** Whether this machine was looked at. */
  get looked(): boolean {
    return this.#lookedAtMs !== -Infinity;
  }

  /** Looks at this machine; a look that is under way is shared. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** The configured image for a name; null when there is none. */
  image(name: string): string | null {
    return this.#images.get(keyOf(name)) ?? null;
  }

  /** Why this machine is not to run it: the operator chose an image for it. Null = it may. */
  elsewhere(name: string): string | null {
    const image = this.image(name);
    if (image === null || this.#folders.has(keyOf(name))) return null;
    return `packages.runtimes has ${name} in the image ${image}, which needs containers; give it a folder too to run it as a process`;
  }

  /** @returns the runtime of this machine, or why there is none, with the remedy. */
  choose(family: RuntimeFamily, name: string): ChosenRuntime | string {
    const folder = this.#folders.get(keyOf(name))?.folder;
    if (folder !== undefined) return this.#chosenFolder(family, name, folder);
    const runtime = nearest(
      name,
      this.#found.filter((candidate) => candidate.family === family),
    );
    if (runtime === null) {
      this.#lookAgain();
      return `this machine has no ${familyNames[family]} for ${name}; install one, or set its folder in packages.runtimes`;
    }
    if (isExactly(name, runtime)) return { runtime, note: '' };
    if (!this.#options.strict) return { runtime, note: substitution(name, runtime) };
    this.#lookAgain();
    return (
      `this machine does not have ${name} exactly, only ${describeRuntime(runtime)}; ` +
      'install it, set its folder in packages.runtimes, or turn packages.strict off'
    );
  }

  #chosenFolder(family: RuntimeFamily, name: string, folder: string): ChosenRuntime | string {
    const runtime = this.#configured.get(`${family} ${folder}`);
    if (runtime === undefined) {
      this.#lookAgain();
      return `${folder}, configured for ${name} in packages.runtimes, holds no ${familyNames[family]} that answers`;
    }
    // The operator chose it: strict has nothing to refuse, but a reader should know.
    return { runtime, note: isExactly(name, runtime) ? '' : substitution(name, runtime) };
  }

  /** What is missing may have been installed since; the next one to ask finds it. */
  #lookAgain(): void {
    if (performance.now() - this.#lookedAtMs > lookAgainMs) void this.look();
  }

  async #look(): Promise<void> {
    this.#found = await (this.#options.detect ?? detectedRuntimes)();
    const java = this.#found.find(({ family }) => family === 'java')?.program ?? null;
    const own = [...this.#folders.values()].map(({ folder }) => probeJava(folder));
    const javas = (await Promise.all(own)).filter((runtime) => runtime !== null);
    for (const runtime of javas) this.#configured.set(`java ${runtime.home}`, runtime);
    for (const { folder } of this.#folders.values()) {
      for (const runtime of await othersIn(folder, javas[0]?.program ?? java)) {
        this.#configured.set(`${runtime.family} ${folder}`, runtime);
      }
    }
    this.#lookedAtMs = performance.now();
  }
}

/** Runtimes other than Java in a configured folder. */
async function othersIn(folder: string, java: string | null): Promise<readonly DetectedRuntime[]> {
  const python = await programIn(folder, /^python(?:3(?:\.\d+)?)?$/);
  const php = await programIn(folder, /^php\d*(?:\.\d+)?$/);
  const found = [
    python === null ? null : await probePython(python),
    php === null ? null : await probePhp(php),
    java === null ? null : await probeTomcat(path.resolve(folder), java),
  ];
  return found.filter((runtime) => runtime !== null);
}

function substitution(name: string, runtime: DetectedRuntime): string {
  const words = `${name} was asked for, ${describeRuntime(runtime)} runs it`;
  const jakarta =
    runtime.family === 'tomcat' && (versionParts(runtime.version, 'tomcat')[0] ?? 0) >= 10;
  return jakarta
    ? `${words}, which knows jakarta.servlet only: applications for javax.servlet need Tomcat 9 or older`
    : words;
}

function keyOf(name: string): string {
  return name.trim().toLowerCase();
}
