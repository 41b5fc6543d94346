import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { type SaeHost, startSaeHost } from '../../support/sae-host.ts';
import { within } from '../../support/until.ts';
import { send, type Sent } from '../aliyun/harness.ts';

const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];
const jobId = /^event-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-00$/;

interface HttpConfig {
  readonly type?: 'HTTP' | 'HTTPS' | 'HTTP&HTTPS';
  readonly method?: readonly string[];
  readonly securityConfig?: 'none' | 'ip' | 'referer';
  readonly ip?: readonly string[];
  readonly referer?: readonly string[];
}

function httpTrigger(config: HttpConfig = {}): string {
  return JSON.stringify({
    type: 'http',
    config: { type: 'HTTP&HTTPS', method: ['GET', 'POST'], ...config },
  });
}

const timer = '{"type":"time","config":"0 1 */1 * ?"}';

type Texts = Readonly<Record<string, string>>;

async function createJob({ call }: SaeHost, more: Texts = {}): Promise<string> {
  const created = await call('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
    AppName: 'hooked',
    Workload: 'job',
    PackageType: 'Image',
    ImageUrl: 'longshore/host',
    Replicas: '1',
    Command: 'true',
    TriggerConfig: httpTrigger(),
    ...more,
  });
  return (created['Data'] as { AppId: string }).AppId;
}

const updateJob = ({ call }: SaeHost, AppId: string, more: Texts) =>
  call('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', { AppId, ...more });

const suspendJob = ({ call }: SaeHost, AppId: string, Suspend: string) =>
  call('SuspendJob', 'GET', '/pop/v1/sam/job/suspendJob', { AppId, Suspend });

async function urls(
  { call }: SaeHost,
  AppId: string,
): Promise<{ PublicWebHookUrls: string[]; VpcWebHookUrls: string[] }> {
  const { Data } = await call('DescribeJob', 'GET', '/pop/v1/sam/job/describeJob', { AppId });
  const { PublicWebHookUrls, VpcWebHookUrls } = Data as Awaited<ReturnType<typeof urls>>;
  return { PublicWebHookUrls, VpcWebHookUrls };
}

/** The webhook's path and query, whatever its scheme. */
async function hook(host: SaeHost, appId: string): Promise<string> {
  const [first = ''] = (await urls(host, appId)).PublicWebHookUrls;
  const { pathname, search } = new URL(first);
  return `${pathname}${search}`;
}

/** One plain request to the server. */
function knock(host: SaeHost, url: string, more: Partial<Sent> = {}) {
  return send(Number(new URL(host.url).port), { method: 'POST', url, ...more });
}

async function runsOf({ engine }: SaeHost, templateId: string) {
  const { rows } = await engine.runs.list({ dialect: 'sae', templateId, offset: 0, limit: 100 });
  return rows;
}

