/** Every client core and signature form of schedulerx.md §1, with texts that they encode differently. */
import assert from 'node:assert/strict';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type Answer,
  clientNames,
  type Key,
  newGroup,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { encoded, sendV1 } from './v1-request.ts';

const texts = [
  '0 0/10 * * * ?',
  '*/5 * * * * ?',
  "it's + & = ~ * ! ( ) % / ? #",
  '中文 名字',
  'a  b',
  '',
];

async function namespaceNames({ call }: SchedulerxHost): Promise<string[]> {
  const answer = await call('ListNamespaces', { RegionId: 'r' });
  return (answer['Data'] as { Namespaces: { Name: string }[] }).Namespaces.map(({ Name }) => Name);
}

describe('texts come through unharmed', () => {
  for (const client of clientNames) {
    for (const method of ['GET', 'POST'] as const) {
      test(`${client} ${method}`, async (t) => {
        const host = await startSchedulerxHost(t);
        const call = host.clients[client];
        const group = await newGroup(host);
        for (const text of texts) {
          const form = {
            ...group,
            Name: `n${text}`,
            JobType: 'shell',
            ExecuteMode: 'standalone',
            TimeType: '1',
            TimeExpression: '0 0/10 * * * ?',
            Content: `echo ${text}`,
            Parameters: text,
          };
          const created = await (method === 'GET'
            ? call('CreateJob', form, undefined, 'GET')
            : call('CreateJob', { RegionId: 'r' }, form, 'POST'));
          const { JobId } = created['Data'] as { JobId: number };
          const read = await call('GetJobInfo', { ...group, JobId: String(JobId) });
          const { JobConfigInfo: info } = read['Data'] as { JobConfigInfo: Answer };
          assert.deepEqual(
            [info['Name'], info['Content'], info['Parameters'], info['TimeConfig']],
            [
              `n${text}`,
              `echo ${text}`,
              text,
              { TimeType: 1, TimeExpression: '0 0/10 * * * ?', Calendar: '', DataOffset: 0 },
            ],
          );
        }
      });
    }
  }
});

describe('how requests are told apart', () => {
  test('the form wins over the query, and the signature covers what won', async (t) => {
    const host = await startSchedulerxHost(t);
    const answer = await sendV1(
      host,
      'POST',
      { Action: 'CreateNamespace', Name: 'of the query' },
      { Name: 'of the form' },
    );
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(await namespaceNames(host), ['default', 'of the form']);
  });

  test('a form added to a signed V1 query is refused', async (t) => {
    const host = await startSchedulerxHost(t);
    const system = { Action: 'CreateNamespace', Name: 'signed', Uid: 'x' };
    // Signed without the form, sent with it.
    const search = new URLSearchParams();
    const response = await sendWithUnsignedForm(host, system, search);
    assert.equal(response.status, 400);
    assert.match(await response.text(), /SignatureDoesNotMatch/);
    assert.deepEqual(await namespaceNames(host), ['default']);
  });

  test('V1 ROA signatures, which cover no body, are refused', async (t) => {
    const { url, key } = await startSchedulerxHost(t);
    const response = await fetch(`${url}/?Action=CreateNamespace&Version=2019-04-30&Name=n`, {
      method: 'POST',
      headers: { authorization: `acs ${key.id}:AAAA`, date: new Date().toUTCString() },
    });
    const body = (await response.json()) as Answer;
    assert.deepEqual([response.status, body['Code']], [400, 'IncompleteSignature']);
  });

  test('V3 body under a wrong hash is refused', async (t) => {
    const { url, key } = await startSchedulerxHost(t);
    const body = 'Name=n';
    const headers: Record<string, string> = {
      'x-acs-action': 'CreateNamespace',
      'x-acs-version': '2019-04-30',
      'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
      'x-acs-signature-nonce': randomUUID(),
      'x-acs-content-sha256': createHash('sha256').update('Name=other').digest('hex'),
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `ACS3-HMAC-SHA256 Credential=${key.id},SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=00`,
    };
    const response = await fetch(url, { method: 'POST', headers, body });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as Answer)['Code'], 'SignatureDoesNotMatch');
  });

  test('no signature, no key, no action, no such action, no such version', async (t) => {
    const { url, key, call } = await startSchedulerxHost(t);
    const code = async (search: string): Promise<unknown[]> => {
      const response = await fetch(`${url}/?Format=JSON&${search}`);
      return [response.status, ((await response.json()) as Answer)['Code']];
    };
    const version = 'Version=2019-04-30';
    assert.deepEqual(await code(`${version}&Action=ListNamespaces`), [400, 'MissingAccessKeyId']);
    assert.deepEqual(await code(`${version}&Action=ListNamespaces&AccessKeyId=${key.id}`), [
      400,
      'IncompleteSignature',
    ]);
    assert.deepEqual(await code(version), [400, 'MissingAction']);
    assert.deepEqual(await code(`${version}&Action=Nothing`), [404, 'InvalidApi.NotFound']);
    assert.deepEqual(await code('Version=2000-01-01&Action=ListNamespaces'), [
      400,
      'InvalidVersion',
    ]);
    await assert.rejects(call('Nothing', {}), { code: 'InvalidApi.NotFound' });
  });
});

