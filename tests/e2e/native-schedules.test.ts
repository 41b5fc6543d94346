import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  createKey,
  dataFolder,
  longshore,
  type RunningServer,
  startServer,
} from '../support/server.ts';
import { until } from '../support/until.ts';

type Body = Readonly<Record<string, unknown>>;

interface Fault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

interface Occurrence {
  readonly nominalAtMs: number;
  readonly localTime: string;
  readonly fires: boolean;
  readonly rule: string;
}

suite('schedules in the native API and the CLI', () => {
  let server: RunningServer;
  let operator: string;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    server = await startServer(cleanup, await dataFolder(cleanup));
    const token = await readFile(join(server.dataDir, 'operator.token'), 'utf8');
    operator = `Bearer ${token.trim()}`;
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const ask = async (
    method: string,
    path: string,
    body?: Body,
    authorization = operator,
  ): Promise<{ status: number; type: string; body: Body }> => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: (await response.json()) as Body,
    };
  };
  const good = async (...args: Parameters<typeof ask>): Promise<Body> => {
    const { status, body } = await ask(...args);
    assert.ok(status < 300, JSON.stringify(body));
    return body;
  };
  const create = (name: string, more: Body): Promise<Body> =>
    good('POST', '/templates', { name, command: ['true'], ...more });
  const preview = (schedule: unknown, more: Body = {}): Promise<Body> =>
    good('POST', '/schedules/preview', { schedule, ...more });
  const cli = (...args: readonly string[]): Promise<string> =>
    longshore(cleanup, server.dataDir, args);

  test('the short form is a cron expression in the template’s timezone, returned complete', async () => {
    const made = await create('short', { schedule: '30 3 * * *', timezone: 'Asia/Tokyo' });
    assert.deepEqual(made['schedule'], {
      timing: { kind: 'cron', expression: '30 3 * * *' },
      zone: 'Asia/Tokyo',
      dst: { skipped: 'skip', doubled: 'first' },
      misfire: { policy: 'skip' },
      graceMs: 60_000,
      calendars: [],
      startAtMs: null,
      endAtMs: null,
    });
    const nextAtMs = Number(made['nextFiringAtMs']);
    assert.ok(nextAtMs > Date.now() && nextAtMs <= Date.now() + 86_400_000);
    assert.equal(new Date(nextAtMs).toISOString().slice(11), '18:30:00.000Z');
    assert.equal((await good('GET', '/templates/short'))['nextFiringAtMs'], nextAtMs);
    const { rows } = (await good('GET', '/templates?name=short')) as { rows: Body[] };
    assert.deepEqual(rows[0]?.['schedule'], made['schedule']);
  });

  test('null and a definition without it remove the schedule; suspension pauses it', async () => {
    const body = { name: 'removed', command: ['true'] };
    await create('removed', { schedule: '0 3 * * *' });
    const paused = await good('POST', '/templates/removed/suspend');
    assert.equal(paused['nextFiringAtMs'], null);
    assert.match(String(paused['scheduleNote']), /suspended/);
    const shown = await good('GET', '/templates/removed/schedule?count=2');
    assert.deepEqual([shown['suspended'], shown['nextFiringAtMs']], [true, null]);
    assert.equal((shown['occurrences'] as Occurrence[]).length, 2);
    await good('POST', '/templates/removed/resume');
    for (const schedule of [null, undefined]) {
      await good('PUT', '/templates/removed', { ...body, schedule: '0 4 * * *' });
      assert.notEqual((await good('GET', '/templates/removed'))['nextFiringAtMs'], null);
      const changed = await good('PUT', '/templates/removed', { ...body, schedule });
      assert.deepEqual([changed['schedule'], changed['nextFiringAtMs']], [null, null]);
    }
    const none = await good('GET', '/templates/removed/schedule');
    assert.deepEqual([none['schedule'], none['occurrences']], [null, []]);
    assert.match(String(none['note']), /no schedule/);
  });

  test('a preview tells the rule that moved or dropped each time', async () => {
    const fromMs = Date.UTC(2026, 2, 27, 12);
    const timing = { kind: 'cron', expression: '30 2 * * *' };
    const zone = 'Europe/Berlin';
    const shifted = await preview(
      { timing, zone, dst: { skipped: 'shift', doubled: 'first' } },
      { fromMs, count: 3 },
    );
    const rules = (body: Body): string[] =>
      (body['occurrences'] as Occurrence[]).map(
        ({ localTime, fires, rule }) => `${localTime} ${fires ? 'fires' : 'dropped'} ${rule}`,
      );
    assert.deepEqual(rules(shifted), [
      '2026-03-28T02:30:00 fires cron',
      '2026-03-29T02:30:00 fires dst-shifted',
      '2026-03-30T02:30:00 fires cron',
    ]);
    const moved = (shifted['occurrences'] as Occurrence[])[1]?.nominalAtMs;
    assert.equal(moved, Date.parse('2026-03-29T03:30:00+02:00'));
    const weekend = { kind: 'exclude', name: 'weekend', daysOfWeek: [0, 6] };
    const kept = await preview({ timing, zone, calendars: [weekend] }, { fromMs, count: 2 });
    assert.match(rules(kept)[0] ?? '', /^2026-03-28T02:30:00 dropped calendar:weekend$/);
    const next = kept['nextFire'] as Occurrence;
    assert.equal(next.localTime, '2026-03-30T02:30:00');
    const rate = await preview(
      { timing: { kind: 'fixed-rate', everyMs: 3_600_000 } },
      { count: 1 },
    );
    assert.equal((rate['nextFire'] as Occurrence).nominalAtMs % 3_600_000, 0);
  });

  test('what never fires again is said at once', async () => {
    const past = { timing: { kind: 'one-time', atMs: Date.UTC(2020, 0, 1) } };
    const over = await preview(past);
    assert.deepEqual([over['occurrences'], over['nextFire']], [[], null]);
    assert.match(String(over['note']), /no further firing/);
    const year = { kind: 'cron', expression: '0 0 0 1 1 ? 2020', dialect: 'quartz' };
    assert.match(String((await preview({ timing: year }))['note']), /no further firing/);
    const made = await create('over', { schedule: past });
    assert.equal(made['nextFiringAtMs'], null);
    assert.match(String(made['scheduleNote']), /no further firing/);
  });

  test('a wrong schedule is answered with every fault, and nothing is stored', async () => {
    const wrong: readonly (readonly [unknown, readonly string[]])[] = [
      ['0 25 * * *', ['schedule syntax']],
      ['0 0 30 2 *', ['schedule never-fires']],
      [5, ['schedule syntax']],
      [{}, ['schedule.timing syntax']],
      [{ timing: { kind: 'fixed-rate', everyMs: 10 } }, ['schedule.timing.everyMs limit']],
      [
        { timing: { kind: 'cron', expression: '61 * * * *' }, zone: 'Mars/Base' },
        ['schedule.timing.expression syntax', 'schedule.zone unknown-zone'],
      ],
      [
        { timing: { kind: 'none' }, graceMs: -1, calender: [], misfire: { policy: 'all' } },
        [
          'schedule syntax',
          'schedule.graceMs limit',
          'schedule.misfire.maxCatchUp syntax',
          'schedule.misfire.windowMs syntax',
        ],
      ],
    ];
    for (const [schedule, faults] of wrong) {
      for (const [path, body] of [
        ['/schedules/preview', { schedule }],
        ['/templates', { name: 'wrong', command: ['true'], schedule }],
      ] as const) {
        const answer = await ask('POST', path, body);
        assert.deepEqual([answer.status, answer.body['code']], [400, 'invalid-schedule']);
        assert.match(answer.type, /^application\/problem\+json/);
        const told = answer.body['faults'] as Fault[];
        assert.deepEqual(told.map((fault) => `${fault.path} ${fault.code}`).toSorted(), faults);
        for (const { message } of told) assert.ok(String(answer.body['detail']).includes(message));
      }
    }
    assert.equal((await ask('GET', '/templates/wrong')).status, 404);
    const dates = Array.from({ length: 1_000 }, () => 'never');
    const calendars = Array.from({ length: 20 }, (_, n) => ({
      kind: 'exclude',
      name: `c${n}`,
      dates,
    }));
    const flood = await ask('POST', '/schedules/preview', {
      schedule: { timing: { kind: 'none' }, calendars },
    });
    assert.equal((flood.body['faults'] as Fault[]).length, 100, 'the answer is bounded');
    assert.match(String(flood.body['detail']), /and 19995 more$/);
  });

  test('questions are bounded', async () => {
    for (const more of [{ count: 0 }, { count: 101 }, { count: 1.5 }, { fromMs: -1 }, { odd: 1 }]) {
      const { status } = await ask('POST', '/schedules/preview', {
        schedule: '* * * * *',
        ...more,
      });
      assert.equal(status, 400, JSON.stringify(more));
    }
    await create('bounded', { schedule: '* * * * *' });
    for (const query of ['schedule?count=101', 'firings?limit=501', 'firings?offset=-1']) {
      assert.equal((await ask('GET', `/templates/bounded/${query}`)).status, 400, query);
    }
    for (const part of ['schedule', 'firings']) {
      assert.equal((await ask('GET', `/templates/nobody/${part}`)).status, 404, part);
    }
  });

  test('policies open each question by its action', async () => {
    await create('asked', { schedule: '0 3 * * *' });
    const document = {
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['longshore:PreviewSchedule', 'longshore:ListTemplateFirings'],
          Resource: '*',
        },
      ],
    };
    await good('PUT', '/policies/previewer', { document });
    const flags = ['--user', 'previewer', '--policy', 'previewer'];
    const key = await createKey(cleanup, server.dataDir, flags);
    const authorization = `Basic ${btoa(`${key.id}:${key.secret}`)}`;
    const schedule = '0 3 * * *';
    assert.equal(
      (await ask('POST', '/schedules/preview', { schedule }, authorization)).status,
      200,
    );
    assert.equal(
      (await ask('GET', '/templates/asked/firings', undefined, authorization)).status,
      200,
    );
    const shut = await ask('GET', '/templates/asked/schedule', undefined, authorization);
    assert.equal(shut.status, 403);
    assert.match(String(shut.body['detail']), /longshore:GetTemplateSchedule/);
  });

  test('the OpenAPI document describes what may be sent', async () => {
    const document = await good('GET', '/openapi.json');
    const { schemas } = document['components'] as { schemas: Record<string, Body> };
    const input = schemas['TemplateInput']?.['properties'] as Record<string, unknown>;
    assert.match(JSON.stringify(input['schedule']), /schemas\/ScheduleInput"/);
    const object = schemas['ScheduleObject'] as { properties: Body; required: string[] };
    assert.deepEqual(object.required, ['timing']);
    assert.ok('calendars' in object.properties && 'misfire' in object.properties);
    assert.ok(!JSON.stringify(document).includes('documentedAs'));
  });

  test('the CLI makes, changes, previews and removes schedules', async () => {
    await cli(
      'templates',
      'create',
      'job',
      '--cron',
      '0 3 * * *',
      '--zone',
      'Asia/Tokyo',
      '--',
      'true',
    );
    const show = async (): Promise<Body> =>
      JSON.parse(await cli('schedules', 'show', 'job', '--json')) as Body;
    const zoneAndTiming = async (): Promise<unknown[]> => {
      const { zone, timing } = (await show())['schedule'] as { zone: string; timing: unknown };
      return [zone, timing];
    };
    assert.deepEqual(await zoneAndTiming(), [
      'Asia/Tokyo',
      { kind: 'cron', expression: '0 3 * * *', dialect: 'unix' },
    ]);
    assert.match(
      await cli('templates', 'update', 'job', '--every', '1h', '--env', 'A=1'),
      /revision 2/,
    );
    assert.deepEqual(await zoneAndTiming(), [
      'Asia/Tokyo',
      { kind: 'fixed-rate', everyMs: 3_600_000, anchorMs: 0 },
    ]);
    await cli('templates', 'update', 'job', '--', 'echo', 'hi');
    const kept = await good('GET', '/templates/job');
    assert.deepEqual([kept['command'], kept['env']], [['echo', 'hi'], { A: '1' }]);
    assert.notEqual(kept['schedule'], null);
    assert.match(await cli('templates', 'show', 'job'), /schedule {2}every 3600 s \(Asia\/Tokyo\)/);
    await cli('templates', 'update', 'job', '--no-schedule');
    assert.equal((await show())['schedule'], null);
    const printed = await cli(
      'schedules',
      'preview',
      '0 3 * * *',
      '--zone',
      'Europe/Berlin',
      '-n',
      '2',
    );
    assert.match(printed, /LOCAL TIME .*\n.*T03:00:00 .* fires .*\n.*T03:00:00 .* fires/);
    await assert.rejects(
      cli('schedules', 'preview', '0 0 30 2 *', '--zone', 'Europe/Berln'),
      /did you mean Europe\/Berlin\?.*\n?.*no further firing ever/,
    );
  });

  test('runs tell the firing that made them', async () => {
    await create('made', { schedule: { timing: { kind: 'fixed-rate', everyMs: 1_000 } } });
    const run = await until('a run of the schedule', async () => {
      const { rows } = (await good('GET', '/runs?template=made')) as { rows: Body[] };
      return rows[0];
    });
    await good('POST', '/templates/made/suspend');
    assert.match(String(run['id']), /^schedule-/);
    assert.equal(run['trigger'], 'schedule');
    assert.equal(Number(run['scheduledAtMs']) % 1_000, 0);
    const { rows } = (await good('GET', '/templates/made/firings')) as { rows: Body[] };
    const firing = rows.find(({ runId }) => runId === run['id']);
    assert.equal(firing?.['nominalAtMs'], run['scheduledAtMs']);
    assert.equal(firing?.['outcome'], 'fired');
    assert.match(await cli('runs', 'show', String(run['id'])), /scheduled \d{4}-/);
  });
});