describe('webhooks', () => {
  test('every method starts a job, and HEAD is answered without a body', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host, { TriggerConfig: httpTrigger({ method: everyMethod }) });
    const url = await hook(host, appId);
    for (const method of everyMethod) {
      const answer = await knock(host, url, { method });
      assert.equal(answer.status, 200, method);
      assert.equal(answer.headers['content-type'], 'application/json;charset=utf-8');
      assert.equal(answer.headers['cache-control'], 'no-store');
      if (method === 'HEAD') {
        assert.equal(answer.text, '');
        continue;
      }
      const { RequestId, Data, ...rest } = answer.json;
      assert.match(String(RequestId), /^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-/);
      assert.match(String(Data), jobId);
      assert.deepEqual(rest, { Code: '200', Message: 'success', Success: true });
      const run = await host.engine.runs.get(String(Data));
      assert.deepEqual([run?.trigger, run?.templateId, run?.state], ['webhook', appId, 'queued']);
    }
    const runs = await runsOf(host, appId);
    assert.equal(runs.length, everyMethod.length);
    assert.equal(new Set(runs.map(({ id }) => id)).size, everyMethod.length);
    const events = await host.engine.runs.events(runs[0]?.id ?? '');
    assert.match(JSON.stringify(events), /webhook/);
    assert.deepEqual(host.errors, []);
  });

  test('addresses: one for each scheme, outside and inside', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host);
    const { PublicWebHookUrls, VpcWebHookUrls } = await urls(host, appId);
    assert.deepEqual(PublicWebHookUrls, VpcWebHookUrls);
    const [http = '', https = '', ...more] = PublicWebHookUrls;
    assert.deepEqual(more, []);
    assert.match(http, /^http:\/\/127\.0\.0\.1:\d+\/webhook\/putEvents\?token=[0-9a-f]{32}$/);
    // The port of this server speaks no TLS.
    assert.match(https, /^https:\/\/127\.0\.0\.1\/webhook\/putEvents\?token=[0-9a-f]{32}$/);
    assert.equal((await fetch(http, { method: 'POST' })).status, 200);

    const proxied = await startSaeHost(t, {
      settings: {
        webhookUrl: 'https://hooks.example:8443',
        webhookInnerUrl: 'http://hooks.internal:8480',
      },
    });
    const only = await createJob(proxied, { TriggerConfig: httpTrigger({ type: 'HTTPS' }) });
    const shown = await urls(proxied, only);
    assert.deepEqual(
      [shown.PublicWebHookUrls, shown.VpcWebHookUrls].map((list) =>
        list.map((text) => text.replace(/=.*/, '')),
      ),
      [
        ['https://hooks.example:8443/webhook/putEvents?token'],
        ['https://hooks.internal/webhook/putEvents?token'],
      ],
    );
    assert.deepEqual(await urls(host, await createJob(host, { TriggerConfig: timer })), {
      PublicWebHookUrls: [],
      VpcWebHookUrls: [],
    });
  });

  test('the token lives as long as the trigger stays http', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host);
    const other = await createJob(host);
    const first = await hook(host, appId);
    assert.notEqual(first, await hook(host, other));
    await updateJob(host, appId, { Replicas: '2' });
    await updateJob(host, appId, { TriggerConfig: httpTrigger({ method: ['PUT'] }) });
    assert.equal(await hook(host, appId), first);
    assert.equal((await knock(host, first)).status, 405);
    assert.equal((await knock(host, first, { method: 'PUT' })).status, 200);

    for (const TriggerConfig of [timer, '']) {
      await updateJob(host, appId, { TriggerConfig });
      assert.deepEqual((await urls(host, appId)).PublicWebHookUrls, []);
      assert.equal((await knock(host, first)).status, 404);
    }
    await updateJob(host, appId, { TriggerConfig: httpTrigger() });
    const second = await hook(host, appId);
    assert.notEqual(second, first);
    assert.equal((await knock(host, first)).status, 404);
    assert.equal((await knock(host, second)).status, 200);

    await host.call('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId: other });
    await host.call('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId: appId });
    assert.equal((await knock(host, second)).status, 404);
  });

  test('the token lies sealed in the store, also in what runs keep', async (t) => {
    const memory = new Database(':memory:');
    const host = await startSaeHost(t, { memory });
    const appId = await createJob(host);
    const url = await hook(host, appId);
    await knock(host, url);
    await host.call('ExecJob', 'GET', '/pop/v1/sam/job/execJob', {
      AppId: appId,
      CommandArgs: '["x"]',
    });
    await updateJob(host, appId, { Replicas: '2' });
    const token = new URL(url, host.url).searchParams.get('token') ?? '';
    assert.equal(token.length, 32);
    assert.ok(memory.serialize().includes(appId));
    assert.equal(memory.serialize().includes(token), false);
  });

  test('suspended and forbidden: no job, the code in the answer, the reason with the template', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host, { ConcurrencyPolicy: 'Forbid' });
    const url = await hook(host, appId);
    // Of many at once one gets through.
    const answers = await Promise.all(Array.from({ length: 20 }, () => knock(host, url)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(answers.filter(({ json }) => json['Success'] === true).length, 1);
    const skipped = answers.find(({ json }) => json['Success'] === false)?.json ?? {};
    assert.deepEqual(
      { ...skipped, RequestId: '' },
      {
        RequestId: '',
        Code: '200',
        Message: 'You cannot execute new jobs because ongoing jobs exist.',
        Success: false,
        ErrorCode: 'JobForbidPolicy',
      },
    );
    await suspendJob(host, appId, 'true');
    const { json } = await knock(host, url);
    assert.deepEqual(
      [json['Success'], json['ErrorCode'], json['Message'], json['Code']],
      [false, 'JobSuspend', 'The job is suspended.', '200'],
    );
    const refusals = await host.engine.templates.refusals(appId, 100);
    assert.equal(refusals.length, 20);
    assert.deepEqual(
      [refusals[0]?.trigger, refusals[0]?.code, refusals[0]?.by],
      ['webhook', 'template-suspended', 'webhook from 127.0.0.1'],
    );
    assert.equal((await runsOf(host, appId)).length, 1);
  });

  test('rules: method, scheme, address, referer', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host);
    const url = await hook(host, appId);
    const now = async (config: HttpConfig, more: Partial<Sent> = {}) => {
      await updateJob(host, appId, { TriggerConfig: httpTrigger(config) });
      const { status, json } = await knock(host, url, more);
      return [status, json['ErrorCode'] ?? 'started'];
    };
    const started = [200, 'started'];
    assert.deepEqual(await now({ type: 'HTTP' }), started);
    assert.deepEqual(await now({ type: 'HTTPS' }), [403, 'Webhook.SchemeNotAllowed']);
    // Nobody vouches for these headers.
    const forged = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.1' };
    assert.deepEqual(await now({ type: 'HTTPS' }, { headers: forged }), [
      403,
      'Webhook.SchemeNotAllowed',
    ]);
    assert.deepEqual(await now({ method: ['PATCH'] }), [405, 'Webhook.MethodNotAllowed']);
    const wrongMethod = await knock(host, url, { method: 'DELETE' });
    assert.equal(wrongMethod.headers['allow'], 'PATCH');

    const ip = (list: readonly string[], headers = {}) =>
      now({ securityConfig: 'ip', ip: list }, { headers });
    assert.deepEqual(await ip(['127.0.0.0/8', '::1']), started);
    assert.deepEqual(await ip(['127.0.0.1']), started);
    assert.deepEqual(await ip(['10.0.0.0/8', '::/0']), [403, 'Webhook.IpNotAllowed']);
    assert.deepEqual(await ip([]), [403, 'Webhook.IpNotAllowed']);
    assert.deepEqual(await ip(['10.0.0.0/8'], forged), [403, 'Webhook.IpNotAllowed']);
    // The list counts only where securityConfig says so.
    assert.deepEqual(await now({ ip: ['10.0.0.0/8'] }), started);

    const referer = (value: string | null) =>
      now(
        { securityConfig: 'referer', referer: ['shop.example', '*.ci.example'] },
        { headers: value === null ? {} : { referer: value } },
      );
    for (const value of [
      'https://shop.example/cart?x=1',
      'http://SHOP.example:8080/',
      'https://a.b.shop.example',
      'https://shop.example./',
      'https://ci.example/',
      'https://x.ci.example/',
    ]) {
      assert.deepEqual(await referer(value), started, value);
    }
    for (const value of [
      null,
      '',
      'shop.example',
      'https://evilshop.example/',
      'https://shop.example.evil/',
      'https://evil/?shop.example',
      'https://shop.example@evil/',
      'ftp://shop.example/',
      'https://[::1]/',
    ]) {
      assert.deepEqual(await referer(value), [403, 'Webhook.RefererNotAllowed'], String(value));
    }
    // A refused request leaves nothing behind.
    assert.deepEqual(await host.engine.templates.refusals(appId, 10), []);
    assert.deepEqual(host.errors, []);
  });

  test('behind a trusted proxy its own entry counts, not what came before', async (t) => {
    const host = await startSaeHost(t, { settings: { trustForwardedHeaders: true } });
    const appId = await createJob(host, {
      TriggerConfig: httpTrigger({
        type: 'HTTPS',
        securityConfig: 'ip',
        ip: ['10.1.0.0/16', '2001:db8::/32'],
      }),
    });
    const url = await hook(host, appId);
    const status = async (address: string | readonly string[], proto = 'https') => {
      const headers = {
        'x-forwarded-for': address as string,
        ...(proto === '' ? {} : { 'x-forwarded-proto': proto }),
      };
      return (await knock(host, url, { headers })).status;
    };
    for (const address of [
      '10.1.2.3',
      '99.9.9.9, 10.1.2.3',
      '10.1.2.3:51000',
      '2001:db8::7',
      '[2001:db8::7]:51000',
      '[2001:db8::7]',
      '::ffff:10.1.2.3',
      'made up, 10.1.2.3',
    ]) {
      assert.equal(await status(address), 200, address);
    }
    for (const address of ['10.1.2.3, 99.9.9.9', '99.9.9.9', 'unknown', '', '10.1.2.3,', '[::1']) {
      assert.equal(await status(address), 403, address);
    }
    // Two headers: the proxy's own is the later one, whatever sorts last.
    assert.equal(await status(['99.9.9.9', '10.1.2.3']), 200);
    assert.equal(await status(['10.1.2.3', '99.9.9.9']), 403);
    assert.equal(await status('10.1.2.3', 'http'), 403);
    assert.equal(await status('10.1.2.3', 'https, http'), 403);
    assert.equal(await status('10.1.2.3', 'http, HTTPS'), 200);
    assert.equal(await status('10.1.2.3', ''), 403);
  });

  test('unknown and malformed requests are 4xx as JSON, and start nothing', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host);
    const url = await hook(host, appId);
    const path = '/webhook/putEvents';
    const token = url.slice(url.indexOf('=') + 1);
    for (const [query, status] of [
      ['', 404],
      ['?token=', 404],
      ['?token', 404],
      [`?token=${'0'.repeat(32)}`, 404],
      [`?token=${token.toUpperCase()}`, 404],
      [`?token=${token}0`, 404],
      [`?token=${token}&token=${token}`, 404],
      [`?Token=${token}`, 404],
      [`?token=${'a'.repeat(100_000)}`, 404],
      ['?token=%', 400],
      ['?token=%ff', 400],
      [`?token=${token}&x=%zz`, 400],
    ] as const) {
      const answer = await knock(host, `${path}${query}`);
      assert.equal(answer.status, status, query.slice(0, 80));
      assert.equal(answer.json['Success'], false);
      assert.match(String(answer.json['RequestId']), /^[0-9A-F]{8}-/);
      assert.ok(answer.json['ErrorCode'] && answer.json['Message']);
    }
    assert.equal((await knock(host, `${path}/?token=${token}`)).status, 404);
    assert.equal((await knock(host, `/webhook/putevents?token=${token}`)).status, 404);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        const { status } = await knock(host, `${path}?token=${encodeURIComponent(text)}`);
        assert.equal(status, 404);
      }),
      { numRuns: 50 },
    );
    assert.deepEqual(await runsOf(host, appId), []);
    assert.deepEqual(host.errors, []);
  });

  test('bodies are bounded, and neither content types nor early ends matter to the server', async (t) => {
    const host = await startSaeHost(t);
    const appId = await createJob(host);
    const url = await hook(host, appId);
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type };
      const { status } = await knock(host, url, { headers, body: '{"not json' });
      assert.equal(status, 200, type);
    }
    for (const type of ['garbage', '{}']) {
      const headers = { 'content-type': type };
      const { status, json } = await knock(host, url, { headers, body: 'x' });
      assert.deepEqual([status, json['ErrorCode']], [415, 'Webhook.BadRequest'], type);
    }
    assert.equal((await knock(host, url, { body: Buffer.alloc(1024 * 1024) })).status, 200);
    const before = (await runsOf(host, appId)).length;
    for (const bytes of [1024 * 1024 + 1, 5 * 1024 * 1024]) {
      const large = await knock(host, url, { body: Buffer.alloc(bytes) });
      assert.equal(large.status, 413);
      assert.equal(large.json['ErrorCode'], 'Webhook.BodyTooLarge');
    }
    // A body nobody wants is not read before the token is known.
    const unknown = await knock(host, '/webhook/putEvents', { body: Buffer.alloc(1024 * 1024) });
    assert.equal(unknown.status, 404);

    const { hostname, port } = new URL(host.url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write(`POST ${url} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nonly this`, () =>
      socket.destroy(),
    );
    await within('the connection closes', closed);
    assert.equal((await knock(host, url)).status, 200);
    assert.equal((await runsOf(host, appId)).length, before + 1);
    assert.deepEqual(host.errors, []);
  });

  test('with webhookEventData the job finds the body in SAE_EVENT_DATA', async (t) => {
    const host = await startSaeHost(t, { settings: { webhookEventData: true } });
    const appId = await createJob(host, { Envs: '[{"name":"A","value":"1"}]' });
    const url = await hook(host, appId);
    const env = async (more: Partial<Sent>) => {
      const { status, json } = await knock(host, url, more);
      if (status !== 200) return [status, json['ErrorCode']];
      const run = await host.engine.runs.get(String(json['Data']));
      assert.equal(run?.document['AppName'], 'hooked');
      return run?.spec.task.env;
    };
    const body = '{"ref":"é $HOME \\n","n":1}\n';
    assert.deepEqual(await env({ body }), { SAE_EVENT_DATA: body, A: '1' });
    assert.deepEqual(await env({}), { A: '1' });
    assert.deepEqual(await env({ method: 'GET' }), { A: '1' });
    const most = 'x'.repeat(32 * 1024);
    assert.deepEqual(await env({ body: most }), { SAE_EVENT_DATA: most, A: '1' });
    assert.deepEqual(await env({ body: `${most}x` }), [413, 'Webhook.BodyTooLarge']);
    assert.deepEqual(await env({ body: 'a\0b' }), [400, 'Webhook.BadRequest']);
    assert.deepEqual(await env({ body: Buffer.from([0xff, 0xfe]) }), [400, 'Webhook.BadRequest']);
    // A variable of the template wins.
    await updateJob(host, appId, { Envs: '[{"name":"SAE_EVENT_DATA","value":"mine"}]' });
    assert.deepEqual(await env({ body }), { SAE_EVENT_DATA: 'mine' });

    const without = await startSaeHost(t);
    const other = await createJob(without);
    const { json } = await knock(without, await hook(without, other), { body });
    const run = await without.engine.runs.get(String(json['Data']));
    assert.deepEqual(run?.spec.task.env, {});
  });
});
