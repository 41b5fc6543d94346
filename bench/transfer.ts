import { execFile, execFileSync } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectorKinds } from '../src/app/connectors.ts';
import type { LinkOptions } from '../src/domain/transfer/link.ts';
import { freePort } from '../tests/support/free-port.ts';
import { missingMariadb, type TestMariadb, testMariadb } from '../tests/support/mariadb.ts';
import { missingPostgres, testPostgres } from '../tests/support/postgres.ts';
import type { BenchOptions } from './main.ts';
import { type Measurement, measurement, median, quantile } from './support/measurement.ts';
import { benchFolder } from './support/server.ts';
import {
  COLUMNS,
  fill,
  fromFile,
  fromTable,
  toFiles,
  toTable,
  workOf,
} from './support/transfer-jobs.ts';
import { type LoadCost, runBare, runWork } from './support/transfer-worker.ts';

const MAX_RSS_MIB = 300;
/** How much slower proof and checkpoints may make a load. */
const MAX_SLOWER = 1.15;
/**
 * One load takes a tenth more or less than the next one on a machine that others use, too: what the
 * ratios say within some hundredths takes many rounds.
 */
const DEFAULT_ROUNDS = 15;
/** Files and MariaDB, where less is asked or more is left, take so many times fewer. */
const FEWER_ROUNDS = 3;
const COMMAND_DEADLINE_MS = 15 * 60_000;
type PostgresLink = Extract<LinkOptions, { kind: 'postgres' }>;

/** Everything that a round needs. */
interface Place {
  readonly options: BenchOptions;
  readonly rows: number;
  readonly rounds: number;
  readonly port: number;
  readonly links: { readonly src: PostgresLink; readonly dst: PostgresLink };
  readonly folder: string;
  readonly peaks: number[];
}

/**
 * `transfer`: 5 million rows of 8 columns from here to there, against the same by a pipe of the
 * databases' own programs in the same round; each load by a worker process as the server starts it.
 */
export async function* transfer(options: BenchOptions): AsyncIterable<Measurement> {
  const missing = missingPostgres() ?? missingProgram('psql');
  if (missing !== null) {
    options.note(`transfer: skipped, ${missing}`);
    return;
  }
  // By address and port, as links of CDM are: a socket in a folder holds too little for both sides.
  const server = await testPostgres(await freePort());
  try {
    const src = await linkTo(await server.database('src'));
    const dst = await linkTo(await server.database('dst'));
    const place: Place = {
      options,
      rows: options.short ? 200_000 : 5_000_000,
      rounds: options.number('rounds', options.short ? 1 : DEFAULT_ROUNDS),
      port: src.port,
      links: { src, dst },
      folder: await benchFolder(),
      peaks: [],
    };
    await psql(place, 'src', `CREATE TABLE t ${COLUMNS}`);
    await psql(place, 'src', fill(place.rows));
    await psql(place, 'src', 'VACUUM ANALYZE t');
    // Else scans begin where an earlier one happened to be, and rows come out of their order.
    await psql(place, 'src', 'ALTER DATABASE src SET synchronize_seqscans = off');
    // Vacuuming begins when it likes, beside this load or that one.
    const alone = 'WITH (autovacuum_enabled = off)';
    await psql(
      place,
      'dst',
      `CREATE TABLE t ${COLUMNS} ${alone}; CREATE TABLE peer ${COLUMNS} ${alone}`,
    );
    yield* postgresToPostgres(place);
    yield* files(place);
    yield* mariadb(place);
    yield measurement(
      'transfer',
      'peak_rss_mib',
      Math.max(...place.peaks),
      'MiB',
      'the limit asked for',
      MAX_RSS_MIB,
    );
  } finally {
    await server.stop();
  }
}

