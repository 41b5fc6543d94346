import path from 'node:path';
import type { HttpArtifact, JobSpec } from '../../domain/template.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  KeptOutput,
  LogChunk,
  LogStream,
} from '../../ports/executor.ts';
import { isAttemptId } from '../attempts/folder.ts';
import { readLogChunk } from '../attempts/log.ts';
import { AttemptStorage } from '../attempts/storage.ts';
import { AddressPolicy } from './addresses.ts';
import { type Answer, answerProblem, resultOf } from './answer.ts';
import { type EndRecord, endReport, Journal } from './journal.ts';
import type { HttpExecutorOptions } from './options.ts';
import { specProblem } from './problem.ts';
import { sendRequest } from './request.ts';

export type { HttpExecutorOptions } from './options.ts';

/** A request that has not ended. */
interface Live {
  fence: number;
  readonly artifact: HttpArtifact;
  /** Ends the request; its reason says why. */
  readonly controller: AbortController;
  stopping: boolean;
}

/**
 * Makes an executor for requests that the server sends itself (schedulerx.md §5.5). A request is
 * noted before it is sent and dies with the server: the next life reports it as lost, because
 * nobody knows what came of it.
 * @throws Error naming the entry of `allow` that cannot be read.
 */
export function createHttpExecutor(options: HttpExecutorOptions): Executor {
  return new HttpExecutor(options);
}

class HttpExecutor implements Executor {
  readonly name = 'http';
  readonly maxConcurrent: number;
  readonly kept: KeptOutput;
  readonly #options: HttpExecutorOptions;
  readonly #addresses: AddressPolicy;
  readonly #journal: Journal;
  readonly #storage: AttemptStorage;
  /** By attempt id: what is under way, and what waits for its turn. */
  readonly #live = new Map<string, Live>();
  readonly #waiting: string[] = [];
  #running = 0;
  #problem = 'not opened yet';
  #reports: AttemptReport[] = [];
  #report: (reports: readonly AttemptReport[]) => void = () => {};

  constructor(options: HttpExecutorOptions) {
    this.#options = options;
    this.maxConcurrent = options.maxConcurrent;
    this.#addresses = new AddressPolicy(options.allow);
    const root = path.join(path.resolve(options.dataDir), 'http');
    this.#journal = new Journal(root);
    this.#storage = new AttemptStorage(root, (id) => this.#live.has(id), options.log);
    this.kept = this.#storage;
  }

  refuses(spec: JobSpec): string | null {
    return specProblem(spec, this.#addresses);
  }

  open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    try {
      this.#journal.open();
      this.#problem = '';
    } catch (error) {
      this.#problem = `the data directory cannot be used: ${(error as Error).message}`;
    }
    return Promise.resolve();
  }

