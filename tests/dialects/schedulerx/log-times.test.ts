/** The time range of GetLog: lines say when they were written, as far as they do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findZone, type Zone } from '../../../src/domain/schedule/zone.ts';
import { lineTimeOf } from '../../../src/dialects/schedulerx/line-times.ts';
import { newGroup, newJob, startSchedulerxHost } from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor } from './line-executor.ts';

type Texts = Readonly<Record<string, string>>;

function zone(name: string): Zone {
  const found = findZone(name);
  assert.ok(found !== null);
  return found;
}

describe('times of lines', () => {
  it('are read where a line begins with one, in the zone that it names or the job has', () => {
    const noon = Date.UTC(2026, 0, 31, 12, 0, 0);
    const read = (line: string, name = 'GMT+8') => {
      const time = lineTimeOf(line, zone(name));
      return time === null ? null : [time.atMs - noon, time.lastMs - time.atMs];
    };
    assert.deepEqual(read('2026-01-31 20:00:00 [com.xxl.job] hello'), [0, 999]);
    assert.deepEqual(read('2026-01-31 20:00:00,250 INFO hello'), [250, 0]);
    assert.deepEqual(read('[2026-01-31T12:00:00.5Z] hello'), [500, 0]);
    assert.deepEqual(read('2026-01-31T10:00:00.123456-02:00 hello'), [123, 0]);
    assert.deepEqual(read('2026-01-31 07:00:00 hello', 'America/New_York'), [0, 999]);
    for (const line of ['', 'hello', ' 2026-01-31 20:00:00', '2026-01-31', '2026-01-31 20:00']) {
      assert.equal(read(line), null, line);
    }
  });

  it('no line makes it throw', () => {
    const anywhere = zone('GMT+8');
    const digits = fc.stringMatching(/^\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,Z+\d:-]{0,12}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), digits), (line) => {
        const time = lineTimeOf(line, anywhere);
        assert.ok(time === null || time.lastMs >= time.atMs || Number.isNaN(time.atMs));
      }),
    );
  });
});

describe('GetLog', () => {
  it('chooses lines by StartTimestamp and EndTimestamp from either end', async (t) => {
    const lines = createLineExecutor();
    const host = await startSchedulerxHost(t, { executors: [lines.executor], running: true });
    const group = await newGroup(host);
    // The job goes on, so that these times lie in its life.
    const beginMs = Math.ceil(Date.now() / 1000) * 1000 + 5_000;
    const text = (second: number): string =>
      new Date(beginMs + second * 1000 + 8 * 3_600_000)
        .toISOString()
        .slice(0, 19)
        .replace('T', ' ');
    const output = [
      'before any time',
      `${text(1)} one`,
      '  at a.b.C(D.java:1)',
      `${text(3)} three`,
      // What a line says of another time is no time of writing.
      '2001-01-01 00:00:00 is when it began',
      `${text(5)} five`,
    ];
    const Content = `${output.map((line) => `echo ${line}`).join('\n')}\nhold`;
    const JobId = String(await newJob(host, group, { Content }));
    const ran = await host.call('ExecuteJob', { ...group, JobId });
    const JobInstanceId = String((ran['Data'] as { JobInstanceId: number }).JobInstanceId);
    await until('it runs', async () => (await host.engine.runs.get(JobInstanceId))?.startedAtMs);
    const logs = async (query: Texts): Promise<readonly string[]> => {
      const answer = await host.call('GetLog', { ...group, JobId, JobInstanceId, ...query });
      assert.equal(answer['Success'], true, JSON.stringify(answer));
      return (answer['Data'] as { Logs: readonly string[] }).Logs;
    };
    const at = (second: number): string => String(beginMs + second * 1000);
    for (const Reverse of ['true', 'false']) {
      const shown = async (query: Texts) => {
        const found = await logs({ ...query, Reverse });
        return Reverse === 'true' ? found.toReversed() : found;
      };
      assert.deepEqual(await shown({}), output);
      assert.deepEqual(await shown({ StartTimestamp: at(3), EndTimestamp: at(4) }), [
        output[0],
        output[3],
        output[4],
      ]);
      assert.deepEqual(await shown({ EndTimestamp: at(0) }), [output[0]]);
      assert.deepEqual(await shown({ EndTimestamp: at(1) }), output.slice(0, 3));
      assert.deepEqual(await shown({ StartTimestamp: at(5.5) }), [output[0], output[5]]);
      assert.deepEqual(await shown({ EndTimestamp: String(Date.now() + 60_000) }), output);
    }
  });
});
