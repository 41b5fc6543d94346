import { setTimeout as pause } from 'node:timers/promises';
import { readStop, type StopRecord } from '../attempts/folder.ts';
import type { AttemptReport, AttemptStart } from '../../ports/executor.ts';
import type { MountProvider } from '../mounts/contract.ts';
import type { EngineApi } from './api.ts';
import { EngineUnreachable } from './client.ts';
import type { EngineConnection } from './connection.ts';
import { endOf, type Ending } from './ending.ts';
import { runHook } from './hooks.ts';
import type { Limiter } from './limiter.ts';
import { followBackoffMs, postStartMs } from './limits.ts';
import { finishMounts } from './prepare.ts';
import {
  type AttemptRecord,
  type EndRecord,
  makeFolder,
  readAttempt,
  readEnd,
  recordStop,
  removeSecrets,
  writeEnd,
} from './records.ts';
import { NotStarted, type Starter } from './starter.ts';
import { stopContainer } from './stop.ts';
import { ContainerWatch } from './watch.ts';

/** What all attempts of an executor share. */
export interface Shared {
  readonly api: EngineApi;
  readonly connection: EngineConnection;
  readonly starter: Starter;
  readonly removing: Limiter;
  readonly mounts: MountProvider;
  readonly maxLogBytes: number;
  /** Ends with the executor: everything is let go as it is. */
  readonly closing: AbortSignal;
  nowMs(): number;
  report(report: AttemptReport): void;
  warn(fields: object, message: string): void;
}

/**
 * One attempt and its container, from its start or adoption until its end is reported and the
 * container is gone. Whatever breaks off is settled by asking the engine what is there.
 */
export class ContainerAttempt {
  readonly id: string;
  /** Resolves when nothing of it is under way any more. */
  readonly over: Promise<void>;
  fence: number;
  /** Whether nobody asks for it: it is stopped, recorded and not reported. */
  silent: boolean;
  readonly #shared: Shared;
  readonly #folder: string;
  readonly #name: string;
  /** Ends what comes before the start. */
  readonly #beforeStart = new AbortController();
  /** Ends what goes on beside the running container. */
  readonly #running = new AbortController();
  readonly #settled = Promise.withResolvers<void>();
  #record: AttemptRecord | null = null;
  #watch: ContainerWatch | null = null;
  #stop: StopRecord | null = null;
  #stopping: Promise<string> | null = null;
  #container: string | null = null;
  #startedAtMs: number | null = null;
  #reported = false;
  #hasExited = false;
  /** Whether what the job changed in mounts did not go back. */
  #mountsLeft = false;

  constructor(
    shared: Shared,
    identity: { readonly id: string; readonly folder: string; readonly name: string },
    fence: number,
    silent: boolean,
  ) {
    this.#shared = shared;
    this.id = identity.id;
    this.#folder = identity.folder;
    this.#name = identity.name;
    this.fence = fence;
    this.silent = silent;
    this.over = this.#settled.promise;
    shared.closing.addEventListener('abort', this.#letGo, { once: true });
  }

  /** Whether its end was reported, or it is nobody's. */
  get reported(): boolean {
    return this.#reported;
  }

  /** Makes and starts the container; the first start of this id ever, or none. */
  begin(start: AttemptStart): void {
    void this.#whole(() => this.#begin(start));
  }

  /** Finds out what became of it. `started`: whether the store knows that it was started. */
  adopt(started: boolean): void {
    void this.#whole(() => this.#adopt(started));
  }

  /** Adopted again under another fence: what was told goes out anew. */
  claim(fence: number): void {
    this.fence = fence;
    this.silent = false;
    if (this.#startedAtMs !== null) this.#tellStarted();
  }

  /** PreStop, SIGTERM, grace, SIGKILL; before the start there will be none. */
  stop(): void {
    this.#beginStop({ atMs: this.#shared.nowMs(), cause: 'asked', message: '' });
  }

  /** The engine says that the container has ended, or may have. */
  exited(): void {
    this.#hasExited = true;
    this.#watch?.exited();
  }

  async #whole(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Closed: the next life of the server goes on from what is on the disk.
      if (!this.#shared.closing.aborted) {
        this.#shared.warn({ err: error, attemptId: this.id }, 'an attempt could not be followed');
        // The container may still write to them.
        this.#mountsLeft = readAttempt(this.#folder).hasMounts;
        this.#end({ kind: 'lost', message: (error as Error).message });
      }
    } finally {
      this.#shared.closing.removeEventListener('abort', this.#letGo);
      this.#running.abort(new Error('over'));
      this.#settled.resolve();
    }
  }

