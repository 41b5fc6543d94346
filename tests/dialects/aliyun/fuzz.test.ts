import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { paths, send, signV3, startServer } from './harness.ts';

const target = fc.constantFrom(paths.echo, paths.put, '/', '/pop/v1/x');
const method = fc.constantFrom('GET', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS');
/** Every character that a client may put into a request line. */
const query = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '&',
        '=',
        '%',
        '+',
        '%ff',
        '%C3%A9',
        'Signature',
        'AccessKeyId',
        'Action',
        '=',
      ),
      fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)) }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replaceAll('#', ''));
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
  maxLength: 60,
});
const authorization = fc.oneof(
  headerText,
  headerText.map((text) => `acs ${text}`),
  headerText.map((text) => `ACS3-HMAC-SHA256 ${text}`),
  headerText.map((text) => `ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host;${text},Signature=b`),
);
const contentType = fc.oneof(
  fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain', ''),
  headerText,
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => Buffer.from(text)),
);

it('never answers 5xx nor anything but JSON', async (t) => {
  const server = await startServer(t);
  await fc.assert(
    fc.asyncProperty(
      fc.record({ target, method, query, authorization, contentType, body, signed: fc.boolean() }),
      async (input) => {
        const bodyless = input.method === 'GET' || input.method === 'HEAD';
        const sent = {
          method: input.method,
          url: input.query === '' ? input.target : `${input.target}?${input.query}`,
          headers: { 'content-type': input.contentType },
          ...(bodyless ? {} : { body: input.body }),
        };
        const headers = { ...sent.headers, host: server.host, authorization: input.authorization };
        const answer = await send(
          server.port,
          input.signed ? signV3(server.host, sent) : { ...sent, headers },
        );
        assert.ok(answer.status < 500, answer.text);
        assert.match(String(answer.headers['content-type']), /^application\/json/);
        if (input.method !== 'HEAD') assert.equal(typeof answer.json['RequestId'], 'string');
      },
    ),
    { numRuns: 300 },
  );
});
