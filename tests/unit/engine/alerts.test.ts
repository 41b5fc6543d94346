/** Alerts over a real store, with a real HTTP server as the one that is told. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../src/app/clock.ts';
import { createWebhookNotifier } from '../../../src/app/notifiers/webhook.ts';
import type { AlertPlan } from '../../../src/domain/alerts.ts';
import { type AlertRules, Alerts } from '../../../src/engine/alerts.ts';
import { Bench, exited, killed, refused } from '../../contract/store/fixtures.ts';
import { adapter } from '../../contract/store/sqlite-adapter.ts';
import { until, within } from '../../support/until.ts';

interface Told {
  readonly kind: string;
  readonly run: string;
  readonly subject: string;
}

/** What was told, in order; `answer` decides the status of each. */
async function listener(t: TestContext) {
  const told: Told[] = [];
  const state: { answer: (at: number) => number } = { answer: () => 200 };
  let asked = 0;
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      const status = state.answer(asked);
      asked += 1;
      if (status === 200) told.push((JSON.parse(text) as { readonly alert: Told }).alert);
      if (status > 0) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}/`,
    told,
    asked: () => asked,
  });
}

async function world(
  t: TestContext,
  wish: Partial<AlertPlan> = {},
  timeoutMs: number | null = null,
) {
  const bench = await Bench.open(adapter, t);
  const listening = await listener(t);
  const plan: AlertPlan = {
    failures: { kind: 'every', times: 1 },
    timeout: true,
    noWorker: true,
    success: false,
    channels: ['webhook'],
    contacts: [{ name: 'A', mail: '', webhook: listening.url, phone: '' }],
    atAll: false,
    times: null,
    ...wish,
  };
  const rules: AlertRules = {
    timeoutMs: () => timeoutMs,
    plan: () => Promise.resolve(plan),
    lacksWorker: (run) => run.message.includes('no available worker'),
  };
  const faults: string[] = [];
  const fault = (fields: object, message: string): void =>
    void faults.push(`${message}: ${JSON.stringify(fields)}`);
  const life = (options: { readonly host?: string; readonly notifier?: boolean } = {}): Alerts => {
    const alerts = new Alerts(
      { store: bench.store, clock: systemClock, log: { info: fault, warn: fault, error: fault } },
      options.host ?? 'here',
      {
        rules: { sae: rules },
        notifiers:
          options.notifier === false
            ? []
            : [createWebhookNotifier({ allow: 'any', timeoutMs: 5_000 })],
        concerns: (runId) => runId.startsWith('manual'),
        retryDelaysMs: [1, 1],
      },
    );
    t.after(() => alerts.stop());
    return alerts;
  };
  /** A run that ended so. */
  const ended = async (templateId: string, how: number | string): Promise<string> => {
    const nowMs = Date.now();
    const { run, attempts } = await bench.running(templateId, nowMs);
    await bench.report(
      attempts.map((attempt) =>
        typeof how === 'number' ? exited(attempt, how, nowMs) : refused(attempt, how, nowMs),
      ),
      nowMs,
    );
    return run.id;
  };
  return { bench, ...listening, listening, faults, life, ended };
}

const settled = (alerts: Alerts): Promise<void> => within('all is told', alerts.settled());
const seen = (told: readonly Told[]): string[] => told.map(({ kind, run }) => `${kind} ${run}`);

test('a failure is told once, whoever hears of it and however often', async (t) => {
  const { bench, told, life, ended, faults } = await world(t);
  const { id } = await bench.template();
  const [one, other] = [life(), life({ host: 'there' })];
  const failed = await ended(id, 3);
  const good = await ended(id, 0);
  one.finished([failed, good, failed, 'schedule-1', 'manual-unknown']);
  other.finished([failed]);
  await Promise.all([settled(one), settled(other)]);
  await settled(life());
  const later = life();
  later.start();
  await settled(later);
  assert.deepEqual(seen(told), [`failed ${failed}`]);
  assert.equal(told[0]?.subject, '[Longshore] job report failed');
  assert.deepEqual(faults, []);
});

test('failures in a row are counted, also when they are heard of together', async (t) => {
  const { bench, told, life, ended } = await world(t, { failures: { kind: 'every', times: 2 } });
  const { id } = await bench.template();
  const alerts = life();
  const runs: string[] = [];
  for (const how of [1, 1, 1, 0, 1, 1]) runs.push(await ended(id, how));
  alerts.finished(runs);
  await settled(alerts);
  assert.deepEqual(seen(told), [`failed ${runs[1]}`, `failed ${runs[5]}`]);
  const another = await bench.template();
  alerts.finished([await ended(another.id, 1)]);
  await settled(alerts);
  assert.equal(told.length, 2, 'another template has its own count');
});

test('the first failure and long rows are told of jobs that repeat at once', async (t) => {
  const failures = { kind: 'first-and-from', from: 4 } as const;
  const { bench, told, life, ended } = await world(t, { failures });
  const { id } = await bench.template();
  const alerts = life();
  const runs: string[] = [];
  for (const how of [1, 1, 1, 1, 1, 0, 1]) runs.push(await ended(id, how));
  alerts.finished(runs);
  await settled(alerts);
  assert.deepEqual(
    seen(told),
    [0, 3, 4, 6].map((at) => `failed ${runs[at]}`),
  );
});

test('success, a missing worker and a stop are told apart', async (t) => {
  const { bench, told, life, ended } = await world(t, { success: true });
  const { id } = await bench.template();
  const alerts = life();
  const good = await ended(id, 0);
  const lonely = await ended(id, 'no available worker');
  const { run, attempts } = await bench.running(id, Date.now());
  await bench.store.stopRun(run.id, 'user', 'stopped', Date.now());
  await bench.report(
    attempts.map((attempt) => killed(attempt, Date.now())),
    Date.now(),
  );
  assert.equal((await bench.get(run.id)).state, 'canceled');
  alerts.finished([good, lonely, run.id]);
  await settled(alerts);
  assert.deepEqual(seen(told), [`succeeded ${good}`, `no-worker ${lonely}`]);
});

test('a run that takes too long is told while it runs, and its kill is not told again', async (t) => {
  const { bench, told, life } = await world(t, {}, 30);
  const { id } = await bench.template();
  const alerts = life();
  const { run, attempts } = await bench.running(id, Date.now());
  const [attempt] = attempts;
  assert.ok(attempt !== undefined);
  alerts.claimed(attempt);
  await until('it is told', () => told.length === 1);
  assert.deepEqual(seen(told), [`timeout ${run.id}`]);
  await bench.store.stopRun(run.id, 'timeout', 'took too long', Date.now());
  await bench.report([killed(attempt, Date.now())], Date.now());
  alerts.finished([run.id]);
  await settled(alerts);
  assert.equal(told.length, 1);
});

test('a later life watches what runs and tells what ended meanwhile', async (t) => {
  const { bench, told, life, ended } = await world(t, {}, 50);
  const { id } = await bench.template();
  const failed = await ended(id, 1);
  const { run } = await bench.running(id, Date.now());
  const alerts = life();
  alerts.start();
  await until('both are told', () => told.length === 2);
  assert.deepEqual(seen(told).toSorted(), [`failed ${failed}`, `timeout ${run.id}`].toSorted());
});

test('what does not get through is tried again, within a bound', async (t) => {
  const { bench, told, life, ended, listening, faults } = await world(t);
  const { id } = await bench.template();
  const alerts = life();
  listening.answer = (at) => (at < 2 ? 500 : 200);
  alerts.finished([await ended(id, 1)]);
  await settled(alerts);
  assert.equal(told.length, 1);
  listening.answer = () => 500;
  alerts.finished([await ended(id, 1)]);
  await settled(alerts);
  assert.equal(listening.asked(), 6, 'three tries each');
  listening.answer = () => 404;
  alerts.finished([await ended(id, 1)]);
  await settled(alerts);
  assert.equal(listening.asked(), 7, 'what is refused for good is not tried again');
  assert.equal(faults.filter((text) => /was not delivered:/.test(text)).length, 2);
  assert.equal(faults.filter((text) => /trying again:/.test(text)).length, 4);
  listening.answer = () => 200;
  const later = life();
  later.start();
  await settled(later);
  assert.equal(told.length, 1, 'what was given up stays so');
});

test('a delivery that the end of the server cut off is the next life’s, of that host alone', async (t) => {
  const { bench, told, life, ended, listening } = await world(t);
  const { id } = await bench.template();
  const first = life();
  listening.answer = () => 0;
  const failed = await ended(id, 1);
  first.finished([failed]);
  await until('it is being sent', () => listening.asked() === 1);
  await within('the end', first.stop());
  listening.answer = () => 200;
  const stranger = life({ host: 'there' });
  stranger.start();
  await settled(stranger);
  assert.deepEqual(told, []);
  const second = life();
  second.start();
  await settled(second);
  assert.deepEqual(seen(told), [`failed ${failed}`]);
  second.finished([failed]);
  await settled(second);
  assert.equal(told.length, 1);
});

test('channels that reach nobody are logged and hold nothing up', async (t) => {
  const { bench, life, ended, faults } = await world(t, { channels: ['sms', 'mail', 'webhook'] });
  const { id } = await bench.template();
  const alerts = life({ notifier: false });
  alerts.finished([await ended(id, 1)]);
  await settled(alerts);
  assert.equal(faults.length, 2);
  assert.match(faults.join('\n'), /nobody to tell this way: .*"unused":\["sms","mail"\]/);
  assert.match(faults.join('\n'), /no way to tell by this channel: .*"channel":"webhook"/);
});

test('marks are bounded and go with the template', async (t) => {
  const { bench, told, life, ended } = await world(t);
  const { id } = await bench.template();
  const alerts = life();
  alerts.finished([await ended(id, 1)]);
  await settled(alerts);
  const marks = () => bench.store.document({ dialect: 'sae', kind: 'engine-alert', key: id });
  assert.notEqual(await marks(), null);
  await alerts.templateDeleted('sae', id);
  await alerts.templateDeleted('cdm', id);
  assert.equal(await marks(), null);
  const { id: busy } = await bench.template();
  const runs: string[] = [];
  for (let at = 0; at < 205; at += 1) runs.push(await ended(busy, 1));
  alerts.finished(runs);
  await settled(alerts);
  assert.equal(told.length, 206);
  const kept = await bench.store.document({ dialect: 'sae', kind: 'engine-alert', key: busy });
  const list = kept?.value['marks'];
  assert.equal(Array.isArray(list) && list.length, 200);
  const later = life();
  later.finished(runs);
  await settled(later);
  assert.equal(told.length, 206, 'nor is told again what has no mark any more');
});