async function* postgresToPostgres(place: Place): AsyncIterable<Measurement> {
  const links = { from: place.links.src, to: place.links.dst };
  const on = workOf(fromTable(), toTable('t'), links, 'checksums');
  const off = workOf(fromTable(), toTable('t'), links, 'none');
  const [pipes, bare, loads, proved]: [number[], number[], number[], number[]] = [[], [], [], []];
  const steps: readonly (() => Promise<void>)[] = [
    async () => {
      pipes.push(
        await shell(
          `${copy(place, 'src', 't')} TO STDOUT (FORMAT binary)" | ${copy(place, 'dst', 'peer')} FROM STDIN (FORMAT binary)"`,
        ),
      );
      place.options.note(`transfer: psql | psql ${rate(place, pipes.at(-1))} rows/s`);
    },
    async () => {
      bare.push((await noted(place, 'pg to pg, no proof, no checkpoints', runBare(off))).seconds);
    },
    async () => {
      loads.push((await noted(place, 'pg to pg', runWork(off, 1))).seconds);
    },
    async () => {
      const load = await noted(place, 'pg to pg, proved', runWork(on, 1));
      const proof = load.report?.proof;
      if (proof?.outcome !== 'match') throw new Error(`the proof says ${JSON.stringify(proof)}`);
      proved.push(load.seconds);
    },
  ];
  for (let round = 0; round < place.rounds; round += 1) {
    await inTurn(round, () => empty(place), steps);
  }
  const against = 'psql COPY binary | psql COPY binary';
  yield rows(place, 'pg_to_pg_rows_per_s', loads, against, pipes);
  yield rows(place, 'pg_to_pg_proved_rows_per_s', proved, against, pipes);
  const slower = ratios(place, 'proved_over_bare_time', proved, bare);
  yield measurement(
    'transfer',
    'proved_over_bare_time',
    median(slower),
    'ratio',
    'the limit asked for',
    MAX_SLOWER,
  );
}

async function* files(place: Place): AsyncIterable<Measurement> {
  if (!connectorKinds.has('local')) {
    place.options.note('transfer: CSV skipped, there is no connector for local files');
    return;
  }
  const share = { kind: 'local', share: 'bench' } as const;
  const shares = { bench: place.folder };
  const toCsv = workOf(fromTable(), toFiles('out'), { from: place.links.src, to: share }, 'none');
  const fromCsv = workOf(
    fromFile('peer.csv'),
    toTable('t'),
    { from: share, to: place.links.dst },
    'none',
  );
  const peerFile = join(place.folder, 'peer.csv');
  const [out, peerOut, back, peerBack]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < fewer(place); round += 1) {
    await rm(join(place.folder, 'out'), { recursive: true, force: true });
    await rm(peerFile, { force: true });
    await mkdir(join(place.folder, 'out'));
    await inTurn(round, () => settle(place), [
      async () => {
        peerOut.push(await shell(`${client(place, 'src')} -c "\\copy t TO '${peerFile}' CSV"`));
      },
      async () => {
        out.push((await noted(place, 'pg to csv', runWork(toCsv, 1, shares))).seconds);
      },
    ]);
    const copyBack = `${client(place, 'dst')} -c "\\copy peer FROM '${peerFile}' CSV"`;
    await inTurn(round, () => empty(place), [
      async () => {
        peerBack.push(await shell(copyBack));
      },
      async () => {
        back.push((await noted(place, 'csv to pg', runWork(fromCsv, 1, shares))).seconds);
      },
    ]);
  }
  place.options.note(`transfer: the CSV file has ${(await stat(peerFile)).size} bytes`);
  yield rows(place, 'pg_to_csv_rows_per_s', out, 'psql \\copy to CSV', peerOut);
  yield rows(place, 'csv_to_pg_rows_per_s', back, 'psql \\copy from CSV', peerBack);
}

async function* mariadb(place: Place): AsyncIterable<Measurement> {
  const missing = missingMariadb() ?? missingProgram('mysql');
  if (missing !== null) {
    place.options.note(`transfer: MariaDB skipped, ${missing}`);
    return;
  }
  const server = await testMariadb();
  try {
    const link = await server.link('bench');
    await fillMariadb(place, server);
    const links = { from: link, to: place.links.dst };
    const work = workOf(fromTable(), toTable('t'), links, 'none');
    const [loads, pipes, back]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < fewer(place); round += 1) {
      const pipe = `mysql --no-defaults --quick --batch --skip-column-names -h127.0.0.1 -P${server.port} -uroot bench -e "SELECT * FROM t" | ${copy(place, 'dst', 'peer')} FROM STDIN (NULL 'NULL')"`;
      await inTurn(round, () => empty(place), [
        async () => {
          pipes.push(await shell(pipe));
        },
        async () => {
          loads.push((await noted(place, 'mariadb to pg', runWork(work, 1))).seconds);
        },
      ]);
      await mariadbRun(server, 'TRUNCATE TABLE back');
      const there = workOf(
        fromTable(),
        toTable('back'),
        { from: place.links.src, to: link },
        'none',
      );
      back.push((await noted(place, 'pg to mariadb', runWork(there, 1))).seconds);
    }
    yield rows(place, 'mysql_to_pg_rows_per_s', loads, 'mysql --quick | psql COPY', pipes);
    yield rows(place, 'pg_to_mysql_rows_per_s', back, 'the other way', loads);
  } finally {
    await server.stop();
  }
}

