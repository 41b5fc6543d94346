import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import {
  createTemplate,
  exec,
  finished,
  type SaeServer,
  startSaeServer,
  stdout,
} from '../support/sae.ts';
import { until } from '../support/until.ts';

const dayMs = 24 * 60 * 60 * 1000;
const often = { LONGSHORE_RETENTION_INTERVAL_MS: '150' };

test('history is bounded by count; the newest run stays, a young key is remembered', async (t) => {
  const env = {
    ...often,
    LONGSHORE_RETENTION_RUNS_MAX_PER_TEMPLATE: '3',
    LONGSHORE_RETENTION_RUNS_MAX_TOTAL: '4',
  };
  const server = await startSaeServer(t, { env });
  const quiet = await createTemplate(server.sae, ['true']);
  const only = await exec(server.sae, quiet);
  await finished(server.sae, quiet, only);
  const appId = await createTemplate(server.sae, ['sh', '-c', 'echo ran']);
  const keyed = await exec(server.sae, appId, { EventId: 'once' });
  await finished(server.sae, appId, keyed);
  const jobs: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    jobs.push(await exec(server.sae, appId));
    await finished(server.sae, appId, jobs.at(-1) ?? '');
  }

  const kept = [...jobs.slice(-3).toReversed(), keyed];
  await until('the others are gone', async () => (await history(server, appId)).length === 4);
  assert.deepEqual(await history(server, appId), kept);
  assert.deepEqual(await history(server, quiet), [only], 'the newest of its template');
  assert.equal(await exec(server.sae, appId, { EventId: 'once' }), keyed);
  const folders = [...kept, only].map((job) => `${job}.0.1`).toSorted();
  await until('their folders are gone', async () => (await attempts(server)).length === 5);
  assert.deepEqual(await attempts(server), folders);
  assert.equal(await stdout(server, jobs.at(-1) ?? ''), 'ran\n');

  assert.equal(await metric(server, 'longshore_retention_runs_removed_total'), 5);
  assert.equal(await metric(server, 'longshore_attempt_folders_removed_total'), 5);
  assert.ok((await metric(server, 'longshore_attempt_folders_bytes')) > 0);
  assert.ok((await metric(server, 'longshore_retention_last_round_seconds')) >= 0);
});

test('output is bounded by bytes: the oldest goes first, its run stays and says so', async (t) => {
  const maxBytes = 1_000_000;
  const env = { ...often, LONGSHORE_RETENTION_OUTPUT_MAX_BYTES: String(maxBytes) };
  const server = await startSaeServer(t, { env });
  const appId = await createTemplate(server.sae, [
    'sh',
    '-c',
    'head -c 200000 /dev/urandom; head -c 100000 /dev/urandom > file',
  ]);
  const jobs: string[] = [];
  for (let n = 0; n < 7; n += 1) {
    jobs.push(await exec(server.sae, appId));
    await finished(server.sae, appId, jobs.at(-1) ?? '');
  }
  await until('the rest fits', async () => (await attempts(server)).length <= 3);
  assert.deepEqual(
    await attempts(server),
    jobs.slice(-3).map((job) => `${job}.0.1`),
  );
  const left = await until('the metric follows', async () => {
    const bytes = await metric(server, 'longshore_attempt_folders_bytes');
    return bytes <= maxBytes ? bytes : null;
  });
  assert.ok(left >= 3 * 300_000);
  assert.equal((await history(server, appId)).length, 7, 'every run is still there');
  const shown = (await server.cli('runs', 'show', jobs[0] ?? '')) as {
    events: { subject: string; to: string; reason: string }[];
  };
  const line = shown.events.find(({ to }) => to === 'output-removed');
  assert.equal(line?.subject, '#0.1');
  const gone = await fetch(`${server.url}/api/v1/attempts/${jobs[0] ?? ''}.0.1/logs/stdout`, {
    headers: { authorization: `Basic ${btoa(`${server.key.id}:${server.key.secret}`)}` },
  });
  assert.equal(gone.status, 404);
  assert.match(
    ((await gone.json()) as { detail: string }).detail,
    /since 20.*removed by retention/,
  );
  assert.match(line.reason, /removed by retention.*1000000 bytes.*retention\.output\.maxBytes/);
});

