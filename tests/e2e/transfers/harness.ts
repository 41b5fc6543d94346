import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { Instance, Run } from '../../../src/domain/run.ts';
import type {
  FileSource,
  FileTarget,
  TableSource,
  TableTarget,
  TransferDefinition,
} from '../../../src/domain/transfer/definition.ts';
import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import type {
  QuarantinedRow,
  TransferPlan,
  TransferReport,
} from '../../../src/domain/transfer/report.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until, within } from '../../support/until.ts';

const program = join(import.meta.dirname, 'server-program.ts');
const startMs = 30_000;

/** What the server answers, by call. */
interface Answers {
  link: unknown;
  plan: TransferPlan;
  submit: string;
  run: Run;
  instances: readonly Instance[];
  events: readonly { readonly message: string }[];
  report: TransferReport | null;
  stop: Run;
  quarantine: { readonly rows: readonly QuarantinedRow[]; readonly total: number };
  log: string;
}

/** A server of data jobs with a data folder, which can be killed and started again. */
export class TransferServer {
  readonly folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  #port = 0;

  constructor(folder: string, settings: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.#settings = settings;
  }

  get databases(): string {
    return join(this.folder, 'databases');
  }

  get files(): string {
    return join(this.folder, 'files');
  }

  async start(): Promise<void> {
    const settings = {
      dataDir: join(this.folder, 'data'),
      'transfers.databases': this.databases,
      'transfers.shares': JSON.stringify([{ name: 'files', folder: this.files }]),
      ...this.#settings,
    };
    const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    this.#child = child;
    const line = new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', () => reject(new Error('the server ended before it listened')));
    });
    this.#port = Number((await within('the server listens', line, startMs)).split(' ')[1]);
  }

  /** `kill -9`; workers go on. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await within('the end of the server', ended);
  }

  async call<K extends keyof Answers>(call: K, input: unknown): Promise<Answers[K]> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
      method: 'POST',
      body: JSON.stringify({ call, input }),
      signal: AbortSignal.timeout(60_000),
    });
    const answer = (await response.json()) as { result: Answers[K]; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }

  link(name: string, options: LinkOptions): Promise<unknown> {
    return this.call('link', { name, options });
  }

  /** A link to a file below `databases`. */
  sqlite(name: string, file: string): Promise<unknown> {
    return this.link(name, { kind: 'sqlite', file, batchRows: 100, commitRows: 10_000 });
  }

  /** Waits until the run is over. */
  async over(runId: string, deadlineMs = 120_000): Promise<Run> {
    return until(
      `run ${runId} is over`,
      async () => {
        const run = await this.call('run', runId);
        return ['succeeded', 'failed', 'canceled'].includes(run.state) ? run : null;
      },
      deadlineMs,
    );
  }

  async report(runId: string): Promise<TransferReport> {
    const report = await this.call('report', runId);
    if (report === null) throw new Error(`nothing is known of ${runId}`);
    return report;
  }

  /** Processes of this server's workers that run now. */
  async workers(runId: string): Promise<readonly number[]> {
    const instances = await this.call('instances', runId);
    return instances.flatMap(({ attempts }) =>
      attempts.flatMap(({ state, pid }) => (state === 'running' && pid !== null ? [pid] : [])),
    );
  }

  /** What went on, for messages of failing tests. */
  async story(runId: string): Promise<string> {
    const instances = await this.call('instances', runId);
    const parts = await Promise.all(
      instances.flatMap(({ attempts }) =>
        attempts.map(
          async ({ id, state, message }) =>
            `${id} ${state} ${message}\n${await this.call('log', id)}`,
        ),
      ),
    );
    return parts.join('\n');
  }
}

/** Starts a server; the end of the test ends it and all that it started. */
export async function transferServer(
  cleanup: Cleanup,
  settings: Readonly<Record<string, string>> = {},
): Promise<TransferServer> {
  const folder = await temporaryFolder(cleanup);
  const server = new TransferServer(folder, settings);
  await mkdir(server.databases, { recursive: true });
  await mkdir(server.files, { recursive: true });
  await server.start();
  cleanup.after(() => server.kill());
  return server;
}

/** A table of so many rows with values that are easy to get wrong. */
export function seedSqlite(file: string, table: string, rows: number): void {
  const database = new Sqlite(file);
  database.exec(
    `create table "${table}" (id integer primary key, big bigint, price decimal(12,2), name varchar(50), note text, at timestamp, flag boolean)`,
  );
  database.exec(`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
    insert into "${table}"
    select i, case when i % 7 = 0 then null else 9223372036854775807 - i end, printf('%d.%02d', i, i % 100),
           'name ' || i, case i % 3 when 0 then null when 1 then 'tab' || char(9) || 'line' || char(10) || 'back\\slash' else '' end,
           '2026-01-31 23:59:' || printf('%02d', i % 60), i % 2 from n`);
  database.close();
}

