/** EndTime of jobs: younger than the other parameters, known to SDKs since 2.2.3. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/app/clock.ts';
import {
  type Answer,
  clientNames,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;

/** 12:05:06 in the service's zone. */
const nowMs = Date.UTC(2026, 2, 1, 4, 5, 6);
const minuteMs = 60_000;
const cron = { TimeType: '1', TimeExpression: '0 * * * * ?' };

async function open(t: Parameters<typeof startSchedulerxHost>[0]) {
  let now = nowMs;
  const host = await startSchedulerxHost(t, { clock: { ...systemClock, nowMs: () => now } });
  const group = await newGroup(host);
  const next = async (jobId: number): Promise<number | null> =>
    (await host.engine.templates.schedule(String(jobId)))?.nextAtMs ?? null;
  return { host, group, next, moveTo: (ms: number) => void (now = ms) };
}

async function endOf({ call }: Pick<SchedulerxHost, 'call'>, group: Texts, jobId: number) {
  const shown = await call('GetJobInfo', { ...group, JobId: String(jobId) });
  const listed = await call('ListJobs', { ...group });
  const { EndTime } = (shown['Data'] as { JobConfigInfo: Answer }).JobConfigInfo;
  const [job] = (listed['Data'] as { Jobs: Answer[] }).Jobs.filter(
    (each) => each['JobId'] === jobId,
  );
  assert.equal(job?.['EndTime'], EndTime);
  return EndTime;
}

describe('EndTime', () => {
  for (const name of clientNames) {
    it(`ends the schedule and is read back, through ${name}`, async (t) => {
      const { host, group, next } = await open(t);
      const call = host.clients[name];
      const last = nowMs + 54_000;
      const jobId = await newJob({ call }, group, { ...cron, EndTime: String(last) });
      assert.equal(await endOf({ call }, group, jobId), last);
      assert.equal(await next(jobId), last, 'the end itself still counts');
      const update = (EndTime: string) =>
        call('UpdateJob', {}, { ...group, JobId: String(jobId), EndTime });
      assert.equal((await update(String(last - 1)))['Success'], true);
      assert.equal(await next(jobId), null);
      assert.equal((await update('-1'))['Success'], true);
      assert.equal(await endOf({ call }, group, jobId), undefined);
      assert.equal(await next(jobId), last);
    });
  }

  it('holds for every time type that repeats', async (t) => {
    const { host, group, next } = await open(t);
    for (const [TimeType, TimeExpression] of [
      ['3', '50'],
      ['4', '50'],
    ] as const) {
      const timing = { TimeType, TimeExpression };
      const fires = await newJob(host, group, { ...timing, EndTime: String(nowMs + 51_000) });
      assert.notEqual(await next(fires), null, TimeType);
      const never = await newJob(host, group, { ...timing, EndTime: String(nowMs + 49_000) });
      assert.equal(await next(never), null, TimeType);
    }
  });

  it('lies ahead when it is given, and after StartTime; later it may be over', async (t) => {
    const { host, group, moveTo } = await open(t);
    const end = nowMs + minuteMs;
    const jobId = await newJob(host, group, { ...cron, EndTime: String(end) });
    const update = async (fields: Texts) => {
      const answer = await host.call(
        'UpdateJob',
        {},
        { ...group, JobId: String(jobId), ...fields },
      );
      return answer['Success'] === true ? '' : answer['Message'];
    };
    assert.match(
      String(await update({ EndTime: String(nowMs) })),
      /EndTime: it must be later than now/,
    );
    assert.match(String(await update({ EndTime: '0' })), /later than now/);
    assert.match(String(await update({ EndTime: '-2' })), /EndTime=-2 invalid/);
    assert.match(
      String(await update({ StartTime: String(end) })),
      /EndTime: it must be after StartTime/,
    );
    moveTo(end + minuteMs);
    assert.equal(await update({ Description: 'over' }), '');
    assert.equal(await update({ EndTime: '' }), '');
    assert.equal(await endOf(host, group, jobId), undefined);
  });
});