  async #begin(start: AttemptStart): Promise<void> {
    let begun: { readonly container: string; readonly note: string };
    try {
      this.#beforeStart.signal.throwIfAborted();
      if (!makeFolder(this.#folder)) return await this.#adopt(false);
      const place = { folder: this.#folder, name: this.#name };
      begun = await this.#shared.starter.start(start, place, this.#beforeStart.signal);
    } catch (error) {
      if (this.#shared.closing.aborted) throw error;
      const message =
        this.#stop === null ? (error as Error).message : 'stopped before it was started';
      if (error instanceof NotStarted && error.uncertain) return await this.#adopt(false, message);
      return await this.#refuse(message);
    }
    this.#startedAtMs = this.#shared.nowMs();
    this.#container = begun.container;
    this.#record = readAttempt(this.#folder);
    this.#tellStarted();
    if (this.#stop !== null) this.#runStop(false);
    const { postStart } = start.spec.task;
    if (postStart !== null && postStart.length > 0)
      void this.#postStart(begun.container, postStart);
    await this.#watchToEnd(begun.container);
  }

  async #adopt(started: boolean, why = 'the server stopped before the start'): Promise<void> {
    const { api } = this.#shared;
    const earlier = readEnd(this.#folder);
    if (earlier !== null) {
      this.#pass(earlier);
      return await this.#removeContainer();
    }
    const state = await this.#engine(async () => {
      const found = await api.inspect(this.#name);
      if (found?.phase !== 'created') return found;
      // A start of the former life may still be on its way: where it wins, the container stays.
      return (await api.remove(found.id, false)) ? null : await api.inspect(this.#name);
    });
    if (state === null) {
      if (!started) return await this.#refuse(why);
      makeFolder(this.#folder);
      await this.#endLost('its container is gone: nobody saw how it ended');
      return;
    }
    makeFolder(this.#folder);
    this.#record = readAttempt(this.#folder);
    this.#startedAtMs = state.startedAtMs ?? this.#shared.nowMs();
    this.#container = state.id;
    this.#tellStarted();
    const earlierStop = readStop(this.#folder);
    if (earlierStop !== null) this.#stop = earlierStop;
    if (this.#stop !== null && state.phase === 'running') this.#runStop(earlierStop !== null);
    await this.#watchToEnd(state.id);
  }

  /** Until the end; then the record, the report, the removal. */
  async #watchToEnd(container: string): Promise<void> {
    const { api, maxLogBytes, closing } = this.#shared;
    const record = this.#record ?? readAttempt(this.#folder);
    const watch = new ContainerWatch({
      api,
      container,
      attemptId: this.id,
      folder: this.#folder,
      maxLogBytes,
      collect: record.collect,
      closing,
      engine: (ask) => this.#engine(ask),
      warn: (fields, message) => this.#shared.warn(fields, message),
    });
    this.#watch = watch;
    if (this.#hasExited) watch.exited();
    const { state, problems } = await watch.run();
    this.#running.abort(new Error('over'));
    const stop = (await this.#stopping) ?? '';
    if (state === null) {
      await this.#endLost('its container was removed by somebody else');
      return;
    }
    const mounts = await this.#finishMounts();
    const ending = endOf(state, this.#stop, record.memoryMib);
    const words = [ending.message, stop, ...problems, mounts].filter((text) => text !== '');
    this.#end({ ...ending, message: words.join('; ') }, state.finishedAtMs);
    await this.#removeContainer();
  }

  async #postStart(container: string, argv: readonly string[]): Promise<void> {
    const limits = { timeoutMs: postStartMs, signal: this.#running.signal };
    const message = await runHook(this.#shared.api, container, 'PostStart', argv, limits);
    if (message === '' || this.#running.signal.aborted || this.#stop !== null) return;
    // A job that is over before its hook was run has not failed by it.
    const state = await this.#engine(() => this.#shared.api.inspect(container));
    if (state?.phase !== 'running') return;
    this.#beginStop({ atMs: this.#shared.nowMs(), cause: 'post-start', message });
  }

  #beginStop(record: StopRecord): void {
    if (this.#stop !== null || this.#reported) return;
    this.#stop = record;
    if (this.#container === null) {
      this.#beforeStart.abort(new Error('stopped before it was started'));
      return;
    }
    this.#runStop(false);
  }

  #runStop(resumed: boolean): void {
    const container = this.#container;
    if (this.#stop === null || container === null) return;
    this.#stop = recordStop(this.#folder, this.#stop);
    const { graceMs, preStop } = this.#record ?? readAttempt(this.#folder);
    const { api, nowMs } = this.#shared;
    this.#stopping = stopContainer({
      api,
      container,
      record: this.#stop,
      graceMs,
      preStop: resumed ? null : preStop,
      ended: this.#running.signal,
      nowMs,
      whenUp: () => this.#shared.connection.up(this.#running.signal),
    }).catch((error: unknown) => `the stop failed: ${(error as Error).message}`);
  }

  async #finishMounts(): Promise<string> {
    if (!(this.#record ?? readAttempt(this.#folder)).hasMounts) return '';
    const problem = await finishMounts(this.#shared.mounts, this.#folder, this.#shared.closing);
    // Closing: a later life tries it again.
    this.#shared.closing.throwIfAborted();
    this.#mountsLeft = problem !== '';
    return problem;
  }

  /** Asks the engine, again when it was away meanwhile. Only for what may be asked twice. */
  async #engine<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#shared.connection.up(this.#shared.closing);
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof EngineUnreachable)) throw error;
        // The connection notices in a moment, or it was this call's only.
        await pause(followBackoffMs.first, undefined, { signal: this.#shared.closing });
      }
    }
  }

  #refuse(message: string): Promise<void> {
    return this.#endWithout('refused', message);
  }

  #endLost(message: string): Promise<void> {
    return this.#endWithout('lost', message);
  }

  /** The end of an attempt that has no container to read. */
  async #endWithout(kind: 'refused' | 'lost', message: string): Promise<void> {
    const words = [message, await this.#finishMounts()].filter((text) => text !== '');
    this.#end({ kind, message: words.join('; ') });
    await this.#removeContainer();
  }

  #end(
    ending: Pick<EndRecord, 'kind' | 'message'> & Partial<Ending>,
    atMs: number | null = null,
  ): void {
    const end: EndRecord = {
      atMs: atMs ?? this.#shared.nowMs(),
      startedAtMs: this.#startedAtMs,
      exitCode: null,
      signal: null,
      stopped: false,
      ...(this.#mountsLeft ? { mountsLeft: true } : {}),
      ...ending,
    };
    try {
      makeFolder(this.#folder);
      writeEnd(this.#folder, end);
    } catch (error) {
      // Disk full or not ours: the report itself must go out.
      this.#shared.warn({ err: error, attemptId: this.id }, 'an end could not be written down');
    }
    this.#pass(end);
  }

  #pass(end: EndRecord): void {
    const base = { attemptId: this.id, fence: this.fence, atMs: end.atMs };
    this.#reported = true;
    if (end.kind !== 'ended') {
      this.#tell({ ...base, kind: end.kind, message: end.message });
      return;
    }
    if (this.#startedAtMs === null) {
      this.#startedAtMs = end.startedAtMs ?? end.atMs;
      this.#tellStarted();
    }
    const { exitCode, signal, stopped, message } = end;
    this.#tell({ ...base, kind: 'ended', exitCode, signal, stopped, message });
  }

  #tellStarted(): void {
    const { note } = this.#record ?? readAttempt(this.#folder);
    this.#tell({
      kind: 'started',
      attemptId: this.id,
      fence: this.fence,
      atMs: this.#startedAtMs ?? this.#shared.nowMs(),
      // Its number means nothing outside the engine.
      pid: null,
      ...(note === '' ? {} : { note }),
    });
  }

  #tell(report: AttemptReport): void {
    if (!this.silent) this.#shared.report(report);
  }

  async #removeContainer(): Promise<void> {
    const { api, removing, closing } = this.#shared;
    await removeSecrets(this.#folder).catch((error: unknown) => {
      this.#shared.warn({ err: error, folder: this.#folder }, 'files of an ended attempt are left');
    });
    await removing.run(async () => {
      try {
        if (!closing.aborted) await api.remove(this.#name, true);
      } catch (error) {
        // The next look at all containers finds it.
        if (!(error instanceof EngineUnreachable)) {
          this.#shared.warn({ err: error, attemptId: this.id }, 'a container could not be removed');
        }
      }
    });
  }

  readonly #letGo = (): void => {
    this.#beforeStart.abort(new Error('closed'));
    this.#running.abort(new Error('closed'));
  };
}
