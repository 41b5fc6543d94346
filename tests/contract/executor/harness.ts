import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobSpec, Task } from '../../../src/domain/template.ts';
import type { AttemptReport, AttemptStart, Executor } from '../../../src/ports/executor.ts';

/** Longest wait for anything in these tests. */
export const deadlineMs = 15_000;

/** What an adapter brings to run the contract on it. One per test. */
export interface ExecutorHarness {
  /** A new executor over the same state, as a restarted server would make it. Not opened. */
  create(limits?: { readonly maxLogBytes?: number; readonly maxConcurrent?: number }): Executor;
  /** A spec whose attempts run `argv` with a POSIX shell's tools at hand. */
  readonly artifact: Task['artifact'];
  /** An artifact that belongs to another executor. */
  readonly foreignArtifact: Task['artifact'];
  readonly traits: Traits;
  /** Whether the attempt's first process runs; `pid` is the one it was reported with. */
  runs(attemptId: string, pid: number | null): Promise<boolean>;
  /** Kills what stands between server and attempts, as a crash would; null when nothing does. */
  readonly killHelper: (() => Promise<void>) | null;
  /** Stops everything the test left and removes the state. */
  dispose(): Promise<void>;
}

/** Where executors may differ, because of what they run attempts in. */
export interface Traits {
  /** Variables that are added or defaulted; tests of the exact environment leave them out. */
  readonly addedVariables: readonly string[];
  /**
   * The job is the first process of a world of its own, as in a container: a signal that it has no
   * handler for passes by, its end ends all others, and signals are told as exit codes 128+n.
   */
  readonly firstProcess: boolean;
  /** What hooks print is part of the attempt's output. */
  readonly hookOutput: boolean;
  /** Attempts of the test of many. */
  readonly many: number;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly graceMs?: number;
  readonly postStart?: readonly string[];
  readonly preStop?: readonly string[];
}

/** An opened executor with the reports it made. */
export class Session {
  readonly executor: Executor;
  readonly reports: AttemptReport[] = [];
  readonly #harness: ExecutorHarness;
  #waiters: (() => void)[] = [];

  constructor(harness: ExecutorHarness, executor: Executor) {
    this.#harness = harness;
    this.executor = executor;
  }

  static async open(
    harness: ExecutorHarness,
    limits: Parameters<ExecutorHarness['create']>[0] = {},
  ): Promise<Session> {
    const session = new Session(harness, harness.create(limits));
    await session.executor.open((reports) => {
      session.reports.push(...reports);
      for (const wake of session.#waiters.splice(0)) wake();
    });
    assert.deepEqual(session.executor.health(), { ready: true, reason: '' });
    return session;
  }

  spec(argv: readonly string[], options: StartOptions = {}): JobSpec {
    return {
      task: {
        artifact: this.#harness.artifact,
        argv,
        env: options.env ?? {},
        identityEnv: {},
        postStart: options.postStart ?? null,
        preStop: options.preStop ?? null,
      },
      replicas: 1,
      shards: null,
      concurrency: 'allow',
      retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
      timeoutMs: null,
      graceMs: options.graceMs ?? 5_000,
      timezone: 'UTC',
      resources: { cpuMillis: 0, memoryMib: 0 },
    };
  }

  start(attemptId: string, argv: readonly string[], options: StartOptions = {}): void {
    this.executor.start([this.attempt(attemptId, argv, options)]);
  }

  attempt(attemptId: string, argv: readonly string[], options: StartOptions = {}): AttemptStart {
    return { attemptId, fence: 7, spec: this.spec(argv, options), env: options.env ?? {} };
  }

  /** Runs a shell script as the attempt's program. */
  shell(attemptId: string, script: string, options: StartOptions = {}): void {
    this.start(attemptId, ['sh', '-c', script], options);
  }

  /** The report of that kind about the attempt, now or when it arrives. */
  async report<Kind extends AttemptReport['kind']>(
    attemptId: string,
    kind: Kind,
  ): Promise<Extract<AttemptReport, { kind: Kind }>> {
    const end = performance.now() + deadlineMs;
    for (;;) {
      const found = this.about(attemptId).find((report) => report.kind === kind);
      if (found) return found as Extract<AttemptReport, { kind: Kind }>;
      const other = this.about(attemptId).find((report) => report.kind !== 'started');
      if (other) assert.fail(`expected ${kind}, got ${JSON.stringify(other)}`);
      await this.#changed(end - performance.now(), `${kind} of ${attemptId}`);
    }
  }

  about(attemptId: string): AttemptReport[] {
    return this.reports.filter((report) => report.attemptId === attemptId);
  }

  /** All output of a stream so far. */
  async output(attemptId: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    const parts: Uint8Array[] = [];
    let offset = 0;
    for (;;) {
      const chunk = await this.executor.readLog(attemptId, stream, offset, 64 * 1024);
      if (chunk === null || chunk.bytes.length === 0) break;
      parts.push(chunk.bytes);
      offset = chunk.nextOffset;
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** Waits until the output holds the text; gives all of it. */
  outputWith(attemptId: string, text: string, times = 1): Promise<string> {
    return eventually(`${attemptId} prints ${text}, ${times} times`, async () => {
      const output = await this.output(attemptId);
      return output.split(text).length > times ? output : null;
    });
  }

  #changed(withinMs: number, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${what} within ${deadlineMs} ms`)),
        Math.max(0, withinMs),
      );
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Asks again until there is an answer; for facts that announce themselves nowhere. */
export async function eventually<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(5);
  }
}

/** Whether a process exists and is no zombie. */
export async function processRuns(pid: number): Promise<boolean> {
  try {
    return !/\) [ZX] /.test(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** A duration for `sleep` that no other process of this machine has: finds the process again. */
export function uniqueSeconds(): number {
  return 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
}

/** Whether a process of this machine has the word in its command line, in a container too. */
export async function someProcessHas(word: string | number): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(String(word))) return true;
  }
  return false;
}
