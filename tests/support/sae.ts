import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SaeCall, saeClient } from '../../examples/sae-client.ts';
import {
  createKey,
  dataFolder,
  longshore,
  type PrintedKey,
  type RunningServer,
  startServer,
} from './server.ts';
import type { Cleanup } from './temporary-folder.ts';
import { until } from './until.ts';

/** A running server with a root key and Alibaba's current client core (V3) pointed at it. */
export interface SaeServer extends RunningServer {
  readonly key: PrintedKey;
  readonly sae: SaeCall;
  /** Runs a CLI command against this server and gives its JSON. */
  cli(...args: readonly string[]): Promise<unknown>;
}

/** Starts a server for SAE tests. `dataDir` and `key` continue an earlier one. */
export async function startSaeServer(
  cleanup: Cleanup,
  options: {
    readonly dataDir?: string;
    readonly key?: PrintedKey;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<SaeServer> {
  const dataDir = options.dataDir ?? (await dataFolder(cleanup));
  const server = await startServer(cleanup, dataDir, [], options.env);
  const key = options.key ?? (await createKey(cleanup, dataDir));
  return {
    ...server,
    key,
    sae: saeClient(server.url, key),
    cli: async (...args) =>
      JSON.parse(await longshore(cleanup, dataDir, [...args, '--json'])) as unknown,
  };
}

/** A template on the host executor. `more` adds or replaces CreateJob parameters. Gives its AppId. */
export async function createTemplate(
  sae: SaeCall,
  command: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const created = await sae('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
    AppName: 'test',
    Workload: 'job',
    PackageType: 'Image',
    ImageUrl: 'longshore/host',
    Replicas: '1',
    Command: command[0] ?? '',
    CommandArgs: JSON.stringify(command.slice(1)),
    ...more,
  });
  return (created['Data'] as { AppId: string }).AppId;
}

/** ExecJob; gives the job id. */
export async function exec(
  sae: SaeCall,
  appId: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = await sae('ExecJob', 'GET', '/pop/v1/sam/job/execJob', { AppId: appId, ...more });
  return (answer['Data'] as { Data: string }).Data;
}

export interface JobStatus {
  readonly JobId: string;
  readonly State: '0' | '1' | '2' | '3';
  readonly Active: number;
  readonly Succeeded: number;
  readonly Failed: number;
  readonly Message: string;
  readonly StartTime: number;
  readonly CompletionTime?: number;
}

/** DescribeJobStatus. */
export async function status(sae: SaeCall, appId: string, jobId: string): Promise<JobStatus> {
  const answer = await sae('DescribeJobStatus', 'GET', '/pop/v1/sam/job/describeJobStatus', {
    AppId: appId,
    JobId: jobId,
  });
  return answer['Data'] as JobStatus;
}

/** Waits until the job is in a final state. */
export function finished(sae: SaeCall, appId: string, jobId: string): Promise<JobStatus> {
  return until(`job ${jobId} ends`, async () => {
    const now = await status(sae, appId, jobId);
    return now.State === '1' || now.State === '2' ? now : null;
  });
}

/** Stdout of an attempt as it stands in its folder. */
export function stdout(
  server: { readonly dataDir: string },
  jobId: string,
  index = 0,
  attempt = 1,
): Promise<string> {
  return readFile(
    join(server.dataDir, 'attempts', `${jobId}.${index}.${attempt}`, 'stdout'),
    'utf8',
  );
}

/** Code and status of an error that Alibaba's client core threw. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ code: string; status: number; message: string }> {
  try {
    await call;
  } catch (error) {
    const { code, data, message } = error as {
      code?: string;
      data?: { statusCode?: number };
      message: string;
    };
    if (code === undefined) throw error;
    return { code, status: Number(data?.statusCode), message };
  }
  throw new Error('the call succeeded, a refusal was expected');
}
