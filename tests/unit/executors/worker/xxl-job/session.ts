import assert from 'node:assert/strict';
import Fastify from 'fastify';
import type { WorkerArtifact } from '../../../../../src/domain/template.ts';
import { mountXxlJobAdmin } from '../../../../../src/executors/worker/xxl-job/admin.ts';
import {
  createXxlJobExecutor,
  type XxlJobExecutor,
  type XxlJobExecutorOptions,
} from '../../../../../src/executors/worker/xxl-job/executor.ts';
import type { Timing } from '../../../../../src/executors/worker/xxl-job/limits.ts';
import type { AttemptReport, AttemptStart } from '../../../../../src/ports/executor.ts';
import type { WorkerGroup, WorkerGroups } from '../../../../../src/ports/workers.ts';
import { type Cleanup, temporaryFolder } from '../../../../support/temporary-folder.ts';
import { PATIENCE_MS, until } from '../../../../support/until.ts';
import type { Peer } from './peer.ts';

export const groupKey = 'key-of-seven';
export const group: WorkerGroup = {
  number: 7,
  name: 'app.seven',
  alias: 'seven',
  namespace: 'test',
};

/** Two groups, each with its key. */
export const groups: WorkerGroups = {
  authenticate: (name, namespace, key) => {
    const found = [
      { known: group, secret: groupKey },
      { known: { ...group, number: 8, name: 'app.eight', alias: '' }, secret: 'key-of-eight' },
    ].find(({ known }) => known.name === name || (known.alias !== '' && known.alias === name));
    if (found === undefined || (namespace !== null && namespace !== found.known.namespace)) {
      return Promise.resolve('unknown-group');
    }
    return Promise.resolve(found.secret === key ? found.known : 'wrong-key');
  },
  byNumber: (number) =>
    Promise.resolve(
      number === 7 ? group : number === 8 ? { ...group, number: 8, name: 'app.eight' } : null,
    ),
};

/** Short times, so that tests need not wait; the rules are the same. */
export const quick: Partial<Timing> = {
  callTimeoutMs: 300,
  tickMs: 10,
  askMs: 50,
  unsureAskMs: 20,
  unsureLostMs: 200,
  idleLostMs: 300,
  silentLostMs: 100,
  missedBeatMs: 150,
  killMs: 300,
  killAgainMs: 50,
  saveMs: 5,
  progressMs: 5,
};

/** A server's XXL-JOB executor with its endpoints on a port, and the reports that it made. */
export class Session {
  readonly reports: AttemptReport[] = [];
  readonly lines: string[] = [];
  readonly dataDir: string;
  executor: XxlJobExecutor;
  url = '';
  #waiters: (() => void)[] = [];
  static #numbers = 1_000;

