/** What surrounds jobs, through the native API: workers, calendars, policies, items, access. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { saeClient } from '../../examples/sae-client.ts';
import { createTemplate } from '../support/sae.ts';
import { createKey, longshore } from '../support/server.ts';
import {
  type AskOptions,
  type SurroundingsServer,
  startSurroundings,
} from '../support/surroundings.ts';

type Row = Readonly<Record<string, unknown>>;

suite('surroundings through the native API', () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let server: SurroundingsServer;

  before(async () => {
    server = await startSurroundings(cleanup);
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const get = async (path: string, status = 200): Promise<Row> => {
    const answer = await server.ask(path);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    return answer.body;
  };
  const send = async (
    method: AskOptions['method'],
    path: string,
    body: unknown,
    status: number,
  ): Promise<Row> => {
    const answer = await server.ask(path, { ...(method && { method }), body });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    return answer.body;
  };
  const rows = async (path: string): Promise<readonly Row[]> =>
    (await get(path))['rows'] as readonly Row[];

  test('workers: groups with those that are there', async () => {
    const [idle] = await rows('/workers?search=app');
    assert.deepEqual(idle?.['workers'], []);
    await server.registerWorker('http://127.0.0.1:9999/');
    const [group] = await rows('/workers?search=team%2Fapp');
    assert.equal(group?.['name'], 'app');
    assert.equal(group?.['alias'], 'The application');
    const [worker] = (group?.['workers'] ?? []) as readonly Row[];
    assert.equal(worker?.['port'], 9999);
    assert.equal(worker?.['starter'], 'xxljob');
    assert.equal(worker?.['busy'], 'free');
    assert.ok(Math.abs(Date.now() - Number(worker?.['seenAtMs'])) < 60_000);
    assert.deepEqual(await rows('/workers?search=nothing-like-it'), []);
    assert.ok(!JSON.stringify(await get('/workers')).includes(server.appKey));
  });

  test('calendars: years with their days', async () => {
    await server.schedulerx('CreateSchedulerxCalendar', {
      CalendarName: 'trading',
      Year: '2027',
      MonthDaysContent: JSON.stringify([{ month: 2, days: [1, 28] }]),
    });
    const list = await rows('/calendars');
    assert.deepEqual(
      list.map(({ name, system, years }) => [name, system, years]),
      [
        ['workday', true, []],
        ['trading', false, [2027]],
      ],
    );
    const year = await get('/calendars/trading/2027');
    assert.deepEqual(year['months'], [{ month: 2, days: [1, 28] }]);
    assert.equal(year['creator'], 'tester');
    const system = await get('/calendars/workday/2026');
    const [january] = system['months'] as readonly { readonly days: readonly number[] }[];
    assert.deepEqual(january?.days.slice(0, 3), [1, 2, 5]);
    await get('/calendars/trading/2028', 400);
    await get('/calendars/trading/soon', 400);
  });

  test('a year of a calendar is made, changed and deleted; jobs fire by it', async () => {
    const path = '/calendars/shop%20days/2027';
    const months = [{ month: 3, days: [2, 1] }];
    const made = await send('PUT', path, { months }, 200);
    assert.deepEqual(made['months'], [{ month: 3, days: [1, 2] }]);
    assert.equal(made['creator'], 'operator');
    const job = await server.job('shop', 'true', {
      TimeType: '1',
      TimeExpression: '0 0 8 * * ?',
      Calendar: 'shop days',
    });
    const refused = await send('DELETE', path, undefined, 400);
    assert.match(String(refused['detail']), /used by the jobs \d+/);
    const next = async () => JSON.stringify(await get(`/templates/${job}/schedule`));
    const earlier = await next();
    await send('PUT', path, { months: [{ month: 4, days: [5] }] }, 200);
    assert.notEqual(await next(), earlier, 'the job fires by the new days');
    await send('PUT', '/calendars/shop%20days/2028', { months: [] }, 200);
    await send('DELETE', path, undefined, 204);
    await get(path, 400);
    const wrong: readonly (readonly [string, object])[] = [
      ['/calendars/workday/2027', { months: [] }],
      ['/calendars/shop/1969', { months: [] }],
      ['/calendars/a%2Fb/2027', { months: [] }],
      ['/calendars/shop/2027', { months: [{ month: 2, days: [30] }] }],
      ['/calendars/shop/2027', { months: [{ month: 13, days: [1] }] }],
    ];
    for (const [where, body] of wrong) await send('PUT', where, body, 400);
    await send('DELETE', '/calendars/workday/2027', undefined, 400);
    await send('DELETE', '/calendars/none/2027', undefined, 400);
  });

  test('notification policies: times, and the people without their addresses', async () => {
    await server.schedulerx('CreateSchedulerxNotificationPolicy', {
      PolicyName: 'office',
      ChannelTimeRange: JSON.stringify({
        sendChannel: 'mail,ding',
        timezone: 'Asia/Shanghai',
        webhookIsAtAll: 'true',
        timeRanges: { all: [{ startTime: '08:00', endTime: '18:00', daysOfWeek: [1, 5] }] },
      }),
    });
    await server.schedulerx('UpdateAppGroup', {
      NotificationPolicyName: 'office',
      MonitorContactsJson: JSON.stringify([
        { userName: 'Ann', ding: 'https://robot.example/send?access_token=s3cr3t' },
        { userName: 'Ben', userMail: 'ben@example.com', userPhone: '123' },
      ]),
    });
    const [policy] = await rows('/notification-policies');
    assert.equal(policy?.['name'], 'office');
    assert.deepEqual(policy?.['channels'], ['mail', 'ding']);
    assert.equal(policy?.['atAll'], true);
    assert.deepEqual(policy?.['ranges'], [
      { channel: 'all', from: '08:00', to: '18:00', days: [1, 5] },
    ]);
    const [user] = (policy?.['usedBy'] ?? []) as readonly Row[];
    assert.deepEqual(user?.['contacts'], [
      { name: 'Ann', ways: ['webhook'] },
      { name: 'Ben', ways: ['mail', 'phone'] },
    ]);
    assert.doesNotMatch(JSON.stringify(policy), /s3cr3t|ben@example/);
  });

  test('namespaces of all APIs with what lies in them', async () => {
    const all = await rows('/namespaces?limit=500');
    assert.deepEqual([...new Set(all.map(({ dialect }) => dialect))].toSorted(), [
      'cdm',
      'native',
      'sae',
      'schedulerx',
    ]);
    const app = all.find(({ id }) => id === 'app');
    assert.equal(app?.['parent'], 'team');
    assert.equal(app?.['kind'], 'application');
    const at = all.findIndex(({ id }) => id === 'app');
    assert.equal(all[at - 1]?.['id'], 'team', 'an application follows its namespace');
    const sae = await rows('/namespaces?dialect=sae');
    assert.equal(sae.length, 1);
    assert.equal(sae[0]?.['configMaps'], 0);
    const page = await get('/namespaces?limit=2');
    assert.equal((page['rows'] as readonly Row[]).length, 2);
    assert.equal(page['nextCursor'], '2');
  });

  test('ConfigMaps are made, shown, changed and deleted by the rules of SAE', async () => {
    const made = await send('POST', '/config-maps', { name: 'limits', data: { max: '10' } }, 201);
    const path = `/config-maps/${String(made['id'])}`;
    assert.deepEqual(made['data'], { max: '10' });
    // The API that owns it sees the same.
    const sae = saeClient(server.url, server.key);
    const shown = await sae('DescribeConfigMap', 'GET', '/pop/v1/sam/configmap/configMap', {
      ConfigMapId: String(made['id']),
    });
    assert.deepEqual((shown['Data'] as Row)['Data'], { max: '10' });
    await send('PUT', path, { data: { max: '20', '<b>': '&' }, description: 'two' }, 200);
    const now = await get(path);
    assert.deepEqual(now['data'], { max: '20', '<b>': '&' });
    assert.equal(now['description'], 'two');
    const [row] = await rows('/config-maps?search=LIM');
    assert.equal(row?.['name'], 'limits');
    assert.equal(row?.['data'], undefined);
    const twice = await send('POST', '/config-maps', { name: 'limits', data: {} }, 409);
    assert.equal(twice['code'], 'already-exists');
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ name: '1st', data: {} }, /name must begin/],
      [{ name: 'x', data: { 'a/b': '' } }, /not a key/],
      [{ name: 'x', data: { '': '1' } }, /a key is empty/],
      [{ name: 'x', data: { a: '\u0000' } }, /NUL/],
      [{ name: 'x', data: { a: 1 } }, /body\/data\/a/],
    ];
    for (const [body, detail] of refused) {
      assert.match(String((await send('POST', '/config-maps', body, 400))['detail']), detail);
    }
    const nowhere = { name: 'x', data: {}, namespace: 'cn-hangzhou:nowhere' };
    assert.equal((await send('POST', '/config-maps', nowhere, 404))['code'], 'namespace-not-found');
    const app = await createTemplate(sae, ['true'], {
      ConfigMapMountDesc: JSON.stringify([
        { configMapId: made['id'], key: 'max', mountPath: '/tmp/max' },
      ]),
    });
    const used = (await get(path))['usedBy'] as readonly Row[];
    assert.deepEqual(used, [{ templateId: app, name: 'test' }]);
    assert.equal((await send('DELETE', path, undefined, 409))['code'], 'config-map-in-use');
    await sae('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId: app });
    await send('DELETE', path, undefined, 204);
    await get(path, 404);
  });

  test('no answer has a value of a Secret, and values that are not named stay', async () => {
    const made = await send(
      'POST',
      '/secrets',
      { name: 'db', type: 'Opaque', data: { user: 'hidden-user', password: 'hidden-pass' } },
      201,
    );
    const path = `/secrets/${String(made['id'])}`;
    const sae = saeClient(server.url, server.key);
    const valuesNow = async (): Promise<unknown> => {
      const shown = await sae('DescribeSecret', 'GET', '/pop/v1/sam/secret/secret', {
        NamespaceId: String(made['namespace']),
        SecretId: String(made['id']),
      });
      const data = (shown['Data'] as Row)['SecretData'] as Readonly<Record<string, string>>;
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    };
    assert.deepEqual(await valuesNow(), { user: 'hidden-user', password: 'hidden-pass' });
    const changed = await send('PUT', path, { set: { password: 'hidden-new' } }, 200);
    assert.deepEqual(await valuesNow(), { user: 'hidden-user', password: 'hidden-new' });
    const removed = await send('PUT', path, { remove: ['user'] }, 200);
    assert.deepEqual(removed['keys'], ['password']);
    const list = await get('/secrets');
    const shown = await get(path);
    assert.doesNotMatch(JSON.stringify([made, changed, removed, list, shown]), /hidden-/);
    assert.deepEqual(list['types'], [
      'Opaque',
      'kubernetes.io/dockerconfigjson',
      'kubernetes.io/tls',
    ]);
    const tls = { name: 't', type: 'kubernetes.io/tls', data: { 'tls.crt': 'hidden-crt' } };
    const refused = await send('POST', '/secrets', tls, 400);
    assert.match(String(refused['detail']), /needs the key tls.key/);
    assert.doesNotMatch(JSON.stringify(refused), /hidden-/);
    await send('POST', '/secrets', { ...tls, type: 'mine' }, 400);
    await send('DELETE', path, undefined, 204);
    await get(path, 404);
  });

  test('refuses what no store can look for, and cursors of other lists', async () => {
    const wrong = [
      '/workers?search=%00',
      '/workers?cursor=-1',
      '/workflows?search=%00',
      '/workflows?cursor=r1',
      '/workflows/%00',
      '/workflow-runs/a%00',
      '/calendars/%00/2026',
      '/config-maps?search=a%00b',
      '/config-maps?cursor=%00',
      '/secrets?limit=501',
      '/namespaces?dialect=mine',
      '/notification-policies?search=%00',
      '/access/check?user=tester&action=%00',
      '/access/check?user=tester',
    ];
    for (const path of wrong) {
      const { status, body } = await server.ask(path);
      assert.equal(status, 400, path);
      assert.equal(body['code'], 'invalid-request', path);
    }
    assert.equal((await server.ask('/config-maps?namespace=%00')).status, 404);
    for (const path of ['/secrets/99999999', '/secrets/x', '/config-maps/0', '/config-maps/1e3']) {
      assert.equal((await server.ask(path)).status, 404, path);
    }
    assert.equal((await server.ask('/calendars/workday/1969')).status, 400);
  });

  test('tells whether a user may do something, and which statement says so', async () => {
    const cli = (...args: readonly string[]) => longshore(cleanup, server.dataDir, args);
    const Statement = [
      { Effect: 'Allow', Action: 'sae:*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'sae:DeleteJob',
        Resource: '*',
        Condition: { NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } },
      },
    ];
    await send('PUT', '/policies/jobs', { document: { Version: '1', Statement } }, 200);
    await createKey(cleanup, server.dataDir, ['--user', 'ann', '--policy', 'jobs']);
    const check = (query: string) => get(`/access/check?user=ann&${query}`);
    const allowed = await check('action=sae:ExecJob');
    assert.equal(allowed['why'], 'allowed');
    assert.deepEqual(allowed['matches'], [{ policy: 'jobs', statement: 0, effect: 'Allow' }]);
    const denied = await check('action=sae:DeleteJob&sourceIp=192.0.2.1');
    assert.equal(denied['why'], 'denied');
    assert.deepEqual(denied['matches'], [
      { policy: 'jobs', statement: 0, effect: 'Allow' },
      { policy: 'jobs', statement: 1, effect: 'Deny' },
    ]);
    assert.equal((await check('action=sae:DeleteJob&sourceIp=10.1.2.3'))['why'], 'allowed');
    const other = await check('action=longshore:ListRuns');
    assert.equal(other['why'], 'not-allowed');
    assert.equal((await get('/access/check?user=tester&action=a:b'))['why'], 'root');
    assert.equal((await get('/access/check?user=none&action=a:b', 404))['code'], 'user-not-found');
    assert.match(await cli('policies', 'list'), /jobs/);
  });

  test('tells what is wrong with a policy document, and where', async () => {
    const check = (document: unknown) => send('POST', '/access/check-policy', { document }, 200);
    const statement = { Effect: 'Allow', Action: '*', Resource: '*' };
    assert.equal((await check({ Version: '1', Statement: [statement] }))['valid'], true);
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ Version: '2', Statement: [statement] }, 'Version'],
      [
        { Version: '1', Statement: [statement, { ...statement, Effect: 'allow' }] },
        'Statement[1].Effect',
      ],
      [{ Version: '1', Statement: [{ ...statement, Actions: '*' }] }, 'Statement[0].Actions'],
      [
        {
          Version: '1',
          Statement: [{ ...statement, Condition: { Sounds: { 'acs:SourceIp': 'x' } } }],
        },
        'Statement[0].Condition.Sounds.acs:SourceIp',
      ],
    ];
    for (const [document, where] of wrong) {
      const answer = await check(document);
      assert.equal(answer['valid'], false);
      assert.equal(answer['where'], where, JSON.stringify(answer));
    }
  });
});
