/** TriggerConfig of type time through Alibaba's client core, on a real server. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTemplate, refusal, type SaeServer, startSaeServer } from '../../support/sae.ts';
import { until } from '../../support/until.ts';

interface Firing {
  readonly nominalAtMs: number;
  readonly untilAtMs: number;
  readonly outcome: string;
  readonly runId: string | null;
  readonly rule: string;
}

const everySecond = '{"type":"time","config":"*/1 * * * * ?","timezone":"GMT+8:00"}';
const nightly = '{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}';

suite('SAE timers', { concurrency: 2 }, () => {
  test('a six-field cron makes one job each second; suspend, resume and update are obeyed', async (t) => {
    const server = await startSaeServer(t);
    const appId = await createTemplate(server.sae, ['true'], { TriggerConfig: everySecond });
    await until('four firings', async () => (await fired(server, appId)).length >= 4);

    await suspend(server, appId, 'true');
    const pausedAtMs = Date.now();
    const described = await describe(server, appId);
    assert.deepEqual([described['Suspend'], described['TriggerConfig']], [true, everySecond]);
    await until('firings pass', () => Date.now() > pausedAtMs + 3_000);
    await suspend(server, appId, 'false');
    const resumedAtMs = Date.now();
    await until('it fires again', async () =>
      (await fired(server, appId)).some(({ nominalAtMs }) => nominalAtMs > resumedAtMs),
    );

    await update(server, appId, { TriggerConfig: '' });
    const ledger = await firings(server, appId);
    assert.equal((await describe(server, appId))['TriggerConfig'], undefined);
    const schedule = (await server.cli('schedules', 'show', appId)) as { schedule: unknown };
    assert.equal(schedule.schedule, null);

    let nextMs = ledger[0]?.nominalAtMs ?? 0;
    for (const { nominalAtMs, untilAtMs, outcome, rule } of ledger) {
      assert.equal(nominalAtMs, nextMs, 'every second once');
      assert.equal(outcome, rule === 'suspended' ? 'skipped' : 'fired');
      nextMs = untilAtMs + 1_000;
    }
    const pause = ledger.filter(({ rule }) => rule === 'suspended');
    assert.equal(pause.length, 1);
    assert.ok((pause[0]?.untilAtMs ?? 0) > pausedAtMs + 1_000, 'the pause is in the ledger');

    // The history lists what fired, nothing else, each once.
    const jobs = await history(server, appId);
    const made = ledger.flatMap(({ runId }) => runId ?? []);
    assert.deepEqual(jobs.map(({ JobId }) => JobId).toSorted(), made.toSorted());
    assert.equal(new Set(made).size, made.length);
    const newest = await until('the newest job ends', async () => {
      const [job] = await history(server, appId);
      return job?.State === '1' ? job : null;
    });
    assert.equal(newest.JobId, made.at(-1));
    assert.match(newest.JobId, /^event-[0-9a-f-]{36}-00$/);
  });

  test('timers and webhooks act, and are echoed as sent', async (t) => {
    const server = await startSaeServer(t);
    const webhook = '{"type":"http","config":{"type":"HTTP","method":["GET"]}}';
    const timed = await createTemplate(server.sae, ['true'], {
      AppName: 'timed',
      TriggerConfig: nightly,
    });
    const hooked = await createTemplate(server.sae, ['true'], {
      AppName: 'hooked',
      TriggerConfig: webhook,
    });
    const notActedOn = async (appId: string): Promise<unknown> =>
      ((await server.cli('templates', 'show', appId)) as { notActedOn: unknown }).notActedOn;
    assert.deepEqual(await notActedOn(timed), []);
    assert.deepEqual(await notActedOn(hooked), []);
    const listed = await server.sae('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', {});
    const { Applications } = listed['Data'] as {
      Applications: { AppId: string; TriggerConfig: string }[];
    };
    assert.deepEqual(
      new Map(Applications.map((row) => [row.AppId, row.TriggerConfig])),
      new Map([
        [hooked, webhook],
        [timed, nightly],
      ]),
    );

    // 01:00 in GMT+8 is 17:00 in UTC; another change of the template keeps the timer.
    const next = async (appId: string): Promise<number> =>
      ((await server.cli('schedules', 'show', appId)) as { nextFiringAtMs: number }).nextFiringAtMs;
    const nextMs = await next(timed);
    assert.equal(new Date(nextMs).toISOString().slice(11), '17:00:00.000Z');
    await update(server, timed, { Timeout: '60' });
    assert.equal(await next(timed), nextMs);
    // Without a zone of its own, the timer follows the template's.
    const plain = '{"type":"time","config":"0 1 * * *"}';
    await update(server, timed, { TriggerConfig: plain, Timezone: 'Asia/Tokyo' });
    assert.equal(new Date(await next(timed)).toISOString().slice(11), '16:00:00.000Z');
  });

  test('a bad timer is refused with the contract’s error and its reason', async (t) => {
    const server = await startSaeServer(t);
    const appId = await createTemplate(server.sae, ['true'], { TriggerConfig: nightly });
    for (const [trigger, reason] of [
      [{ type: 'time', config: '* * * *' }, /has 4 fields/],
      [{ type: 'time', config: '61 * * * * ?' }, /second "61": 61 is out of range/],
      [{ type: 'time', config: '0 0 30 2 *' }, /no further firing ever/],
      [{ type: 'time', config: '0 1 * * *', timezone: 'Mars/Base' }, /timezone/],
      [{ type: 'cron', config: '0 1 * * *' }, /type/],
    ] as const) {
      const TriggerConfig = JSON.stringify(trigger);
      for (const call of [
        createTemplate(server.sae, ['true'], { TriggerConfig }),
        update(server, appId, { TriggerConfig }),
      ]) {
        const { code, status, message } = await refusal(call);
        assert.deepEqual([code, status], ['InvalidParameter.WithMessage', 400], TriggerConfig);
        assert.match(message, /\{TriggerConfig\}/);
        assert.match(message, reason);
      }
    }
    assert.equal((await describe(server, appId))['TriggerConfig'], nightly);
  });
});

/** The ledger, oldest first. */
async function firings(server: SaeServer, appId: string): Promise<Firing[]> {
  const page = await server.cli('schedules', 'firings', appId, '--limit', '500');
  return (page as { rows: Firing[] }).rows.toReversed();
}

async function fired(server: SaeServer, appId: string): Promise<Firing[]> {
  return (await firings(server, appId)).filter(({ outcome }) => outcome === 'fired');
}

async function history(
  server: SaeServer,
  appId: string,
): Promise<{ readonly JobId: string; readonly State: string }[]> {
  const path = '/pop/v1/sam/job/describeJobHistory';
  const query = { AppId: appId, PageSize: '500' };
  const answer = await server.sae('DescribeJobHistory', 'GET', path, query);
  return (answer['Data'] as { Jobs: { JobId: string; State: string }[] }).Jobs;
}

async function describe(server: SaeServer, appId: string): Promise<Record<string, unknown>> {
  const path = '/pop/v1/sam/job/describeJob';
  const answer = await server.sae('DescribeJob', 'GET', path, { AppId: appId });
  return answer['Data'] as Record<string, unknown>;
}

async function update(
  server: SaeServer,
  appId: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const path = '/pop/v1/sam/job/updateJob';
  await server.sae('UpdateJob', 'POST', path, { AppId: appId, ...values });
}

async function suspend(server: SaeServer, appId: string, value: string): Promise<void> {
  const path = '/pop/v1/sam/job/suspendJob';
  await server.sae('SuspendJob', 'GET', path, { AppId: appId, Suspend: value });
}