  private constructor(dataDir: string, options: Partial<XxlJobExecutorOptions>) {
    this.dataDir = dataDir;
    this.executor = createXxlJobExecutor({
      dataDir,
      groups,
      allowAddresses: [],
      maxConcurrent: 1_000,
      nowMs: () => Date.now(),
      nextNumber: () => Promise.resolve((Session.#numbers += 1)),
      log: {
        info: (_fields, message) => void this.lines.push(message),
        warn: (_fields, message) => void this.lines.push(message),
      },
      timing: quick,
      ...options,
    });
  }

  /** @param port of the endpoints; 0 = any. @param adopted whether nothing is left of before. */
  static async open(
    cleanup: Cleanup,
    options: Partial<XxlJobExecutorOptions> & {
      readonly port?: number;
      readonly adopted?: boolean;
    } = {},
  ): Promise<Session> {
    const { port = 0, adopted = true, ...rest } = options;
    const dataDir = rest.dataDir ?? (await temporaryFolder(cleanup));
    const session = new Session(dataDir, rest);
    const { executor } = session;
    await executor.open((reports) => {
      session.reports.push(...reports);
      for (const wake of session.#waiters.splice(0)) wake();
    });
    assert.deepEqual(executor.health(), { ready: true, reason: '' });
    if (adopted) executor.stopOthers();
    const host = Fastify({ forceCloseConnections: true });
    await mountXxlJobAdmin(host, executor, ['/jobs/']);
    session.url = await host.listen({ port, host: '127.0.0.1' });
    session.close = async () => {
      await host.close();
      await executor.close();
    };
    cleanup.after(() => session.close());
    return session;
  }

  close: () => Promise<void> = () => Promise.resolve();

  /** Calls an endpoint as an executor does. */
  async post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = { 'XXL-JOB-ACCESS-TOKEN': groupKey },
  ): Promise<{ code: number; msg: string | null; content: unknown; data: unknown }> {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    assert.equal(answer.status, 200);
    return (await answer.json()) as Awaited<ReturnType<Session['post']>>;
  }

  async register(
    peer: Pick<Peer, 'url'>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<void> {
    const reply = await this.post('/api/registry', registration(peer.url), headers);
    assert.equal(reply.code, 200, reply.msg ?? '');
  }

  /** Tells an end, as executors since 2.3.0 do. */
  async callback(logId: unknown, handleCode = 200, handleMsg: string | null = null): Promise<void> {
    const reply = await this.post('/api/callback', [
      { logId, logDateTim: 1, handleCode, handleMsg },
    ]);
    assert.equal(reply.code, 200, reply.msg ?? '');
  }

  start(attemptId: string, artifact: Partial<WorkerArtifact> = {}, timeoutMs?: number): void {
    this.executor.start([attemptStart(attemptId, artifact, timeoutMs)]);
  }

  /** The report of that kind about the attempt, now or when it arrives. */
  async report<Kind extends AttemptReport['kind']>(
    attemptId: string,
    kind: Kind,
  ): Promise<Extract<AttemptReport, { kind: Kind }>> {
    return until(`${kind} of ${attemptId}`, () => {
      const found = this.about(attemptId).find((report) => report.kind === kind);
      if (found !== undefined) return found as Extract<AttemptReport, { kind: Kind }>;
      const end = this.about(attemptId).find(({ kind: other }) =>
        ['ended', 'lost', 'refused'].includes(other),
      );
      assert.equal(end, undefined, `expected ${kind}`);
      return null;
    });
  }

  about(attemptId: string): AttemptReport[] {
    return this.reports.filter((report) => report.attemptId === attemptId);
  }

  /** All output of an attempt, in pieces of a few bytes. */
  async output(attemptId: string, maxBytes = 7): Promise<string> {
    const parts: Uint8Array[] = [];
    for (let offset = 0; ;) {
      const chunk = await this.executor.readLog(attemptId, 'stdout', offset, maxBytes);
      if (chunk === null || chunk.bytes.length === 0) break;
      parts.push(chunk.bytes);
      offset = chunk.nextOffset;
    }
    return Buffer.concat(parts).toString('utf8');
  }
}

export function registration(url: string, key = group.name): object {
  return { registryGroup: 'EXECUTOR', registryKey: key, registryValue: url };
}

export function artifactOf(overrides: Partial<WorkerArtifact> = {}): WorkerArtifact {
  return {
    kind: 'worker',
    group: group.number,
    jobType: 'xxljob',
    content: 'demo',
    contentAtMs: 1_700_000_000_000,
    mode: 'standalone',
    parameters: 'p',
    instanceParameters: null,
    attributes: '',
    designated: null,
    ...overrides,
  };
}

export function attemptStart(
  attemptId: string,
  overrides: Partial<WorkerArtifact> = {},
  timeoutMs: number | null = null,
  templateId = '41',
): AttemptStart {
  return {
    attemptId,
    fence: 3,
    env: {},
    run: {
      id: attemptId.split('.')[0] ?? '',
      templateId,
      templateName: 'job',
      namespace: 'test',
      trigger: 'manual',
      scheduledAtMs: 0,
      replicas: 1,
      index: 0,
      number: 1,
    },
    spec: {
      task: {
        artifact: artifactOf(overrides),
        argv: [],
        env: {},
        identityEnv: {},
        postStart: null,
        preStop: null,
      },
      replicas: 1,
      shards: null,
      concurrency: 'allow',
      retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
      timeoutMs,
      graceMs: 0,
      timezone: 'UTC',
      resources: { cpuMillis: 0, memoryMib: 0 },
    },
  };
}
