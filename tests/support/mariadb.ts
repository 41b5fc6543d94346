import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { LinkOptions } from '../../src/domain/transfer/link.ts';
import { freePort } from './free-port.ts';
import { until, within } from './until.ts';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const MAX_LOG = 16 * 1024;
export const mariadbUser = { user: 'longshore', password: "p'ass\\word" } as const;

/** One real MariaDB of the tests' own, with its data in a temporary folder. */
export interface TestMariadb {
  readonly port: number;
  /** Makes a database; its link. */
  link(database: string): Promise<Extract<LinkOptions, { kind: 'mysql' }>>;
  /** A connection of the test's own; the caller ends it. */
  connect(database: string): Promise<mysql.Connection>;
  stop(): Promise<void>;
}

/**
 * Why there can be no MariaDB here; null when there can.
 * @throws Error instead, where nothing may be skipped (CI=true, LONGSHORE_REQUIRE_ALL=1).
 */
export function missingMariadb(): string | null {
  const found = ['mariadbd', 'mariadb-install-db'].every(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
  );
  if (found) return null;
  const text = 'MariaDB is missing, the MySQL connector goes untested: install mariadb-server';
  const required = ['true', '1'].includes(process.env['CI'] ?? '');
  if (required || process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(text);
  return text;
}

/** Starts a MariaDB on a free port of the loopback interface. */
export async function testMariadb(): Promise<TestMariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-mariadb-'));
  const data = join(folder, 'data');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const made = spawnSync('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...asRoot,
  ]);
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr.toString()}`);
  const port = await freePort();
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--character-set-server=utf8mb4',
      ...asRoot,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const log = keepEnd(server);
  const root = { host: '127.0.0.1', port, user: 'root' };
  await until(
    'MariaDB accepts connections',
    async () => {
      if (server.exitCode !== null) throw new Error(`mariadbd ended: ${log()}`);
      try {
        const connection = await mysql.createConnection(root);
        await connection.query(`CREATE USER ?@'%' IDENTIFIED BY ?`, [
          mariadbUser.user,
          mariadbUser.password,
        ]);
        await connection.query(`GRANT ALL ON *.* TO ?@'%'`, [mariadbUser.user]);
        await connection.end();
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === 'ECONNREFUSED') return false;
        throw error;
      }
    },
    START_DEADLINE_MS,
  );
  return {
    port,
    async link(database) {
      const connection = await mysql.createConnection(root);
      await connection.query(`CREATE DATABASE IF NOT EXISTS \`${database}\``);
      await connection.end();
      return {
        kind: 'mysql',
        hosts: ['127.0.0.1'],
        port,
        database,
        ...mariadbUser,
        tls: 'off',
        connectTimeoutMs: 10_000,
        socketTimeoutMs: 0,
        fetchRows: 1_000,
        commitRows: 10_000,
        batchRows: 100,
        identifierQuote: null,
        defaultSchema: '',
        loadData: true,
        tinyIntIsBool: true,
      };
    },
    connect: (database) => mysql.createConnection({ ...root, database, supportBigNumbers: true }),
    async stop() {
      if (server.exitCode === null) {
        const ended = once(server, 'exit');
        server.kill('SIGTERM');
        await within('MariaDB ends', ended, STOP_DEADLINE_MS);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function keepEnd(server: ChildProcess): () => string {
  let text = '';
  server.stderr?.on('data', (piece: Buffer) => {
    text = (text + piece.toString()).slice(-MAX_LOG);
  });
  return () => text;
}
