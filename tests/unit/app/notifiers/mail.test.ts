import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMailNotifier } from '../../../../src/app/notifiers/mail.ts';
import { DeliveryError } from '../../../../src/domain/alerts.ts';
import type { Notice } from '../../../../src/ports/notifier.ts';
import { within } from '../../../support/until.ts';
import { startSmtpServer } from './smtp-server.ts';

const notice: Notice = {
  subject: '[Longshore] job Häfen 港口 failed',
  text: 'Job: Häfen\nRun: 1\n.\nend\n',
  facts: {},
  atAll: false,
};
const { signal } = new AbortController();
const from = 'Longshore <longshore@example.com>';

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

test('a mail arrives as it was meant', async (t) => {
  const server = await startSmtpServer(t);
  const mail = createMailNotifier({ smtpUrl: server.url, from, timeoutMs: 10_000 });
  await within('delivery', mail.send('alice@example.com', notice, signal));
  const [first] = server.mails;
  assert.deepEqual([first?.from, first?.to], ['longshore@example.com', ['alice@example.com']]);
  assert.match(first?.data ?? '', /^To: alice@example\.com\r$/m);
  assert.match(first?.data ?? '', /^Auto-Submitted: auto-generated\r$/m);
  const [head = '', body = ''] = (first?.data ?? '').split('\r\n\r\n');
  assert.match(head, /Subject: .*=\?UTF-8\?/);
  assert.match(head, /Content-Transfer-Encoding: (quoted-printable|base64)/i);
  assert.ok(body.length > 0);
});

test('what the server refuses for good is not tried again', async (t) => {
  const server = await startSmtpServer(t);
  const mail = createMailNotifier({ smtpUrl: server.url, from, timeoutMs: 10_000 });
  server.refusal = '550 no such user';
  await fails(mail.send('alice@example.com', notice, signal), /no such user/, true);
  server.refusal = '450 later';
  await fails(mail.send('alice@example.com', notice, signal), /later/, false);
  server.refusal = null;
  for (const address of ['a', 'a@b, c@d', 'a@b\r\nRCPT TO:<x@y>', '<a@b>', '']) {
    await fails(mail.send(address, notice, signal), /is no mail address/, true);
  }
  assert.deepEqual(server.mails, []);
});

test('a server that is away or never answers costs a bounded time', async (t) => {
  const server = await startSmtpServer(t);
  server.refusal = 'silent';
  const mail = createMailNotifier({ smtpUrl: server.url, from, timeoutMs: 200 });
  await fails(mail.send('alice@example.com', notice, signal), /mail: /, false);
  const away = createMailNotifier({ smtpUrl: 'smtp://127.0.0.1:1', from, timeoutMs: 5_000 });
  await fails(away.send('alice@example.com', notice, signal), /ECONNREFUSED/, false);
  const patient = createMailNotifier({ smtpUrl: server.url, from, timeoutMs: 60_000 });
  const ending = new AbortController();
  const sending = patient.send('alice@example.com', notice, ending.signal);
  ending.abort();
  await fails(sending, /given up/, false);
});

test('an address that is no SMTP server is told at once', () => {
  for (const smtpUrl of ['', 'mail.example', 'http://mail.example']) {
    assert.throws(
      () => createMailNotifier({ smtpUrl, from, timeoutMs: 1_000 }),
      /written like smtp:/,
    );
  }
});
