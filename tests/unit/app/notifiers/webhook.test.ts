import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createWebhookNotifier } from '../../../../src/app/notifiers/webhook.ts';
import { DeliveryError } from '../../../../src/domain/alerts.ts';
import type { Notice } from '../../../../src/ports/notifier.ts';
import { within } from '../../../support/until.ts';

const notice: Notice = {
  subject: 'job failed',
  text: 'Run: 1\n',
  facts: { kind: 'failed', run: '1' },
  atAll: true,
};
const { signal } = new AbortController();

async function serve(t: TestContext, answer: (url: string, response: http.ServerResponse) => void) {
  const bodies: unknown[] = [];
  const types: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      types.push(request.headers['content-type']);
      answer(request.url ?? '', response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, bodies, types };
}

const fails = (sending: Promise<void>, words: RegExp, permanent: boolean): Promise<void> =>
  within(
    'the delivery fails',
    assert.rejects(sending, (error: unknown) => {
      assert.ok(error instanceof DeliveryError);
      assert.match(error.message, words);
      assert.equal(error.permanent, permanent);
      return true;
    }),
  );

test('a robot and a program both find what they read', async (t) => {
  const server = await serve(t, (_, response) => response.end('{"errcode":0,"errmsg":"ok"}'));
  const webhook = createWebhookNotifier({ allow: ['127.0.0.1'], timeoutMs: 5_000 });
  await within('delivery', webhook.send(`${server.url}/robot?access_token=x`, notice, signal));
  assert.deepEqual(server.bodies, [
    {
      msgtype: 'text',
      text: { content: 'job failed\nRun: 1\n' },
      at: { isAtAll: true },
      alert: { kind: 'failed', run: '1', subject: 'job failed' },
    },
  ]);
  assert.deepEqual(server.types, ['application/json; charset=utf-8']);
});

test('refusals are told from faults that pass', async (t) => {
  const statuses: Readonly<Record<string, number>> = { '/404': 404, '/429': 429, '/500': 500 };
  const server = await serve(t, (url, response) => {
    if (url === '/never') return;
    if (url === '/robot') return void response.end('{"errcode":310000,"errmsg":"keywords"}');
    if (url === '/away') response.setHeader('location', 'http://localhost:1/');
    response.writeHead(url === '/away' ? 302 : (statuses[url] ?? 204)).end();
  });
  const webhook = createWebhookNotifier({ allow: 'any', timeoutMs: 300 });
  const send = (path: string): Promise<void> =>
    webhook.send(`${server.url}${path}`, notice, signal);
  await within('an empty answer is fine', send('/204'));
  await fails(send('/404'), /^webhook at 127\.0\.0\.1: answered 404 Not Found$/, true);
  await fails(send('/429'), /answered 429/, false);
  await fails(send('/500'), /answered 500/, false);
  await fails(send('/away'), /redirect to http:\/\/localhost:1\/ is not followed/, true);
  await fails(send('/robot'), /errcode 310000 keywords/, false);
  await fails(send('/never'), /no answer within 300 ms/, false);
  await fails(webhook.send('http://127.0.0.1:1/', notice, signal), /ECONNREFUSED/, false);
});

test('private addresses and nonsense are refused', async (t) => {
  const server = await serve(t, (_, response) => response.end());
  const webhook = createWebhookNotifier({ allow: [], timeoutMs: 5_000 });
  await fails(webhook.send(server.url, notice, signal), /127\.0\.0\.1 is private/, true);
  await fails(
    webhook.send(server.url.replace('127.0.0.1', 'localhost'), notice, signal),
    /private/,
    false,
  );
  await fails(webhook.send('file:///etc/passwd', notice, signal), /no http or https/, true);
  await fails(webhook.send('nonsense', notice, signal), /no http or https/, true);
  assert.deepEqual(server.bodies, []);
});
