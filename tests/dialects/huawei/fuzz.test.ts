/** The front door of the family under anything that can be put into a request. */
import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type HuaweiHost, send, startHuaweiHost } from './harness.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
const ascii = (from: number) =>
  fc.integer({ min: from, max: 0x7e }).map((code) => String.fromCharCode(code));

/** Every character that a client may put into a request line. */
const words = fc.oneof(
  fc.constantFrom('clusters', 'cluster', 'modify', 'job', 'cdm', 'link', 'all', 'action', 'start'),
  fc.constantFrom('tokens', 'auth', 'projects', 'regions', 'domains', '..', '.', '', '%', '%zz'),
  fc.constantFrom('%2F', '%00', '%C3%A9', '%E4', '%ff', ';', '{}', 'a%20b', '*', ':id'),
  fc.string({ unit: ascii(0x21), maxLength: 12 }),
);
const query = fc
  .array(
    fc.oneof(
      fc.constantFrom('&', '=', '%', '+', '%ff', 'page_no', 'page=', 'name=', '%C3%A9'),
      fc.string({ unit: ascii(0x21), maxLength: 10 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join('').replaceAll('#', ''));
const headerText = fc.string({ unit: ascii(0x20), maxLength: 60 });
const authorization = fc.oneof(
  headerText,
  headerText.map((text) => `SDK-HMAC-SHA256 ${text}`),
  headerText.map((text) => `SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date;${text}`),
  fc.constant(`SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`),
);
const contentType = fc.oneof(
  fc.constantFrom('application/json', 'application/json;charset=utf-8', 'text/plain', '', '/'),
  headerText,
);

/** JSON that looks like what operations take, in all the wrong types. */
const members = fc.constantFrom(
  'cluster',
  'name',
  'vpcId',
  'instances',
  'nics',
  'start',
  'stop',
  'restart',
  'stopMode',
  'delayTime',
  'auth',
  'identity',
  'methods',
  'password',
  'user',
  'scope',
  'project',
  'domain',
  'jobs',
  'links',
  'clusters',
  'variables',
  'sys_tags',
  '__proto__',
  'constructor',
  'toString',
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, -1, 1e308, '', 'password', 'IMMEDIATELY', 'root'),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(members, tie('value')), { maxLength: 4 })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
}));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  value.map((json) => Buffer.from(JSON.stringify(json))),
);

/** Signs as a client that signs what it sends. */
function signed(
  host: HuaweiHost,
  request: { method: string; path: string; body: Uint8Array },
): Record<string, string> {
  const date = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const uri = request.path.endsWith('/') ? request.path : `${request.path}/`;
  const text = [
    request.method,
    uri,
    '',
    `x-sdk-date:${date}\n`,
    'x-sdk-date',
    hash('sha256', request.body),
  ].join('\n');
  const toSign = `SDK-HMAC-SHA256\n${date}\n${hash('sha256', text)}`;
  const signature = createHmac('sha256', host.rootKey.secret).update(toSign).digest('hex');
  const parts = [`Access=${host.rootKey.id}`, 'SignedHeaders=x-sdk-date', `Signature=${signature}`];
  return { 'x-sdk-date': date, authorization: `SDK-HMAC-SHA256 ${parts.join(', ')}` };
}

describe('the front door', () => {
  it('never answers 5xx nor anything but JSON, whoever knocks', async (t) => {
    const host = await startHuaweiHost(t);
    const bases = fc.constantFrom(
      '/v3',
      '/v3/auth',
      '/v1.1',
      '/cdm/v1.0',
      `/v1.1/${host.projectId}`,
      `/cdm/v1.0/${host.projectId}/clusters`,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom(...methods),
          base: bases,
          rest: fc.array(words, { maxLength: 6 }),
          query,
          authorization: fc.option(authorization, { nil: undefined }),
          token: fc.option(headerText, { nil: undefined }),
          contentType,
          date: fc.oneof(headerText, fc.constant('20260102T030405Z')),
          body,
        }),
        async (input) => {
          const path = `${input.base}/${input.rest.join('/').replaceAll(/[#?]/g, '')}`;
          const answer = await send(host.url, {
            method: input.method,
            path: input.query === '' ? path : `${path}?${input.query}`,
            headers: {
              'content-type': input.contentType,
              'x-sdk-date': input.date,
              ...(input.authorization === undefined ? {} : { authorization: input.authorization }),
              ...(input.token === undefined ? {} : { 'x-auth-token': input.token }),
            },
            body: input.body,
          });
          assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`);
          assert.match(String(answer.headers['content-type']), /^application\/json/);
        },
      ),
      { numRuns: 400 },
    );
    assert.deepEqual(host.errors, []);
  });

  it('answers callers whose signature is right in the words of the contract', async (t) => {
    const host = await startHuaweiHost(t);
    const [first] = await host.services.clusters.list({
      id: host.projectId,
      name: '',
      description: '',
    });
    const id = first?.id ?? '';
    const paths = fc.constantFrom(
      '/v3/projects',
      '/v3/auth/tokens',
      '/v3/regions',
      ...['clusters', `clusters/${id}`, `clusters/${id}/action`, `cluster/modify/${id}`].map(
        (rest) => `/v1.1/${host.projectId}/${rest}`,
      ),
    );
    const odd = fc
      .array(words, { maxLength: 4 })
      .map((rest) => `/v1.1/${host.projectId}/clusters/${rest.join('/').replaceAll(/[#?]/g, '')}`);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ method: fc.constantFrom(...methods), path: fc.oneof(paths, odd), body }),
        async (input) => {
          // Deleting would leave nothing to knock at.
          const method = input.method === 'DELETE' ? 'PUT' : input.method;
          const request = { ...input, method };
          const answer = await send(host.url, { ...request, headers: signed(host, request) });
          assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
          assert.notEqual(answer.status, 403, answer.text);
          if (answer.status === 401) {
            assert.equal(input.path, '/v3/auth/tokens', answer.text);
          }
          // Malformed escapes are refused before it is known whose path it is.
          const isOurs = answer.json['code'] !== 'FST_ERR_BAD_URL';
          if (answer.status >= 400 && method !== 'HEAD' && isOurs) {
            assert.equal(typeof answer.json['error_code'], 'string', answer.text);
          }
        },
      ),
      { numRuns: 400 },
    );
    assert.deepEqual(host.errors, []);
  });
});