  start(attempts: readonly AttemptStart[]): void {
    for (const { attemptId, fence, spec } of attempts) {
      if (this.#live.has(attemptId)) continue;
      const { artifact } = spec.task;
      const problem = this.#startProblem(attemptId, spec);
      if (problem !== null || artifact.kind !== 'http') {
        this.#refuse(attemptId, fence, problem ?? 'it is no request');
        continue;
      }
      const controller = new AbortController();
      this.#live.set(attemptId, { fence, artifact, controller, stopping: false });
      this.#waiting.push(attemptId);
    }
    this.#sendWaiting();
  }

  stop(attemptId: string): void {
    const live = this.#live.get(attemptId);
    if (live === undefined || live.stopping) return;
    live.stopping = true;
    const at = this.#waiting.indexOf(attemptId);
    if (at < 0) return live.controller.abort(new Error('stopped'));
    this.#waiting.splice(at, 1);
    this.#live.delete(attemptId);
    this.#refuse(attemptId, live.fence, 'stopped before it was started');
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    for (const { attemptId, fence, started } of attempts) {
      const live = this.#live.get(attemptId);
      if (live !== undefined) {
        live.fence = fence;
        if (!this.#waiting.includes(attemptId)) this.#started(attemptId, fence);
        continue;
      }
      this.#tellFate(attemptId, fence, started);
    }
    return Promise.resolve();
  }

  stopOthers(): void {
    // Requests die with the server that sent them: nothing else of ours runs.
  }

  readLog(
    attemptId: string,
    stream: LogStream,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null> {
    if (!isAttemptId(attemptId)) return Promise.resolve(null);
    return Promise.resolve(readLogChunk(this.location(attemptId), stream, offset, maxBytes));
  }

  async remove(attemptIds: readonly string[]): Promise<void> {
    await this.#storage.remove(attemptIds);
  }

  location(attemptId: string): string {
    return this.#journal.folder(attemptId);
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return { ready: this.#problem === '', reason: this.#problem };
  }

  close(): Promise<void> {
    this.#problem = 'closed';
    this.#report = () => {};
    this.#waiting.length = 0;
    for (const { controller } of this.#live.values()) {
      controller.abort(new Error('the server is closing'));
    }
    return Promise.resolve();
  }

  #startProblem(attemptId: string, spec: JobSpec): string | null {
    if (!isAttemptId(attemptId)) {
      return 'the attempt id must be 1 to 128 of A-Z a-z 0-9 . _ - without a leading dot';
    }
    return this.#problem === '' ? this.refuses(spec) : this.#problem;
  }

  #sendWaiting(): void {
    while (this.#running < this.maxConcurrent) {
      const attemptId = this.#waiting.shift();
      if (attemptId === undefined) return;
      const live = this.#live.get(attemptId);
      if (live !== undefined && this.#begin(attemptId, live)) void this.#send(attemptId, live);
    }
  }

  /** Notes the request, which then must be sent; false when it must not. */
  #begin(attemptId: string, { fence }: Live): boolean {
    try {
      if (this.#journal.begin(attemptId, this.#options.nowMs())) {
        this.#started(attemptId, fence);
        return true;
      }
      this.#live.delete(attemptId);
      this.#tellFate(attemptId, fence, true);
    } catch (error) {
      this.#live.delete(attemptId);
      this.#refuse(attemptId, fence, `it could not be noted: ${(error as Error).message}`);
    }
    return false;
  }

  async #send(attemptId: string, live: Live): Promise<void> {
    const { artifact, controller } = live;
    const story: string[] = [];
    const timer = setTimeout(
      () => controller.abort(new Error(`no complete answer within ${artifact.timeoutMs} ms`)),
      artifact.timeoutMs,
    );
    this.#running += 1;
    let answer: Answer | null = null;
    let message: string;
    try {
      answer = await sendRequest(artifact, {
        addresses: this.#addresses,
        signal: controller.signal,
        note: (words) => void story.push(words),
      });
      message = answerProblem(artifact.success, answer) ?? '';
    } catch (error) {
      message = (error as Error).message;
    }
    clearTimeout(timer);
    this.#running -= 1;
    // Nobody hears it any more; the next life of the server says what it finds.
    if (this.#problem === 'closed') return;
    const stopped = live.stopping && answer === null;
    this.#ended(attemptId, live, story, answer, {
      atMs: this.#options.nowMs(),
      exitCode: stopped ? null : Number(message !== ''),
      message: stopped ? '' : message,
      result: answer === null ? '' : resultOf(answer),
    });
    this.#sendWaiting();
  }

  #ended(
    attemptId: string,
    { fence }: Live,
    story: readonly string[],
    answer: Answer | null,
    end: EndRecord,
  ): void {
    const lines = story.map((words) => `${words}\n`).join('');
    try {
      this.#journal.end(attemptId, end, answer?.body ?? new Uint8Array(), lines);
    } catch (error) {
      this.#options.log.warn(
        { err: error, attemptId },
        'the answer to a request could not be kept',
      );
    }
    this.#live.delete(attemptId);
    this.#storage.ended(attemptId);
    this.#tell(endReport(attemptId, fence, end));
  }

  /** What became of a request that an earlier life of the server may have sent. */
  #tellFate(attemptId: string, fence: number, started: boolean): void {
    const about = { attemptId, fence, atMs: this.#options.nowMs() };
    const fate = isAttemptId(attemptId) ? this.#journal.find(attemptId, started) : 'never-sent';
    if (fate === 'never-sent') {
      this.#refuse(attemptId, fence, 'the server stopped before the start');
    } else if (fate === 'unknown') {
      const message = 'the server ended while the request was under way';
      this.#tell({ kind: 'lost', ...about, message });
    } else {
      if (!started) this.#started(attemptId, fence);
      this.#tell(endReport(attemptId, fence, fate));
    }
  }

  #started(attemptId: string, fence: number): void {
    this.#tell({ kind: 'started', attemptId, fence, atMs: this.#options.nowMs(), pid: null });
  }

  #refuse(attemptId: string, fence: number, message: string): void {
    this.#tell({ kind: 'refused', attemptId, fence, atMs: this.#options.nowMs(), message });
  }

  /** Reports of one turn go out together, never from within the call that caused them. */
  #tell(report: AttemptReport): void {
    this.#reports.push(report);
    if (this.#reports.length > 1) return;
    setImmediate(() => {
      const reports = this.#reports;
      this.#reports = [];
      this.#report(reports);
    });
  }
}
