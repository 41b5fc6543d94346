import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { signedGet } from '../../../bench/support/signed-requests.ts';
import { createSaeProduct, defaultSaeSettings } from '../../../src/dialects/sae/index.ts';
import type { DialectContext } from '../../../src/dialects/kit/dialect.ts';
import { createTemplate, refusal, startSaeServer, type SaeServer } from '../../support/sae.ts';
import { within } from '../../support/until.ts';
import { jobShapes } from '../../unit/dialects/sae/job-shapes.ts';

/** How many generated requests; more by FUZZ_RUNS. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
const operations = createSaeProduct({} as DialectContext, defaultSaeSettings).operations;

suite('bad input to the SAE operations', () => {
  let server: SaeServer;
  let appId: string;
  const cleanups: (() => void | Promise<void>)[] = [];
  before(async () => {
    server = await startSaeServer({ after: (task) => void cleanups.push(task) });
    appId = await createTemplate(server.sae, ['true']);
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  test('generated parameters of every kind never bring a 5xx, and the server stays well', async () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '',
        '0',
        '-1',
        '1e9',
        '99999999999999999999',
        'true',
        'null',
        '[]',
        '{}',
        '[null]',
        '[{"name":1}]',
        '../..',
        '%',
        '*~',
      ),
      fc.json({ maxDepth: 3 }),
      fc.constant(appId),
      ...Object.values(jobShapes),
    );
    const call = fc.constantFrom(...operations).chain((operation) => {
      const names = fc.constantFrom(
        ...operation.parameters.map((p) => p.name),
        'Unknown',
        '__proto__',
        'constructor',
      );
      return fc.record({
        operation: fc.constant(operation),
        params: fc.dictionary(names, texts, { maxKeys: 12 }),
        withApp: fc.boolean(),
      });
    });
    await fc.assert(
      fc.asyncProperty(call, async ({ operation, params, withApp }) => {
        // The template that the others use must not be deleted by chance.
        if (operation.name === 'DeleteJob' && params['AppId'] === appId) return;
        const query = {
          ...params,
          ...(withApp && operation.name !== 'DeleteJob' ? { AppId: appId } : {}),
        };
        const { method, path, name } = operation;
        try {
          await server.sae(name, method as 'GET', path, query);
        } catch (error) {
          const { data, code } = error as { data?: { statusCode?: number }; code?: string };
          const status = Number(data?.statusCode);
          assert.ok(
            status >= 400 && status < 500,
            `${name} answered ${status} ${code}: ${String(error)}`,
          );
        }
      }),
      { numRuns: RUNS },
    );
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.equal(server.program.stderr(), '');
  });

  test('100 KiB of Envs in the URL are taken', async () => {
    const envs = JSON.stringify([{ name: 'BIG', value: 'x'.repeat(100 * 1024) }]);
    const big = await createTemplate(server.sae, ['true'], { Envs: envs });
    const described = await server.sae('DescribeJob', 'GET', '/pop/v1/sam/job/describeJob', {
      AppId: big,
    });
    assert.equal((described['Data'] as { Envs: string }).Envs, envs);
  });

  test('a body above 4 MiB is the contract’s error as JSON', async () => {
    const answer = await raw(
      server,
      'POST',
      '/pop/v1/sam/job/createJob',
      { 'content-type': 'application/x-www-form-urlencoded' },
      Buffer.alloc(5 * 1024 * 1024, 'a'),
    );
    assert.equal(answer.status, 400);
    assert.equal(
      (JSON.parse(answer.body) as { Code: string }).Code,
      'InvalidParameter.WithMessage',
    );
  });

  for (const [name, path, code] of [
    ['unknown path', '/pop/v1/sam/job/nope', 'InvalidApi.NotFound'],
    ['wrong case', '/pop/v1/sam/job/ExecJob', 'InvalidApi.NotFound'],
    ['no credentials', '/pop/v1/sam/job/execJob?AppId=x', 'MissingAccessKeyId'],
    ['unknown action', '/?Action=Nope&Version=2019-05-06', 'InvalidApi.NotFound'],
    [
      'broken percent escape',
      '/pop/v1/sam/job/execJob?AppId=%E0%A4%A',
      'InvalidParameter.WithMessage',
    ],
  ] as const) {
    test(`${name} is a JSON error`, async () => {
      const answer = await raw(server, 'GET', path, {});
      const body = JSON.parse(answer.body) as { Code: string; RequestId: string };
      assert.ok(answer.status >= 400 && answer.status < 500);
      assert.equal(body.Code, code);
      assert.equal(answer.headers['x-acs-request-id'], body.RequestId);
    });
  }

  test('one captured request is taken once', async () => {
    const { host } = new URL(server.url);
    const text = signedGet(
      host,
      'DescribeJob',
      '/pop/v1/sam/job/describeJob',
      { AppId: appId },
      server.key,
    ).toString();
    const [head = '', ...lines] = text.trim().split('\r\n');
    const path = head.split(' ')[1] ?? '';
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    assert.equal((await raw(server, 'GET', path, headers)).status, 200);
    const again = await raw(server, 'GET', path, headers);
    assert.equal(again.status, 400);
    assert.equal((JSON.parse(again.body) as { Code: string }).Code, 'SignatureNonceUsed');
    const forged = await raw(server, 'GET', `${path}x`, headers);
    assert.equal((JSON.parse(forged.body) as { Code: string }).Code, 'SignatureDoesNotMatch');
  });

  test('missing, malformed and unknown values have their own codes', async () => {
    const create = (more: Record<string, string>): Promise<unknown> =>
      createTemplate(server.sae, ['true'], more);
    assert.equal((await refusal(create({ Replicas: '' }))).code, 'InvalidParameter.NotEmpty');
    assert.equal((await refusal(create({ Replicas: 'three' }))).code, 'InvalidParameter.Obviously');
    assert.equal((await refusal(create({ Envs: '{' }))).code, 'InvalidParameter.WithMessage');
    assert.equal(
      (await refusal(create({ Replicas: '51' }))).code,
      'NoComputeResourceQuota.App.Exceed',
    );
    const unknown = await refusal(
      server.sae('ExecJob', 'GET', '/pop/v1/sam/job/execJob', { AppId: 'nope' }),
    );
    assert.deepEqual([unknown.code, unknown.status], ['InvalidApplication.NotFound', 400]);
  });

  test('a user without a policy may do nothing, one with the read-only policy may only read', async () => {
    const bare = (await server.cli('keys', 'create', '--user', 'nobody-yet')) as {
      id: string;
      secret: string;
    };
    const { saeClient } = await import('../../../examples/sae-client.ts');
    const denied = await refusal(
      saeClient(server.url, bare)('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', {}),
    );
    assert.deepEqual([denied.code, denied.status], ['NoPermission', 403]);
    const reader = (await server.cli(
      'keys',
      'create',
      '--user',
      'reader',
      '--policy',
      'AliyunSAEReadOnlyAccess',
    )) as { id: string; secret: string };
    const read = saeClient(server.url, reader);
    assert.equal((await read('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', {}))['Success'], true);
    // ExecJob is a GET that changes things: the method must not decide.
    assert.equal(
      (await refusal(read('ExecJob', 'GET', '/pop/v1/sam/job/execJob', { AppId: appId }))).code,
      'NoPermission',
    );
  });
});

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request exactly as given, without any client's help. */
function raw(
  server: SaeServer,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(server.url);
  return within(
    `${method} ${path} is answered`,
    new Promise<RawAnswer>((resolve, reject) => {
      const call = request({ hostname, port, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      });
      call.on('error', reject);
      call.end(body);
    }),
  );
}