/** All rows as texts, sorted, for comparisons. */
export function rowsOf(file: string, sql: string): readonly string[] {
  const database = new Sqlite(file, { readonly: true });
  try {
    const statement = database.prepare(sql).raw(true).safeIntegers(true);
    return (statement.all() as unknown[][])
      .map((row) => row.map((value) => (value === null ? '∅' : String(value))).join('|'))
      .toSorted();
  } finally {
    database.close();
  }
}

const base: Omit<TransferDefinition, 'from' | 'to'> = {
  name: 'job',
  addedFields: [],
  converters: [],
  extractors: 1,
  concurrentTables: 1,
  dirtyRows: { tolerate: false, maxPerShard: 0, maxPercent: null, copyTo: null },
  throttle: { bytesPerSecond: null, rowsPerSecond: null },
  queueBytes: 16 * 1024 * 1024,
  errorRetries: 0,
  retryDelaysMs: [],
  proof: 'checksums',
};

export function definition(
  parts: Pick<TransferDefinition, 'from' | 'to'> & Partial<TransferDefinition>,
): TransferDefinition {
  return { ...base, ...parts };
}

export function fromTable(
  link: string,
  table: string,
  more: Partial<TableSource> = {},
): TableSource {
  return {
    kind: 'tables',
    link,
    schema: '',
    table,
    wholeDatabase: false,
    columns: null,
    where: null,
    partitionColumn: null,
    partitionColumnNullable: false,
    tablePartitions: null,
    bytesEncoding: 'utf-8',
    ...more,
  };
}

export function toTable(link: string, table: string, more: Partial<TableTarget> = {}): TableTarget {
  return {
    kind: 'table',
    link,
    schema: '',
    table,
    columns: null,
    preparation: 'create',
    clear: { kind: 'none' },
    conflict: 'insert',
    stage: false,
    characterFactor: 1,
    keepNotNull: true,
    before: null,
    after: null,
    ...more,
  };
}

const csv = {
  kind: 'csv',
  fieldSeparator: ',',
  lineSeparator: '\n',
  quoted: true,
  escaped: false,
  linePattern: null,
  headerLines: 0,
  encoding: 'utf-8',
  quoteStyle: 'rfc4180',
  lineBreaks: { policy: 'keep' },
} as const;

export function fromFiles(link: string, path: string, more: Partial<FileSource> = {}): FileSource {
  return {
    kind: 'files',
    link,
    bucket: '',
    paths: [path],
    format: csv,
    columns: null,
    compression: 'none',
    compressedSuffix: '*',
    splitBy: 'count',
    marker: null,
    filter: { by: 'wildcard', folders: [], files: [], modifiedFrom: null, modifiedBefore: null },
    missingIsEmpty: false,
    listFile: null,
    afterwards: 'nothing',
    md5Suffix: null,
    decrypt: null,
    datePatterns: {},
    dropQuery: false,
    ...more,
  };
}

export function toFiles(
  link: string,
  directory: string,
  more: Partial<FileTarget> = {},
): FileTarget {
  return {
    kind: 'files',
    link,
    bucket: '',
    directory,
    format: csv,
    columns: null,
    maxFileBytes: null,
    baseName: null,
    duplicates: 'replace',
    viaTemporary: false,
    marker: null,
    flattenInto: null,
    clear: false,
    append: true,
    compression: 'none',
    md5: { check: false, record: false },
    encrypt: null,
    copyContentType: false,
    bytesEncoding: 'utf-8',
    nulls: '',
    ...more,
  };
}

/** A link to a database of the tests' PostgreSQL, which listens on a socket file. */
export function postgresLink(url: string): LinkOptions {
  const { pathname, searchParams } = new URL(url);
  return {
    kind: 'postgres',
    hosts: [searchParams.get('host') ?? ''],
    port: 5432,
    database: decodeURIComponent(pathname.slice(1)),
    user: searchParams.get('user') ?? '',
    password: '',
    tls: 'off',
    connectTimeoutMs: 10_000,
    socketTimeoutMs: 0,
    fetchRows: 1_000,
    commitRows: 10_000,
    batchRows: 100,
    identifierQuote: null,
    defaultSchema: 'public',
  };
}

/** Runs statements by a connection of their own; rows of a single one. */
export async function queryPostgres(
  url: string,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(sql);
    return result.rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}
