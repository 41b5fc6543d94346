import type { ScriptArtifact, WorkerArtifact } from '../../../src/domain/template.ts';
import type {
  AttemptReport,
  AttemptStart,
  Executor,
  LogStream,
} from '../../../src/ports/executor.ts';
import type { WorkerInfo } from '../../../src/ports/workers.ts';

type Lines = Readonly<Record<LogStream, readonly string[]>>;

/** An executor whose programs are three words: `echo <text>`, `complain <text>`, `exit <n>`, `hold`. */
export interface LineExecutor {
  readonly executor: Executor;
  /** Attempts in the order of their starts. */
  readonly starts: readonly AttemptStart[];
  /** Artifact of the newest start of a job. */
  artifactOf(jobId: number): ScriptArtifact | WorkerArtifact;
}

/**
 * Runs scripts and worker jobs by reading their text, at once; `hold` runs until it is stopped. The
 * last line that was echoed is the result.
 * @param workers those that the groups have.
 */
export function createLineExecutor(workers: () => readonly WorkerInfo[] = () => []): LineExecutor {
  const starts: AttemptStart[] = [];
  const output = new Map<string, Lines>();
  let report: (reports: readonly AttemptReport[]) => void = () => {};
  const tell = (...reports: readonly AttemptReport[]): void => {
    setImmediate(() => report(reports));
  };

  const run = (start: AttemptStart): void => {
    const { attemptId, fence, spec } = start;
    const { artifact } = spec.task;
    const text = artifact.kind === 'script' ? artifact.text : contentOf(artifact);
    const lines: { stdout: string[]; stderr: string[] } = { stdout: [], stderr: [] };
    output.set(attemptId, lines);
    const at = { attemptId, fence, atMs: Date.now() };
    const worker = artifact.kind === 'worker' ? { worker: 'w1@10.0.0.1:9999:7777' } : {};
    tell({ kind: 'started', ...at, pid: null, ...worker });
    let exitCode = 0;
    for (const line of text.split('\n')) {
      const [word = '', ...rest] = line.split(' ');
      if (word === 'hold') return;
      if (word === 'echo') lines.stdout.push(rest.join(' '));
      if (word === 'complain') lines.stderr.push(rest.join(' '));
      if (word === 'exit') exitCode = Number(rest[0]);
    }
    const result = lines.stdout.at(-1);
    tell({
      kind: 'ended',
      ...at,
      exitCode,
      signal: null,
      stopped: false,
      message: '',
      ...(result === undefined ? {} : { result }),
    });
  };

  const executor: Executor = {
    name: 'lines',
    maxConcurrent: 50,
    refuses: ({ task: { artifact } }) =>
      artifact.kind === 'script' || artifact.kind === 'worker' ? null : 'scripts and workers only',
    open: async (to) => {
      report = to;
    },
    start(attempts) {
      for (const start of attempts) {
        starts.push(start);
        run(start);
      }
    },
    stop(attemptId) {
      const start = starts.find((each) => each.attemptId === attemptId);
      if (start === undefined) return;
      const at = { attemptId, fence: start.fence, atMs: Date.now() };
      tell({ kind: 'ended', ...at, exitCode: 143, signal: null, stopped: true, message: '' });
    },
    adopt: async () => {},
    stopOthers: () => {},
    async readLog(attemptId, stream, offset, maxBytes) {
      const lines = output.get(attemptId)?.[stream];
      if (lines === undefined) return null;
      const all = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const bytes = all.subarray(offset, offset + maxBytes);
      return { offset, bytes, nextOffset: offset + bytes.length, size: all.length };
    },
    remove: async () => {},
    workers: (group) => workers().filter((worker) => worker.group === group),
    location: () => '',
    health: () => ({ ready: true, reason: '' }),
    close: async () => {},
  };
  return {
    executor,
    starts,
    artifactOf(jobId) {
      const start = starts.findLast(({ run: facts }) => facts?.templateId === String(jobId));
      const artifact = start?.spec.task.artifact;
      if (artifact?.kind === 'script' || artifact?.kind === 'worker') return artifact;
      throw new Error(`job ${jobId} did not run`);
    },
  };
}

function contentOf(artifact: AttemptStart['spec']['task']['artifact']): string {
  return artifact.kind === 'worker' ? artifact.content.replaceAll(';', '\n') : '';
}
