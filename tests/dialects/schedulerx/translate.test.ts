/** How parameters become what the engine runs: schedulerx.md §5. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findZone } from '../../../src/domain/schedule/zone.ts';
import type { JobDocument } from '../../../src/dialects/schedulerx/job-document.ts';
import { artifactOf } from '../../../src/dialects/schedulerx/translate/artifact.ts';
import {
  localTimeText,
  oneTimeMs,
  processTimezone,
  zoneOf,
} from '../../../src/dialects/schedulerx/translate/one-time.ts';
import { shardsOf } from '../../../src/dialects/schedulerx/translate/sharding.ts';

const nothingAround = {
  calendars: [],
  designated: null,
  routes: [],
  avoidsBusy: false,
  inWorkflow: false,
};

function job(given: Readonly<Record<string, string>>): JobDocument {
  return {
    kind: 'job',
    group: 7,
    given: { ExecuteMode: 'standalone', TimeType: '100', ...given },
    contacts: [],
    enabled: true,
    contentAtMs: 5,
    anchorMs: 0,
    createdBy: 'root',
  };
}

const artifact = (given: Readonly<Record<string, string>>) =>
  artifactOf(job(given), nothingAround, null);

describe('artifacts', () => {
  test('http: form of POST, defaults, success rules', () => {
    const http = (content: object, Parameters = '') =>
      artifact({ JobType: 'http', Content: JSON.stringify(content), Parameters });
    assert.deepEqual(http({ url: 'http://h/p' }, 'a=b'), {
      kind: 'http',
      url: 'http://h/p',
      method: 'GET',
      body: null,
      cookie: '',
      timeoutMs: 15_000,
      success: { kind: 'status' },
    });
    const content = { url: 'https://h', method: 'post', timeout: '30', cookie: 'c=1' };
    assert.deepEqual(http({ ...content, respKey: 'code', respValue: 200 }, 'k=v&k2=v2'), {
      kind: 'http',
      url: 'https://h',
      method: 'POST',
      body: 'k=v&k2=v2',
      cookie: 'c=1',
      timeoutMs: 30_000,
      success: { kind: 'member', name: 'code', value: '200' },
    });
    const body = http({ url: 'http://h', respValue: 'ok' });
    assert.deepEqual(body.kind === 'http' && body.success, { kind: 'body', value: 'ok' });
    assert.throws(() => http({ url: 'http://h', cookie: 'a\r\nX: y' }), /cookie must be one line/);
    assert.throws(() => http({ url: { a: 1 } }), /url must be a text/);
  });

  test('workers: what each kind is told to run', () => {
    const content = (given: Readonly<Record<string, string>>) => {
      const made = artifact(given);
      assert.ok(made.kind === 'worker');
      return [made.group, made.jobType, made.content, made.mode];
    };
    assert.deepEqual(content({ JobType: 'xxljob', Content: '{"jobHandler":"demo"}' }), [
      7,
      'xxljob',
      'demo',
      'standalone',
    ]);
    assert.deepEqual(
      content({ JobType: 'golang', Content: '{"jobName":"H"}', ExecuteMode: 'shard' }),
      [7, 'golang', '{"jobName":"H"}', 'sharding'],
    );
    assert.deepEqual(content({ JobType: 'java', ClassName: 'a.B', ExecuteMode: 'grid' }), [
      7,
      'java',
      '{"className":"a.B"}',
      'grid',
    ]);
    assert.deepEqual(content({ JobType: 'java', Content: '{"className":"a.B"}' }), [
      7,
      'java',
      '{"className":"a.B"}',
      'standalone',
    ]);
  });

  test('shards of scripts', () => {
    const shards = (Parameters: string) =>
      shardsOf(job({ ExecuteMode: 'sharding', Parameters }), null)?.map(
        (each) => each['SCHEDULERX_SHARDING_PARAMETERS'],
      );
    assert.deepEqual(shards('0=a,1=b'), ['a', 'b']);
    assert.deepEqual(shards('1=b=c\r\n0=a\n'), ['a', 'b=c']);
    const many = Array.from({ length: 51 }, (_, index) => `${index}=x`).join();
    for (const wrong of ['', 'a,b', '1=a', '0=a,2=c', '0=a,0=b', many]) {
      assert.throws(() => shards(wrong), /sharding needs/, wrong.slice(0, 20));
    }
    assert.equal(shardsOf(job({ Parameters: '0=a' }), null), null);
    const sharding = job({ ExecuteMode: 'sharding', Parameters: '0=a,1=b' });
    assert.throws(() => shardsOf(sharding, { parameters: '2026-11' }), /sharding needs/);
    // In a workflow they are meant for another job.
    assert.equal(shardsOf(sharding, { parameters: '2026-11' }, true)?.length, 2);
    assert.equal(shardsOf(sharding, { parameters: '0=c' }, true)?.length, 1);
  });
});

describe('times', () => {
  test('one_time: wall time of the zone, or milliseconds', () => {
    const iso = (text: string, zone: string) => {
      const ms = oneTimeMs(text, zone);
      return ms === null ? null : new Date(ms).toISOString();
    };
    assert.equal(iso('2026-03-01 12:00:00', ''), '2026-03-01T04:00:00.000Z');
    assert.equal(iso('2026-03-01 12:00:00', 'GMT-03:30'), '2026-03-01T15:30:00.000Z');
    assert.equal(iso('2026-07-01 12:00:00', 'America/New_York'), '2026-07-01T16:00:00.000Z');
    assert.equal(iso('1700000000000', 'GMT+8'), '2023-11-14T22:13:20.000Z');
    for (const wrong of [
      '',
      'tomorrow',
      '2026-02-30 00:00:00',
      '2026-01-01 24:00:00',
      '2026-1-1',
    ]) {
      assert.equal(iso(wrong, ''), null, wrong);
    }
    assert.equal(localTimeText(Date.UTC(2026, 0, 1), zoneOf('')), '2026-01-01 08:00:00');
  });

  test('TZ of a process counts the other way', () => {
    const tz = (name: string) => processTimezone(findZone(name) ?? zoneOf('UTC'));
    assert.deepEqual(
      ['GMT+8', 'UTC-05:00', 'GMT+05:30', 'GMT-03:30', 'UTC', 'Asia/Shanghai'].map(tz),
      ['Etc/GMT-8', 'Etc/GMT+5', '<+0530>-05:30', '<-0330>+03:30', 'UTC', 'Asia/Shanghai'],
    );
  });
});
