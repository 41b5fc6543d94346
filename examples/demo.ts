import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { saeClient } from './sae-client.ts';

/**
 * `npm run demo`: one job from a signed request to its result, on a server of its own.
 * Everything it makes is in the folder it names at the end.
 */
const SHARDS = 3;
const STARTUP_DEADLINE_MS = 30_000;
const here = import.meta.dirname;
const main = join(here, '..', 'bin', 'longshore');

/** Runs a CLI command against the demo's server and gives what it prints. */
async function cli(dataDir: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    ...args,
    '--data',
    dataDir,
  ]);
  return stdout;
}

/** Starts `longshore up` and waits until it says where it listens. */
async function startServer(dataDir: string): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(
    process.execPath,
    [main, 'up', '--data', dataDir, '--port', '0', '--log-level', 'warn'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = await new Promise<string>((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error('the server did not start in time')),
      STARTUP_DEADLINE_MS,
    );
    let text = '';
    server.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (found === null) return;
      clearTimeout(deadline);
      resolve(found[0]);
    });
    server.on('exit', (code) =>
      reject(new Error(`the server ended with code ${code} before it was ready`)),
    );
  });
  return { server, url };
}

async function stopServer(server: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => void server.once('exit', () => resolve()));
  server.kill('SIGTERM');
  await ended;
}

const step = (text: string): void => void process.stdout.write(`\n==> ${text}\n`);

async function demo(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'longshore-demo-'));
  // The job may run as an unprivileged user, who must be able to reach its script and its data.
  await chmod(dataDir, 0o755);
  const orders = join(dataDir, 'orders.csv');
  const script = join(dataDir, 'summarize.sh');
  await copyFile(join(here, 'orders', 'orders.csv'), orders);
  await copyFile(join(here, 'orders', 'summarize.sh'), script);

  step('starting a server');
  const { server, url } = await startServer(dataDir);
  process.stdout.write(`listening on ${url}, keeping everything in ${dataDir}\n`);
  try {
    step('creating an access key');
    const key = JSON.parse(
      await cli(dataDir, [
        'keys',
        'create',
        '--user',
        'demo',
        '--policy',
        'AliyunSAEFullAccess',
        '--json',
      ]),
    ) as { id: string; secret: string };
    process.stdout.write(`access key ${key.id} of user demo\n`);

    step(`creating a job template with ${SHARDS} shards (CreateJob, signed by Alibaba's client)`);
    const sae = saeClient(url, key);
    const created = await sae('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
      AppName: 'orders-by-month',
      Workload: 'job',
      PackageType: 'Image',
      ImageUrl: 'longshore/host',
      Replicas: String(SHARDS),
      Slice: 'true',
      SliceEnvs: JSON.stringify(Array.from({ length: SHARDS }, (_, i) => i)),
      Command: 'sh',
      CommandArgs: JSON.stringify([script]),
      Envs: JSON.stringify([
        { name: 'ORDERS', value: orders },
        { name: 'PAUSE', value: process.env['DEMO_PAUSE'] ?? '0.15' },
      ]),
      BackoffLimit: '1',
      Timeout: '120',
      Timezone: 'UTC',
    });
    const appId = (created['Data'] as { AppId: string }).AppId;
    process.stdout.write(`template ${appId}\n`);

    step('running it (ExecJob)');
    const accepted = await sae('ExecJob', 'GET', '/pop/v1/sam/job/execJob', {
      AppId: appId,
      EventId: 'demo',
    });
    const jobId = (accepted['Data'] as { Data: string }).Data;
    process.stdout.write(`job ${jobId}\n`);

    step('its logs, live');
    await follow(dataDir, jobId);

    step('the result (DescribeJobStatus)');
    const status = (
      await sae('DescribeJobStatus', 'GET', '/pop/v1/sam/job/describeJobStatus', {
        AppId: appId,
        JobId: jobId,
      })
    )['Data'] as { State: string; Succeeded: number; Message: string };
    await printResult(dataDir, jobId);
    process.stdout.write(
      `State "${status.State}" (${status.Message}), ${status.Succeeded} of ${SHARDS} shards succeeded\n`,
    );
    if (status.State !== '1')
      throw new Error(`the job ended in state ${status.State}: ${status.Message}`);
  } finally {
    await stopServer(server);
  }
  step('where everything is');
  process.stdout.write(
    [
      `${dataDir}/attempts/      a folder for each attempt: command, stdout, stderr, process (pid, start, end)`,
      `${dataDir}/longshore.db   templates, runs and the reason of every state change`,
      `the same server for keeps: longshore up --data ${dataDir}`,
      'its console: the address that it prints, in a browser; sign in with a key of',
      `  longshore keys create --user me --root --data ${dataDir}`,
      '',
    ].join('\n'),
  );
}

/** `longshore logs -f` until the run has ended. */
function follow(dataDir: string, jobId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const logs = spawn(process.execPath, [main, 'logs', jobId, '-f', '--data', dataDir], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    logs.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`longshore logs ended with code ${code}`)),
    );
  });
}

interface ShownRun {
  readonly instances: readonly {
    readonly index: number;
    readonly state: string;
    readonly attempts: readonly {
      readonly id: string;
      readonly exitCode: number | null;
      readonly startedAtMs: number;
      readonly endedAtMs: number;
    }[];
  }[];
}

/** One line a shard: what it found, from its own log. */
async function printResult(dataDir: string, jobId: string): Promise<void> {
  const run = JSON.parse(await cli(dataDir, ['runs', 'show', jobId, '--json'])) as ShownRun;
  const table = new Table({
    head: ['shard', 'state', 'exit', 'seconds', 'orders', 'revenue'],
    style: { head: [], border: [] },
  });
  let orders = 0;
  let cents = 0;
  for (const instance of run.instances) {
    const last = instance.attempts.at(-1);
    if (last === undefined) throw new Error(`shard ${instance.index} has no attempt`);
    const log = await readFile(join(dataDir, 'attempts', last.id, 'stdout'), 'utf8');
    const total = /^total orders=(\d+) cents=(\d+)$/m.exec(log);
    orders += Number(total?.[1]);
    cents += Number(total?.[2]);
    const seconds = ((last.endedAtMs - last.startedAtMs) / 1000).toFixed(2);
    table.push([
      instance.index,
      instance.state,
      last.exitCode ?? '',
      seconds,
      total?.[1] ?? '?',
      (Number(total?.[2]) / 100).toFixed(2),
    ]);
  }
  table.push(['all', '', '', '', orders, (cents / 100).toFixed(2)]);
  process.stdout.write(`${table.toString()}\n`);
}

await demo();
