import { createServer, type IncomingMessage } from 'node:http';
import { answerCalls, childArgument } from './child.ts';

/** What an executor of this bench is told when it starts. */
export interface XxlExecutorArgument {
  /** Address of the server's admin side, e.g. `http://127.0.0.1:8080/xxl-job-admin`. */
  readonly admin: string;
  /** GroupId and AppKey of its application. */
  readonly appName: string;
  readonly token: string;
}

/** One accepted `/run`. */
export interface Arrival {
  readonly jobId: number;
  readonly logId: number;
  readonly atMs: number;
}

/** How often an executor registers, and how long it waits before it sends callbacks again. */
const beatMs = 30_000;
const retryMs = 1_000;
const callTimeoutMs = 10_000;
const lookAgainMs = 20;
/** Callbacks of one request; the protocol has no bound, our server looks at 10,000. */
const maxBatch = 2_000;

const { admin, appName, token } = childArgument<XxlExecutorArgument>();
const ok = JSON.stringify({ code: 200, msg: null, content: null, data: null });
const arrivals: Arrival[] = [];
/** Ends that the server has not accepted yet. */
const ended: object[] = [];
let sending = false;
let address = '';

/**
 * A loopback XXL-JOB executor whose handler has nothing to do. Its answer names when the trigger
 * arrived, so that it can be read as the instance's result. As real executors do, it sends all
 * callbacks that wait in one request, one request at a time.
 */
const server = createServer((request, response) => {
  void textOf(request).then((text) => {
    response.setHeader('content-type', 'text/html;charset=UTF-8');
    response.end(ok);
    if (request.url !== '/run' && request.url !== '/trigger') return;
    const atMs = Date.now();
    const { jobId, logId, logDateTime } = JSON.parse(text) as {
      jobId: number;
      logId: number;
      logDateTime: number;
    };
    arrivals.push({ jobId, logId, atMs });
    ended.push({ logId, logDateTim: logDateTime, handleCode: 200, handleMsg: `${atMs}` });
    void send();
  });
});

async function send(): Promise<void> {
  if (sending) return;
  sending = true;
  // What arrives in this turn goes along.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    while (ended.length > 0) {
      const batch = ended.slice(0, maxBatch);
      if (await told('callback', batch)) ended.splice(0, batch.length);
      else await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  } finally {
    sending = false;
  }
}

/** Whether the server took it. */
async function told(endpoint: string, body: object): Promise<boolean> {
  try {
    const answer = await fetch(`${admin}/api/${endpoint}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'XXL-JOB-ACCESS-TOKEN': token },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(callTimeoutMs),
    });
    const { code, msg } = (await answer.json()) as { code: number; msg?: string };
    if (code !== 200) process.stderr.write(`executor: ${endpoint} was refused: ${msg}\n`);
    return code === 200;
  } catch (error) {
    process.stderr.write(`executor: ${endpoint} failed: ${String(error)}\n`);
    return false;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

const registration = () => ({
  registryGroup: 'EXECUTOR',
  registryKey: appName,
  registryValue: address,
});

const calls = {
  /** Listens and registers. @throws Error when the server does not take it. */
  async register() {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const at = server.address();
    if (at === null || typeof at === 'string') throw new Error('the executor has no port');
    address = `http://127.0.0.1:${at.port}/`;
    if (!(await told('registry', registration()))) throw new Error('registration was refused');
    setInterval(() => void told('registry', registration()), beatMs).unref();
  },
  /** Waits until so many triggers have arrived in all, or the deadline: how many have. */
  async arrived({ count, deadlineMs }: { readonly count: number; readonly deadlineMs: number }) {
    const giveUpAtMs = performance.now() + deadlineMs;
    while (arrivals.length < count && performance.now() < giveUpAtMs) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
    return arrivals.length;
  },
  /** Waits until the server has taken all callbacks: how many are left at the deadline. */
  async reported(deadlineMs: number) {
    const giveUpAtMs = performance.now() + deadlineMs;
    while (ended.length > 0 && performance.now() < giveUpAtMs) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
    return ended.length;
  },
  /** What arrived since the last call, and forgets it. */
  async take() {
    return arrivals.splice(0);
  },
};

/** What the parent can ask of this process. */
export type XxlExecutorCalls = typeof calls;

answerCalls(calls);