test('kill -9 in the middle of it leaves nothing behind at the end', async (t) => {
  const first = await startSaeServer(t);
  const appId = await createTemplate(first.sae, ['true']);
  const jobs = await Promise.all(Array.from({ length: 80 }, () => exec(first.sae, appId)));
  await Promise.all(jobs.map((job) => finished(first.sae, appId, job)));
  await first.stop();
  assert.equal((await attempts(first)).length, 80);

  const env = { ...often, LONGSHORE_RETENTION_RUNS_MAX_PER_TEMPLATE: '2' };
  const { dataDir, key } = first;
  const second = await startSaeServer(t, { dataDir, key, env });
  await until('some folders are gone', async () => (await attempts(second)).length < 80);
  await second.crash();
  const between = (await attempts(second)).length;
  assert.ok(between > 2, `${between} folders were left: it was killed in the middle`);

  // A server that would erase nothing by itself still works off what the other one left.
  const third = await startSaeServer(t, { dataDir, key });
  const kept = await history(third, appId);
  assert.ok(kept.length < 80, 'rows go before folders');
  await until('all folders without a run are gone', async () => {
    const now = await attempts(third);
    return now.length === kept.length;
  });
  assert.deepEqual(await attempts(third), kept.map((job) => `${job}.0.1`).toSorted());
});

test('folders that no run knows are removed at the start, never one whose process runs', async (t) => {
  const first = await startSaeServer(t);
  const appId = await createTemplate(first.sae, ['true']);
  const job = await exec(first.sae, appId);
  await finished(first.sae, appId, job);
  await first.stop();
  const folder = async (name: string, ageMs: number, process?: string): Promise<void> => {
    const path = join(first.dataDir, 'attempts', name);
    await mkdir(path);
    await writeFile(join(path, 'stdout'), 'left behind\n');
    if (process !== undefined) await writeFile(join(path, 'process'), process);
    const atS = (Date.now() - ageMs) / 1_000;
    await utimes(path, atS, atS);
  };
  await folder('manual-old.0.1', 2 * dayMs);
  await folder('manual-young.0.1', 0);
  await folder('manual-older-than-the-store.0.1', 9 * dayMs);
  await folder('manual-alive.0.1', 2 * dayMs, await markOf(process.pid));
  // This host has been known for three days.
  const db = new Sqlite(join(first.dataDir, 'longshore.db'));
  db.prepare('update servers set joined_at = joined_at - ?').run(3 * dayMs);
  db.close();

  const second = await startSaeServer(t, { dataDir: first.dataDir, key: first.key });
  const expected = [
    'manual-alive.0.1',
    'manual-older-than-the-store.0.1',
    'manual-young.0.1',
    `${job}.0.1`,
  ].toSorted();
  await until('the old folder is gone', async () => {
    const names = await attempts(second);
    return !names.includes('manual-old.0.1');
  });
  await until('everything was looked at', async () =>
    Number.isFinite(await metric(second, 'longshore_attempt_folders_bytes')),
  );
  assert.deepEqual(await attempts(second), expected);
});

/** Job ids of a template, newest first. */
async function history({ sae }: SaeServer, appId: string): Promise<readonly string[]> {
  const path = '/pop/v1/sam/job/describeJobHistory';
  const answer = await sae('DescribeJobHistory', 'GET', path, {
    AppId: appId,
    CurrentPage: '1',
    PageSize: '1000',
  });
  return (answer['Data'] as { Jobs: { JobId: string }[] }).Jobs.map(({ JobId }) => JobId);
}

async function attempts({ dataDir }: { readonly dataDir: string }): Promise<readonly string[]> {
  const names = await readdir(join(dataDir, 'attempts'));
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

async function metric({ url }: SaeServer, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  assert.ok(value !== undefined, `${name} is missing`);
  return value === 'Nan' ? Number.NaN : Number(value);
}

/** What the `process` file of an attempt says whose main process is this one. */
async function markOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1');
  const start = text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const { mtimeMs } = await stat(`/proc/${pid}`);
  return `pid ${pid} boot test at ${(mtimeMs / 1_000).toFixed(3)}\nstart ${start}\n`;
}
