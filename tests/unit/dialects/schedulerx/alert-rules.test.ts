import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { RunDetail } from '../../../../src/domain/run.ts';
import { createAlertRules } from '../../../../src/dialects/schedulerx/alert-rules.ts';
import { Bench } from '../../../contract/store/fixtures.ts';
import { adapter } from '../../../contract/store/sqlite-adapter.ts';

const hour = 3_600_000;

/** Rules over a store with an application and its policy. */
async function world(t: TestContext, group: Readonly<Record<string, unknown>>, policy?: object) {
  const { store } = await Bench.open(adapter, t);
  const put = async (kind: string, key: string, value: Readonly<Record<string, unknown>>) => {
    const name = { dialect: 'schedulerx', kind, key } as const;
    const made = await store.changeDocument(name, 1, () => ({ parent: '', value }));
    assert.ok(made !== null);
    return made.number;
  };
  if (policy !== undefined) {
    await put('notification-policy', 'p', { channelTimeRange: JSON.stringify(policy) });
  }
  const number = await put('app-group', 'ns/app', {
    monitorConfigJson: '',
    monitorContactsJson: '',
    notificationPolicyName: policy === undefined ? '' : 'p',
    ...group,
  });
  const rules = createAlertRules(store);
  const run = (given: Readonly<Record<string, string>>, contacts: readonly object[] = []) =>
    ({
      document: { kind: 'job', group: number, given, contacts },
      message: '',
    }) as unknown as RunDetail;
  return { rules, run };
}

test('what a job asks for, with the contacts of its application', async (t) => {
  const { rules, run } = await world(t, {
    monitorConfigJson: '{"sendChannel":"ding,mail,phone","webhookIsAtAll":true}',
    monitorContactsJson:
      '[{"name":"Alice"},{"userName":"B","userPhone":"1","ding":"http://b/","userMail":"b@x"},7]',
  });
  assert.equal(await rules.plan(run({})), null);
  assert.equal(await rules.plan(run({ FailEnable: 'false' })), null);
  const plan = await rules.plan(
    run({ FailEnable: 'true', FailTimes: '3', SendChannel: 'default', MissWorkerEnable: 'true' }, [
      { UserName: 'C', UserMail: 'c@x', Ding: '', UserPhone: '' },
    ]),
  );
  assert.deepEqual(plan, {
    failures: { kind: 'every', times: 3 },
    timeout: false,
    noWorker: true,
    success: false,
    channels: ['webhook', 'mail', 'phone'],
    contacts: [
      { name: 'Alice', mail: '', webhook: '', phone: '' },
      { name: 'B', mail: 'b@x', webhook: 'http://b/', phone: '1' },
      { name: '', mail: '', webhook: '', phone: '' },
      { name: 'C', mail: 'c@x', webhook: '', phone: '' },
    ],
    atAll: true,
    times: null,
  });
});

test('a policy of the application goes before its own settings, a job before both', async (t) => {
  const { rules, run } = await world(
    t,
    { monitorConfigJson: '{"sendChannel":"sms","webhookIsAtAll":true}' },
    {
      sendChannel: 'webhook,mail',
      timezone: 'UTC+08:00',
      webhookIsAtAll: 'false',
      timeRanges: {
        all: [
          { startTime: '08:00', endTime: '18:00', daysOfWeek: [1, 2] },
          { startTime: '00:00:30', endTime: '23:59', daysOfWeek: [7] },
        ],
      },
    },
  );
  const plan = await rules.plan(run({ SuccessNoticeEnable: 'true' }));
  assert.deepEqual(plan?.channels, ['webhook', 'mail']);
  assert.equal(plan?.atAll, false);
  assert.deepEqual(plan?.times, {
    timezone: 'UTC+08:00',
    ranges: {
      all: [
        { fromMs: 8 * hour, toMs: 18 * hour, days: [1, 2] },
        { fromMs: 30_000, toMs: 24 * hour, days: [7] },
      ],
    },
  });
  const own = await rules.plan(run({ SuccessNoticeEnable: 'true', SendChannel: 'mail, ding, x' }));
  assert.deepEqual(own?.channels, ['mail', 'webhook']);
});

test('ranges by channel; ding is another word for webhook', async (t) => {
  const range = [{ startTime: '22:00', endTime: '06:00', daysOfWeek: [5] }];
  const { rules, run } = await world(
    t,
    {},
    { sendChannel: 'ding', timeRanges: { ding: range, sms: [] } },
  );
  const plan = await rules.plan(run({ FailEnable: 'true', TimeType: '4' }));
  assert.deepEqual(plan?.failures, { kind: 'first-and-from', from: 10 });
  assert.deepEqual(plan?.times, {
    timezone: 'GMT+8',
    ranges: { byChannel: { webhook: [{ fromMs: 22 * hour, toMs: 6 * hour, days: [5] }], sms: [] } },
  });
});

test('time, workers, and what is no job', async (t) => {
  const { rules, run } = await world(t, {
    monitorContactsJson: 'nonsense',
    monitorConfigJson: '[',
  });
  assert.equal(rules.timeoutMs(run({ Timeout: '5' })), null);
  assert.equal(rules.timeoutMs(run({ Timeout: '5', TimeoutEnable: 'true' })), 5_000);
  assert.equal(rules.timeoutMs(run({ TimeoutEnable: 'true' })), 7_200_000);
  assert.equal(
    rules.lacksWorker({ ...run({}), message: 'could not start: no available worker: …' }),
    true,
  );
  const busy = 'could not start: all workers are busy (memory): …';
  assert.equal(rules.lacksWorker({ ...run({}), message: busy }), true);
  assert.equal(rules.lacksWorker({ ...run({}), message: 'exited with code 1' }), false);
  assert.deepEqual((await rules.plan(run({ FailEnable: 'true' })))?.channels, ['mail', 'webhook']);
  const workflow = { ...run({ FailEnable: 'true' }), document: { kind: 'workflow' } };
  assert.equal(await rules.plan(workflow), null);
  assert.equal(rules.timeoutMs(workflow), null);
});