async function fillMariadb(place: Place, server: TestMariadb): Promise<void> {
  const file = join(place.folder, 'fill.txt');
  await shell(`${copy(place, 'src', 't')} TO STDOUT" > ${file}`);
  const columns = COLUMNS.replace('ts timestamp', 'ts datetime');
  await mariadbRun(server, `CREATE TABLE t ${columns}`);
  await mariadbRun(server, 'CREATE TABLE back LIKE t');
  await shell(
    `mysql --no-defaults --local-infile=1 -h127.0.0.1 -P${server.port} -uroot bench -e "LOAD DATA LOCAL INFILE '${file}' INTO TABLE t CHARACTER SET utf8mb4"`,
  );
  await rm(file);
}

async function mariadbRun(server: TestMariadb, sql: string): Promise<void> {
  const connection = await server.connect('bench');
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

function fewer({ rounds }: Place): number {
  return Math.ceil(rounds / FEWER_ROUNDS);
}

/** Does steps one after the other, in each round another one first: none has always the same before it. */
async function inTurn(
  round: number,
  before: () => Promise<void>,
  steps: readonly (() => Promise<void>)[],
): Promise<void> {
  for (const turn of steps.keys()) {
    await before();
    await steps[(turn + round) % steps.length]?.();
  }
}

/** The speed is the median of all rounds, the ratio that of their ratios. */
function rows(
  place: Place,
  metric: string,
  ours: readonly number[],
  against: string,
  theirs: readonly number[],
): Measurement {
  const perSecond = (seconds: readonly number[]): number => place.rows / median(seconds);
  return measurement(
    'transfer',
    metric,
    perSecond(ours),
    'rows/s',
    against,
    perSecond(theirs),
    median(ratios(place, metric, theirs, ours)),
  );
}

/** Round by round: the speed of a shared machine drifts from one to the next. */
function ratios(
  place: Place,
  metric: string,
  some: readonly number[],
  others: readonly number[],
): readonly number[] {
  const all = some.map((seconds, round) => seconds / (others[round] ?? Number.NaN));
  const [low, middle, high] = [0.25, 0.5, 0.75].map((at) => quantile(all, at).toFixed(3));
  place.options.note(
    `transfer: ${metric}: ratio ${middle}, half of ${all.length} rounds from ${low} to ${high}`,
  );
  return all;
}

async function noted(place: Place, what: string, load: Promise<LoadCost>): Promise<LoadCost> {
  const cost = await load;
  place.peaks.push(cost.peakRssMib);
  const cpu = (cost.userSeconds / place.rows) * 1_000_000;
  place.options.note(
    `transfer: ${what} ${rate(place, cost.seconds)} rows/s, ${Math.round(cost.peakRssMib)} MiB, ${cpu.toFixed(2)} s of user CPU for a million rows`,
  );
  return cost;
}

function rate({ rows: count }: Place, seconds = Number.NaN): string {
  return String(Math.round(count / seconds));
}

/** Both targets without rows, and nothing left to be written by those before. */
async function empty(place: Place): Promise<void> {
  await psql(place, 'dst', 'TRUNCATE TABLE t, peer');
  await settle(place);
}

async function settle(place: Place): Promise<void> {
  await psql(place, 'dst', 'CHECKPOINT');
  await shell('sync');
}

async function linkTo(url: string): Promise<PostgresLink> {
  const { hostname, pathname, port } = new URL(url);
  return {
    kind: 'postgres',
    hosts: [hostname],
    port: Number(port),
    database: pathname.slice(1),
    user: 'postgres',
    password: '',
    tls: 'off',
    connectTimeoutMs: 10_000,
    socketTimeoutMs: 0,
    fetchRows: 1_000,
    commitRows: 10_000,
    batchRows: 100,
    identifierQuote: null,
    defaultSchema: '',
  };
}

function client({ port }: Place, database: string): string {
  return `psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p ${port} -U postgres -d ${database}`;
}

/** Up to what follows the table; a quote is open. */
function copy(place: Place, database: string, table: string): string {
  return `${client(place, database)} -c "COPY ${table}`;
}

async function psql(place: Place, database: string, sql: string): Promise<void> {
  await promisify(execFile)(
    'psql',
    [
      '-X',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '127.0.0.1',
      '-p',
      String(place.port),
      '-U',
      'postgres',
      '-d',
      database,
      '-c',
      sql,
    ],
    { timeout: COMMAND_DEADLINE_MS },
  );
}

/** Runs a command to its end; seconds. */
async function shell(command: string): Promise<number> {
  const startedAtMs = performance.now();
  await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command], {
    timeout: COMMAND_DEADLINE_MS,
  });
  return (performance.now() - startedAtMs) / 1000;
}

function missingProgram(name: string): string | null {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return `${name} is not installed`;
  }
}
