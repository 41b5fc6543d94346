import type { JobSpec } from '../../src/domain/template.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
} from '../../src/ports/executor.ts';

/** A job that nothing is done for: what is measured is everything around it. */
export const noopSpec: JobSpec = {
  task: {
    artifact: { kind: 'image', image: 'longshore/host' },
    argv: ['/bin/true'],
    env: {},
    identityEnv: {},
    postStart: null,
    preStop: null,
  },
  replicas: 1,
  shards: null,
  concurrency: 'allow',
  retry: { limit: 0, backoffMs: 10_000, backoffMaxMs: 360_000 },
  timeoutMs: null,
  graceMs: 30_000,
  timezone: 'UTC',
  resources: { cpuMillis: 500, memoryMib: 1024 },
};

/**
 * An executor in the server's own process whose attempts start and succeed at once. It keeps
 * nothing, so what a crashed server left behind is lost.
 */
export class NoopExecutor implements Executor {
  readonly name = 'noop';
  readonly maxConcurrent: number;
  readonly #onStart: (attemptId: string) => void;
  #report: (reports: readonly AttemptReport[]) => void = () => undefined;

  /** `onStart` hears of every attempt at the moment it begins. */
  constructor(maxConcurrent: number, onStart: (attemptId: string) => void) {
    this.maxConcurrent = maxConcurrent;
    this.#onStart = onStart;
  }

  refuses(): string | null {
    return null;
  }

  async open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
  }

  start(attempts: readonly AttemptStart[]): void {
    const reports: AttemptReport[] = [];
    for (const { attemptId, fence } of attempts) {
      this.#onStart(attemptId);
      const atMs = Date.now();
      reports.push({ kind: 'started', attemptId, fence, atMs, pid: null });
      reports.push({
        kind: 'ended',
        attemptId,
        fence,
        atMs,
        exitCode: 0,
        signal: null,
        stopped: false,
        message: '',
      });
    }
    setImmediate(() => this.#report(reports));
  }

  stop(): void {
    // They have ended before anybody can ask.
  }

  async adopt(attempts: readonly AttemptRef[]): Promise<void> {
    const atMs = Date.now();
    this.#report(
      attempts.map(({ attemptId, fence }) => ({
        kind: 'lost',
        attemptId,
        fence,
        atMs,
        message: 'the server that ran it is gone',
      })),
    );
  }

  stopOthers(): void {
    // Nothing runs on.
  }

  async readLog(): Promise<null> {
    return null;
  }

  async remove(): Promise<void> {
    // It keeps nothing.
  }

  location(): string {
    return 'nowhere';
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return { ready: true, reason: '' };
  }

  async close(): Promise<void> {
    this.#report = () => undefined;
  }
}
