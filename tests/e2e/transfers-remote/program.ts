/** The whole program for data jobs over the network: its CDM API, its native API, and its data folder. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type Answer, type Key, sdkClient } from '../../dialects/huawei/harness.ts';
import { job, sqliteLink, values } from '../../dialects/cdm/program.ts';
import { createKey, dataFolder, type RunningServer, startServer } from '../../support/server.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

/** Inputs by their full names, as clients send them. */
export type Inputs = Readonly<Record<string, unknown>>;
export type Row = Readonly<Record<string, unknown>>;

/** One end of a job: its link, and its inputs without their prefix. */
export type End = readonly [link: string, inputs: Inputs];

/** Calls one operation below the cluster's `/cdm`. */
export type CdmCall = (
  method: string,
  path: string,
  body?: unknown,
  query?: Readonly<Record<string, string | number>>,
) => Promise<Answer>;

interface Instance {
  readonly attempts: readonly {
    readonly id: string;
    readonly state: string;
    readonly pid: number | null;
  }[];
}

const region = 'cn-hangzhou';
const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';
const ended = ['SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'];
/** Longest run of a job here, on a machine that does other things too. */
const runMs = 90_000;

/** A server that can be killed and started again on its data. */
export class RemoteProgram {
  readonly #cleanup: Cleanup;
  readonly #flags: readonly string[];
  readonly databases: string;
  readonly share: string;
  readonly warehouse: string;
  readonly dataDir: string;
  #server: RunningServer | null = null;
  #ids = { project: '', cluster: '' };
  #key: Key = { id: '', secret: '' };
  #jobs = 0;

