import { open } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Browser } from 'playwright-core';
import { type Credentials, openConsole } from '../../tests/support/browser.ts';
import { cleanupList } from '../../tests/support/temporary-folder.ts';
import { quantile } from './measurement.ts';
import { type BenchServer, benchFolder, startServer } from './server.ts';

/** Requests of which the slowest but 5 % count. */
const looks = 60;
/** Lines that are waited for on the screen. */
const watchedLines = 12;

/** Asks the native API with the server's key, and reads the answer to its end. */
function asking(server: BenchServer) {
  const authorization = `Basic ${Buffer.from(`${server.key.id}:${server.key.secret}`).toString('base64')}`;
  return async (path: string, body?: unknown): Promise<Buffer> => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${path}: ${response.status} ${bytes.toString()}`);
    return bytes;
  };
}

/** Makes a template of one command and returns its id. */
async function makeTemplate(
  ask: ReturnType<typeof asking>,
  name: string,
  script: string,
): Promise<string> {
  const made = await ask('/templates', { name, command: ['sh', '-c', script] });
  return (JSON.parse(made.toString()) as { id: string }).id;
}

async function submit(ask: ReturnType<typeof asking>, template: string): Promise<string> {
  const made = await ask(`/templates/${template}/runs`, {});
  return (JSON.parse(made.toString()) as { run: { id: string } }).run.id;
}

/** Milliseconds that each of these takes, one after the other. */
async function timesOf(tasks: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (const task of tasks) {
    const startMs = performance.now();
    await task();
    times.push(performance.now() - startMs);
  }
  return times;
}

/** A server with this many runs that have ended, within the last day, of a hundred templates. */
export async function serverWithHistory(runs: number): Promise<BenchServer> {
  const dataDir = await benchFolder();
  const first = await startServer({ dataDir });
  const ask = asking(first);
  for (let count = 0; count < 100; count += 1) await makeTemplate(ask, `job-${count}`, 'true');
  await first.stop();
  const db = new Sqlite(join(dataDir, 'longshore.db'));
  const templates = db.prepare('select n from templates').pluck().all() as number[];
  const insert = db.prepare(
    `insert into runs (id, template_n, revision, trigger, by, state, replicas, active, succeeded, failed, message,
       created_at, not_before, started_at, ended_at)
     values (?, ?, 1, ?, 'bench', ?, 1, 0, 1, 0, '', ?, ?, ?, ?)`,
  );
  const dayMs = 86_400_000;
  const nowMs = Date.now();
  db.transaction(() => {
    for (let count = 0; count < runs; count += 1) {
      const atMs = nowMs - Math.floor((dayMs * (runs - count)) / runs);
      const state = count % 500 === 0 ? 'failed' : 'succeeded';
      const trigger = count % 50 === 0 ? 'schedule' : 'manual';
      const template = templates[count % templates.length];
      const id = `${trigger}-${crypto.randomUUID()}`;
      insert.run(id, template, trigger, state, atMs, atMs, atMs + 5, atMs + 5 + (count % 4_000));
    }
  })();
  db.close();
  return startServer({ dataDir });
}

/** Slowest page of the list of runs but 5 %, through the API: anywhere in it, by every filter. */
export async function runsPageMs(server: BenchServer, runs: number): Promise<number> {
  const ask = asking(server);
  const filters = [
    '',
    'state=failed',
    'state=failed,canceled&template=job-7',
    'template=job-42',
    'dialect=native&trigger=schedule',
    'search=job-9',
    'state=running,queued',
    `createdFromMs=${Date.now() - 7_200_000}&createdUntilMs=${Date.now() - 3_600_000}`,
  ];
  const tasks = Array.from({ length: looks }, (_, at) => () => {
    const cursor = `cursor=r${Math.ceil(Math.random() * runs)}`;
    return ask(`/runs?limit=100&${filters[at % filters.length]}&${at % 3 === 0 ? '' : cursor}`);
  });
  await timesOf(tasks.slice(0, 5));
  return quantile(await timesOf(tasks), 0.95);
}

/** The overview once everything was counted, as somebody sees it who comes back to it. */
export async function overviewMs(server: BenchServer): Promise<number> {
  const ask = asking(server);
  for (;;) {
    const { complete } = JSON.parse((await ask('/overview')).toString()) as { complete: boolean };
    if (complete) break;
  }
  return quantile(await timesOf(Array.from({ length: 20 }, () => () => ask('/overview'))), 0.95);
}

/** Slowest page of an output of this size but 5 %: from either end and anywhere in it. */
export async function logPageMs(server: BenchServer, bytes: number): Promise<number> {
  const ask = asking(server);
  const run = await submit(ask, await makeTemplate(ask, 'log', 'echo begun'));
  await ask(`/runs/${run}?waitMs=10000`);
  const attempt = `${run}.0.1`;
  const { location } = JSON.parse((await ask(`/attempts/${attempt}`)).toString()) as {
    location: string;
  };
  const file = await open(join(location, 'stdout'), 'a');
  const piece = Buffer.from('2026-11-21 12:00:00 INFO a line of a long output\n'.repeat(20_000));
  for (let written = 0; written < bytes; written += piece.length) await file.write(piece);
  await file.close();
  const pages = Array.from({ length: looks }, (_, at) => () => {
    const place = [
      'offset=0',
      'fromEnd=131072',
      `offset=${Math.floor(Math.random() * bytes)}`,
      `fromEnd=${Math.floor(Math.random() * bytes)}`,
    ][at % 4];
    return ask(`/attempts/${attempt}/logs/stdout?maxBytes=131072&${place}`);
  });
  return quantile(await timesOf(pages), 0.95);
}

/** From a line being written by a job until it stands on the screen; the slowest but 5 %. */
export async function lineToScreenMs(
  server: BenchServer,
  browser: Browser,
  as: Credentials,
): Promise<number> {
  const ask = asking(server);
  const script = `for i in $(seq ${watchedLines + 12}); do date +%s%3N; sleep 0.25; done`;
  const run = await submit(ask, await makeTemplate(ask, 'ticking', script));
  const cleanup = cleanupList();
  try {
    const path = `/console/runs/${run}?tab=logs`;
    const { page } = await openConsole(cleanup, browser, server.url, { as, path });
    await page.locator('.log-line').nth(2).waitFor();
    // As text: this file is checked without the types of a browser. A frame later it is painted.
    const lags = await page.evaluate<number[]>(`new Promise((resolve) => {
      const lags = [];
      const look = (record) => {
        for (const node of record.addedNodes) {
          const written = Number(/(\\d{13})/.exec(node.textContent ?? '')?.[1]);
          if (!(written > 0)) continue;
          requestAnimationFrame(() => setTimeout(() => {
            lags.push(Date.now() - written);
            if (lags.length >= ${watchedLines}) resolve(lags);
          }));
        }
      };
      new MutationObserver((records) => records.forEach(look)).observe(
        document.querySelector('.log-lines'), { childList: true, subtree: true });
    })`);
    return quantile(lags, 0.95);
  } finally {
    await cleanup.end();
  }
}