describe('XML', () => {
  test('V1 that asks for it or names no format; lists repeat, marks are escaped', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host, { AppName: `<&>'"\r]]>` });
    for (const format of ['XML', 'xml', null]) {
      const query = { Action: 'ListGroups', Namespace: group.Namespace };
      const answer = await sendV1(host, 'GET', query, null, format);
      assert.deepEqual([answer.status, answer.type], [200, 'application/xml']);
      assert.match(answer.text, /^<\?xml version="1.0" encoding="UTF-8"\?><ListGroupsResponse>/);
      assert.match(
        answer.text,
        /<Code>200<\/Code><Success>true<\/Success><RequestId>[0-9A-F-]{36}</,
      );
      assert.match(answer.text, /<Data><AppGroups><AppGroupId>\d+<\/AppGroupId>/);
      assert.match(answer.text, /<AppName>&lt;&amp;&gt;&apos;&quot;&#13;\]\]&gt;<\/AppName>/);
      assert.match(answer.text, /<EnableLog>false<\/EnableLog>/);
    }
    const json = await sendV1(host, 'GET', { Action: 'ListNamespaces' }, null, 'json');
    assert.equal(json.type, 'application/json;charset=utf-8');
    JSON.parse(json.text);
  });

  test('failures of the gateway and of the business', async (t) => {
    const host = await startSchedulerxHost(t);
    const missing = await sendV1(host, 'GET', { Action: 'DeleteNamespace' }, null, null);
    assert.deepEqual([missing.status, missing.type], [400, 'text/xml;charset=utf-8']);
    assert.match(missing.text, /<Error><RequestId>.*<Code>MissingNamespace<\/Code>/);
    const refused = await sendV1(
      host,
      'GET',
      { Action: 'DeleteNamespace', Namespace: 'default' },
      null,
      'XML',
    );
    assert.deepEqual([refused.status, refused.type], [200, 'application/xml']);
    assert.match(
      refused.text,
      /<DeleteNamespaceResponse><Code>400<\/Code><Success>false<\/Success>.*<Message>The system namespace cannot be deleted<\/Message>/,
    );
    const unknown = await sendV1(host, 'GET', { Action: 'No<such>' }, null, null);
    assert.deepEqual([unknown.status, unknown.type], [404, 'text/xml;charset=utf-8']);
    assert.match(unknown.text, /<Code>InvalidApi.NotFound<\/Code>/);
  });
});

async function sendWithUnsignedForm(
  { url, key }: { readonly url: string; readonly key: Key },
  query: Readonly<Record<string, string>>,
  search: URLSearchParams,
): Promise<Response> {
  const signed: Record<string, string> = {
    ...query,
    Format: 'JSON',
    Version: '2019-04-30',
    AccessKeyId: key.id,
    SignatureNonce: randomUUID(),
    Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
  };
  const canonical = Object.keys(signed)
    .toSorted()
    .map((name) => `${encoded(name)}=${encoded(signed[name] ?? '')}`)
    .join('&');
  const signature = createHmac('sha1', `${key.secret}&`)
    .update(`POST&%2F&${encoded(canonical)}`)
    .digest('base64');
  for (const [name, value] of Object.entries({ ...signed, Signature: signature })) {
    search.set(name, value);
  }
  return fetch(`${url}/?${search}`, {
    method: 'POST',
    body: new URLSearchParams({ Name: 'smuggled' }),
  });
}