  constructor(cleanup: Cleanup, folder: string, dataDir: string) {
    this.#cleanup = cleanup;
    this.#flags = ['--config', join(folder, 'longshore.json')];
    this.dataDir = dataDir;
    this.databases = join(folder, 'databases');
    this.share = join(folder, 'files');
    this.warehouse = join(folder, 'hive');
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  get clusterId(): string {
    return this.#ids.cluster;
  }

  async start(): Promise<void> {
    this.#server = await startServer(this.#cleanup, this.dataDir, this.#flags);
  }

  /** Makes the first key, and learns project and cluster as SDKs do. */
  async introduce(): Promise<void> {
    this.#key = await createKey(this.#cleanup, this.dataDir);
    const ask = sdkClient(this.url, this.#key, { projectId: 'none' });
    const { projects } = (await ask('GET', '/v3/projects', {
      query: { name: region },
    })) as unknown as { projects: readonly { readonly id: string }[] };
    const project = projects[0]?.id ?? '';
    const call = sdkClient(this.url, this.#key, { projectId: project });
    const { clusters } = (await call('GET', `/v1.1/${project}/clusters`)) as unknown as {
      clusters: readonly { readonly id: string }[];
    };
    this.#ids = { project, cluster: clusters[0]?.id ?? '' };
  }

  /** `kill -9`; workers go on. */
  async crash(): Promise<void> {
    await this.#server?.crash();
    this.#server = null;
  }

  /** The vendor's client core with this key, or the root's. */
  callAs(key: Key): CdmCall {
    const { project, cluster } = this.#ids;
    const call = sdkClient(this.url, key, { projectId: project });
    return (method, path, body, query = {}) =>
      call(method, `/v1.1/${project}/clusters/${cluster}/cdm${path}`, { body, query });
  }

  readonly cdm: CdmCall = (...call) => this.callAs(this.#key)(...call);

  /** A key of a new user who has only what these statements allow. */
  async userWith(name: string, statements: readonly object[]): Promise<Key> {
    const document = { Version: '1', Statement: statements };
    await this.native('PUT', `/policies/${name}`, { document });
    const { key, secret } = await this.native('POST', '/keys', { user: name, policies: [name] });
    return { id: String((key as Row)['id']), secret: String(secret) };
  }

  /** One call of the native API as the operator. @throws Error with the answer unless it is 2xx. */
  async native(method: string, path: string, body?: unknown): Promise<Row> {
    const text = await this.#asked(method, path, body);
    return text === '' ? {} : (JSON.parse(text) as Row);
  }

  /** What a run's workers said so far. */
  async log(runId: string): Promise<string> {
    const attempts = (await this.#instances(runId)).flatMap((instance) => instance.attempts);
    const texts = attempts.map(({ id }) => this.#asked('GET', `/attempts/${id}/logs/stdout`));
    return (await Promise.all(texts)).join('\n');
  }

  async #asked(method: string, path: string, body?: unknown): Promise<string> {
    const token = (await readFile(join(this.dataDir, 'operator.token'), 'utf8')).trim();
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  async link(name: string, connector: string, inputs: Inputs): Promise<void> {
    await this.cdm('POST', '/link', { links: [wireLink(name, connector, inputs)] });
  }

  /** A link to a file below `databases`. */
  async sqlite(name: string): Promise<void> {
    await this.cdm('POST', '/link', { links: [sqliteLink(name, `${name}.db`)] });
  }

  /** Makes and starts a job. @returns its name. */
  async submit(from: End, to: End, driver: Inputs = {}, extra: Row = {}): Promise<string> {
    this.#jobs += 1;
    const name = `job${this.#jobs}`;
    const inputs = {
      from: prefixed('fromJobConfig.', from[1]),
      to: prefixed('toJobConfig.', to[1]),
      driver: { 'throttlingConfig.numExtractors': '1', ...driver },
    };
    const wire = job(name, { from: from[0], to: to[0] }, inputs, extra);
    await this.cdm('POST', '/job', { jobs: [wire] });
    await this.cdm('PUT', `/job/${name}/start`);
    return name;
  }

  /** The last submission of a job. */
  async submission(name: string): Promise<Row> {
    const { submissions } = await this.cdm('GET', `/job/${name}/status`);
    return (submissions as readonly Row[])[0] ?? {};
  }

  /** Waits for the end of a job's last submission. */
  over(name: string, deadlineMs = runMs): Promise<Row> {
    return until(
      `the end of ${name}`,
      async () => {
        const last = await this.submission(name);
        return ended.includes(String(last['status'])) ? last : null;
      },
      deadlineMs,
    );
  }

  /** Runs a job to its end. @returns its counters. @throws Error with the submission unless it succeeded. */
  async moved(from: End, to: End, driver: Inputs = {}, extra: Row = {}): Promise<Row> {
    const last = await this.over(await this.submit(from, to, driver, extra));
    if (last['status'] !== 'SUCCEEDED') throw new Error(JSON.stringify(last));
    return (last['counters'] as Row)[counterGroup] as Row;
  }

  /** Runs a job that must fail. @returns its submission. */
  async failed(from: End, to: End, driver: Inputs = {}): Promise<Row> {
    const last = await this.over(await this.submit(from, to, driver));
    if (last['status'] !== 'FAILED') throw new Error(JSON.stringify(last));
    return last;
  }

  /** Processes of a run's workers that run now. */
  async workers(runId: string): Promise<readonly number[]> {
    return (await this.#instances(runId)).flatMap(({ attempts }) =>
      attempts.flatMap(({ state, pid }) => (state === 'running' && pid !== null ? [pid] : [])),
    );
  }

  async #instances(runId: string): Promise<readonly Instance[]> {
    const { rows } = await this.native('GET', `/runs/${runId}/instances`);
    return rows as readonly Instance[];
  }

  /** Opens a file below `databases` for a moment. */
  within<T>(name: string, work: (database: Sqlite.Database) => T): T {
    const database = new Sqlite(join(this.databases, `${name}.db`));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  /** All rows of a statement, as texts. */
  rows(name: string, sql: string): readonly string[] {
    return this.within(name, (database) => {
      const found = database.prepare(sql).raw(true).safeIntegers(true).all() as unknown[][];
      return found.map((row) =>
        row.map((value) => (value === null ? '∅' : String(value))).join('|'),
      );
    });
  }
}

/** Starts one; it ends with the test. `extra`: further configuration. */
export async function startRemoteProgram(
  cleanup: Cleanup,
  extra: { readonly transfers?: object; readonly cdm?: object } = {},
): Promise<RemoteProgram> {
  const dataDir = await dataFolder(cleanup);
  const folder = await temporaryFolder(cleanup);
  const program = new RemoteProgram(cleanup, folder, dataDir);
  for (const made of [program.databases, program.share, program.warehouse]) await mkdir(made);
  const shares = [
    { name: 'files', folder: program.share },
    { name: 'file:///hive', folder: program.warehouse },
  ];
  const config = {
    region,
    transfers: { databases: program.databases, shares, ...extra.transfers },
    cdm: { timezone: 'UTC', ...extra.cdm },
  };
  await writeFile(join(folder, 'longshore.json'), JSON.stringify(config));
  await program.start();
  await program.introduce();
  return program;
}

/** A link as clients send it; inputs without their prefix. */
export function wireLink(name: string, connector: string, inputs: Inputs): object {
  return {
    name,
    'connector-name': connector,
    'link-config-values': values(prefixed('linkConfig.', inputs)),
  };
}

/** Inputs of an obs link to a server on loopback. */
export function obsInputs(endpoint: string): Inputs {
  const { hostname, port } = new URL(endpoint);
  return { storageType: 'OBS', server: hostname, port, accessKey: 'test', securityKey: 'test' };
}

function prefixed(prefix: string, inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`${prefix}${name}`, value]),
  );
}

/** Makes a table of so many rows with values that are easy to get wrong. */
export function seed(program: RemoteProgram, database: string, table: string, rows: number): void {
  program.within(database, (db) => {
    db.exec(`create table "${table}" (id integer primary key, big bigint, price decimal(12,2),
      name varchar(50), note varchar(50), at timestamp, flag boolean)`);
    db.exec(`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into "${table}"
      select i, case when i % 7 = 0 then null else 9223372036854775807 - i end, printf('%d.%02d', i, i % 100),
             'name "' || i || '", ü', case i % 3 when 0 then 'x' when 1 then 'tab' || char(9) || 'line' || char(10) || 'back\\slash' else '' end,
             '2026-01-31 23:59:' || printf('%02d', i % 60), i % 2 from n`);
  });
}

/** Creates an empty table like that of `seed`. */
export function seedless(program: RemoteProgram, database: string, table: string): void {
  seed(program, database, table, 1);
  program.within(database, (db) => db.exec(`delete from "${table}"`));
}
