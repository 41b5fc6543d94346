import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import Fastify from 'fastify';
import { asksForConsole, mountConsole } from '../../../src/app/console.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const asked = (method: string, url: string, headers: Record<string, string> = {}): boolean =>
  asksForConsole({ method, url, headers } as unknown as IncomingMessage);
const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';

describe('who asks for the console at "/"', () => {
  test('browsers that want a page', () => {
    assert.equal(asked('GET', '/', { accept }), true);
    assert.equal(asked('HEAD', '/', { accept }), true);
    assert.equal(asked('GET', '/?range=d7', { accept }), true);
    assert.equal(asked('GET', '/?reaction=1', { accept }), true);
  });

  test('clients of clouds do not, whatever they accept', () => {
    assert.equal(asked('GET', '/'), false);
    assert.equal(asked('GET', '/', { accept: '*/*' }), false);
    assert.equal(asked('POST', '/', { accept }), false);
    assert.equal(asked('GET', '/?Action=ListJobs&Version=2019-04-30', { accept }), false);
    assert.equal(asked('GET', '/?Version=2019-04-30&Action=ListJobs', { accept }), false);
    assert.equal(asked('GET', '/?Signature=x', { accept }), false);
    assert.equal(asked('GET', '/', { accept, 'x-acs-action': 'ListJobs' }), false);
    assert.equal(asked('GET', '/', { accept, authorization: 'ACS3-HMAC-SHA256 x' }), false);
    assert.equal(asked('GET', '/v2/', { accept }), false);
    assert.equal(asked('GET', '/api/v1/info', { accept }), false);
  });
});

describe('the console’s files', () => {
  test('a console that is not built says what to do', async (t) => {
    const host = Fastify();
    t.after(() => host.close());
    mountConsole(host, join(await temporaryFolder(t), 'nowhere'));
    const answer = await host.inject({ url: '/console/runs' });
    assert.equal(answer.statusCode, 503);
    assert.match(answer.body, /npm run console/);
    assert.match(String(answer.headers['content-security-policy']), /^default-src 'none'/);
  });

  test('are read when asked for, so that a build shows without a restart', async (t) => {
    const folder = await temporaryFolder(t);
    const host = Fastify();
    t.after(() => host.close());
    mountConsole(host, folder);
    assert.equal((await host.inject({ url: '/console' })).statusCode, 503);
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<div id="root"></div>');
    await writeFile(join(folder, 'assets', 'a-1.js'), 'plain');
    await writeFile(join(folder, 'assets', 'a-1.js.br'), 'brotli');
    await writeFile(join(folder, 'secret.txt'), 'secret');
    assert.equal((await host.inject({ url: '/console/any/page' })).statusCode, 200);
    const file = (encoding: string) =>
      host.inject({ url: '/console/assets/a-1.js', headers: { 'accept-encoding': encoding } });
    assert.equal((await file('br')).body, 'brotli');
    assert.equal((await file('br')).headers['content-encoding'], 'br');
    assert.equal((await file('gzip, BR;q=0')).body, 'plain');
    assert.equal((await file('gzip')).headers['content-encoding'], undefined);
    assert.equal((await file('br')).headers['vary'], 'accept-encoding');
    for (const url of ['/console/secret.txt', '/console/assets/..%2fsecret.txt']) {
      assert.ok(!(await host.inject({ url })).body.includes('secret'), url);
    }
    const gone = await host.inject({ url: '/console/assets/b-2.js' });
    assert.equal(gone.statusCode, 404);
    assert.equal(gone.headers['cache-control'], 'no-store');
  });
});
