import type { AttemptStart } from '../../ports/executor.ts';
import type { EngineApi } from './api.ts';
import { EngineError, EngineUnreachable } from './client.ts';
import type { EngineConnection } from './connection.ts';
import { containerConfig, type Ulimit } from './container-config.ts';
import type { Limiter } from './limiter.ts';
import { engineAwayMs, maxGraceMs } from './limits.ts';
import { hasMounts, type Preparers, prepare, type Prepared } from './prepare.ts';
import type { Pulls } from './pulls.ts';
import { writeAttempt } from './records.ts';

/** When an image is pulled before a container is made of it. */
export type PullPolicy = 'if-not-present' | 'always' | 'never';

/** A container was not started. */
export class NotStarted extends Error {
  /** Whether the engine went away meanwhile, so that it may run all the same. */
  readonly uncertain: boolean;

  constructor(message: string, uncertain: boolean) {
    super(message);
    this.uncertain = uncertain;
  }
}

interface StarterOptions extends Preparers {
  readonly api: EngineApi;
  readonly connection: EngineConnection;
  readonly pulls: Pulls;
  readonly starting: Limiter;
  readonly hostLabel: string;
  readonly pullPolicy: PullPolicy;
  readonly network: string;
  readonly maxLogBytes: number;
  readonly pidsLimit: number;
  readonly ulimits: readonly Ulimit[];
}

/** Brings an attempt from its folder to a running container, with two calls to the engine. */
export class Starter {
  readonly #options: StarterOptions;

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  /**
   * @throws NotStarted, or another Error whose message says what is wrong; the reason of `signal`
   * when that ends it.
   */
  async start(
    start: AttemptStart,
    place: { readonly folder: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<{ readonly container: string; readonly note: string }> {
    const { spec } = start;
    const record = {
      graceMs: Math.min(Math.max(Math.round(spec.graceMs), 0), maxGraceMs),
      preStop: spec.task.preStop,
      collect: filesToCollect(start),
      memoryMib: spec.resources.memoryMib,
      note: '',
      hasMounts: hasMounts(start),
    };
    // Before anything is mounted, so that it is taken back whatever happens.
    writeAttempt(place.folder, record);
    const prepared = await prepare(start, place.folder, this.#options, signal);
    if (prepared.note !== '') writeAttempt(place.folder, { ...record, note: prepared.note });
    if (this.#options.pullPolicy === 'always') await this.#pull(prepared.image, start, signal);
    const container = await this.#makeAndStart(start, place.name, prepared, signal);
    return { container, note: prepared.note };
  }

  async #makeAndStart(
    start: AttemptStart,
    name: string,
    prepared: Prepared,
    signal: AbortSignal,
  ): Promise<string> {
    const { api, starting } = this.#options;
    for (;;) {
      await this.#whenUp(signal);
      const outcome = await starting.run(async () => {
        signal.throwIfAborted();
        const made = await this.#make(start, name, prepared);
        if (made === null) return null;
        if (signal.aborted) {
          await api.remove(made, false);
          signal.throwIfAborted();
        }
        await this.#begin(made);
        return made;
      });
      if (outcome !== null) return outcome;
      // Outside of the limiter: others may start while this one waits for its image.
      await this.#pull(prepared.image, start, signal);
    }
  }

  /** Null when the image is missing and may be pulled. */
  async #make(start: AttemptStart, name: string, prepared: Prepared): Promise<string | null> {
    const { api, connection, pullPolicy } = this.#options;
    const { hostLabel, network, maxLogBytes, pidsLimit, ulimits } = this.#options;
    const body = containerConfig({
      ...prepared,
      start,
      hostLabel,
      network,
      maxLogBytes,
      pidsLimit,
      ulimits,
      cpus: connection.cpus,
    });
    try {
      return await api.create(name, body);
    } catch (error) {
      if (error instanceof EngineUnreachable) throw wentAway(error);
      if (!(error instanceof EngineError)) throw error;
      const missing = error.status === 404 && !(await api.hasImage(prepared.image));
      if (!missing) {
        throw new Error(`the container could not be made: ${error.message}`, { cause: error });
      }
      if (pullPolicy === 'if-not-present') return null;
      throw new Error(
        `the image ${prepared.image} is not on this machine${pullPolicy === 'never' ? '; load it, or let container.pullPolicy pull it' : ' although it was just pulled'}`,
        { cause: error },
      );
    }
  }

  async #begin(container: string): Promise<void> {
    try {
      await this.#options.api.start(container);
    } catch (error) {
      if (error instanceof EngineUnreachable) throw wentAway(error);
      throw new Error(`the container could not be started: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #pull(image: string, start: AttemptStart, signal: AbortSignal): Promise<void> {
    return this.#options.pulls.pull(image, start.registryConfig ?? null, signal);
  }

  async #whenUp(signal: AbortSignal): Promise<void> {
    const { connection } = this.#options;
    if (connection.connected) return;
    const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(engineAwayMs - connection.awayMs)));
    try {
      await connection.up(AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (timeout.aborted) throw new Error(connection.problem, { cause: error });
      throw error;
    }
  }
}

function wentAway(error: Error): NotStarted {
  return new NotStarted(`the container engine went away during the start: ${error.message}`, true);
}

function filesToCollect({ spec }: AttemptStart): readonly string[] {
  const paths = (spec.task.collect ?? []).flatMap(({ source }) =>
    source.kind === 'file' ? [source.path] : [],
  );
  return [...new Set(paths)];
}
