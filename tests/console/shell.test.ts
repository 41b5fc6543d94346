/** The frame of the console: what is served and how, keys, language, appearance, connection. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import {
  assertAccessible,
  assertFits,
  focused,
  inspect,
  openConsole,
  startBrowser,
  tabTo,
} from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { startServer } from '../support/server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

/** What the overview may load before it can be used (issue 7). */
const firstLoadLimitBytes = 200_000;
const html = { accept: 'text/html,application/xhtml+xml' };

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

describe('the console', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: ConsoleServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
  });

  after(() => cleanup.end());

  const overview = async (page: Page): Promise<void> =>
    page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

  describe('as it is served', () => {
    test('pages are not kept, files for ever, both under a strict policy', async () => {
      for (const path of ['/', '/?range=d7', '/console', '/console/runs/x.js', '/console/a/b/c']) {
        const response = await fetch(server.url + path, { headers: html });
        assert.equal(response.status, 200, path);
        assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
        assert.equal(response.headers.get('cache-control'), 'no-store');
        assert.equal(response.headers.get('content-security-policy'), policy);
        assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
        assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
        assert.equal(response.headers.get('cross-origin-opener-policy'), 'same-origin');
        const text = await response.text();
        assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i);
      }
      const [script = ''] = await filesOfFirstPage();
      const file = await fetch(server.url + script);
      assert.equal(file.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(file.headers.get('content-security-policy'), policy);
      assert.match(file.headers.get('content-type') ?? '', /^text\/javascript/);
    });

    test('in the smallest form that is asked for, with the same content', async () => {
      const [script = ''] = await filesOfFirstPage();
      const plain = Buffer.from(await raw(script, 'identity'));
      const gzipped = Buffer.from(await raw(script, 'gzip'));
      const brotli = Buffer.from(await raw(script, 'gzip, br'));
      assert.ok(brotli.length < gzipped.length && gzipped.length < plain.length);
      assert.deepEqual(Buffer.from(await raw(script, 'br;q=0, gzip')), gzipped);
      assert.ok(gunzipSync(gzipped).equals(plain));
    });

    test('HEAD tells the same without a body', async () => {
      const response = await fetch(`${server.url}/`, { method: 'HEAD', headers: html });
      assert.equal(response.status, 200);
      assert.ok(Number(response.headers.get('content-length')) > 0);
      assert.equal(await response.text(), '');
    });

    test('nothing but its files', async () => {
      for (const path of [
        '/console/assets/index-gone.js',
        '/console/assets/../../package.json',
        '/console/assets/..%2f..%2fpackage.json',
        '/console/assets/%2e%2e/index.html.br',
        '/console/assets/',
        '/console/assets/.longshore-build',
      ]) {
        const response = await fetch(server.url + path, { headers: html });
        const text = await response.text();
        assert.ok(!text.includes('"dependencies"'), path);
        if (response.status === 200) assert.match(text, /<div id="root">/, path);
        else assert.equal(response.status, 404, path);
      }
    });

    test('clients of clouds find their API at "/" as before', async () => {
      for (const [path, headers] of [
        ['/', {}],
        ['/?Action=ListJobs', html],
        ['/?action=ListJobs', html],
        ['/', { ...html, 'x-acs-action': 'ListJobs' }],
        ['/', { ...html, authorization: 'ACS3-HMAC-SHA256 x' }],
      ] as const) {
        const response = await fetch(server.url + path, { headers });
        assert.doesNotMatch(response.headers.get('content-type') ?? '', /html/, path);
        assert.ok(response.status >= 400, path);
      }
      const posted = await fetch(`${server.url}/`, { method: 'POST', headers: html });
      assert.doesNotMatch(posted.headers.get('content-type') ?? '', /html/);
    });
  });

  test('the first page loads less than 200 kB gzipped', async (t) => {
    const { page, context } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/sign-in',
    });
    await overview(page);
    const paths = new Set<string>();
    const fresh = await context.newPage();
    fresh.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (!pathname.startsWith('/api/')) paths.add(pathname);
    });
    await fresh.goto('/');
    await overview(fresh);
    await fresh.waitForLoadState('networkidle');
    let bytes = 0;
    for (const path of paths) bytes += (await raw(path, 'gzip')).byteLength;
    t.diagnostic(`${paths.size} files, ${bytes} bytes gzipped`);
    assert.ok(paths.size >= 3, [...paths].join(' '));
    assert.ok(bytes <= firstLoadLimitBytes, `${bytes} bytes: ${[...paths].join(' ')}`);
  });

  test('keyboard: skip link, navigation, menus, and focus goes to the new page', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, { as: server.root });
    await overview(page);
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.reload();
    await overview(page);
    await tabTo(page, /^Language$/);
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'English');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page), '简体中文');
    await assertAccessible(page, 'an open menu');
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), 'Language');
    await tabTo(page, /^About this server$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'About this server' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.goBack();
    await overview(page);
    assert.deepEqual(faults, []);
  });

  test('language and appearance are kept, and every page changes at once', async (t) => {
    const { page } = await openConsole(t, browser, server.url, { as: server.root });
    await overview(page);
    await page.getByRole('button', { name: 'Language' }).click();
    await page.getByRole('menuitemradio', { name: '简体中文' }).click();
    await page.getByRole('heading', { level: 1, name: '概览' }).waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    await page.getByRole('button', { name: '外观' }).click();
    await page.getByRole('menuitemradio', { name: '深色' }).click();
    assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: '概览' }).waitFor();
    assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  });

  test('on a narrow screen the navigation is a drawer', async (t) => {
    const { page } = await openConsole(t, browser, server.url, {
      as: server.root,
      width: 'narrow',
    });
    await overview(page);
    await assertFits(page, 'the overview');
    await page.getByRole('button', { name: 'Open navigation' }).press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Main navigation' });
    await drawer.waitFor();
    await assertAccessible(page, 'the drawer');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Open navigation' }).click();
    await drawer.getByRole('link', { name: 'About this server' }).click();
    await page.getByRole('heading', { level: 1, name: 'About this server' }).waitFor();
    await drawer.waitFor({ state: 'detached' });
  });

  test('an address without a page says so', async (t) => {
    const { page } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/no-such-page',
    });
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await inspect(page, 'not-found');
  });

  test('what the server says is never markup: a script in a name stays text', async (t) => {
    const name = `x"><img src=x onerror="window.hit=1">`;
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/runs/${encodeURIComponent(name)}`,
    });
    await page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
    await page.waitForLoadState('networkidle');
    assert.equal(await page.evaluate(() => 'hit' in window), false);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.deepEqual(faults, []);
  });

  test('the policy stops scripts that got in all the same', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, { as: server.root });
    await overview(page);
    await page.evaluate(() => {
      const inline = document.createElement('script');
      inline.textContent = 'window.hit = 1';
      document.body.append(inline);
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.hit = 1">');
    });
    await until('both are refused', () => faults.length >= 2);
    assert.equal(await page.evaluate(() => 'hit' in window), false);
    assert.ok(
      faults.every((fault) => /Content Security Policy/.test(fault)),
      faults.join('\n'),
    );
  });

  test('a lost connection shows and heals, with the same session', async (t) => {
    const own = cleanupList();
    t.after(() => own.end());
    const first = await startConsoleServer(own);
    const { page, faults } = await openConsole(t, browser, first.url, { as: first.root });
    await overview(page);
    await first.crash();
    await page.getByText('Connection lost').waitFor();
    await assertAccessible(page, 'a lost connection');
    const { port } = new URL(first.url);
    await startServer(own, first.dataDir, ['--port', port]);
    await page.getByText('Connected again').waitFor();
    await overview(page);
    assert.deepEqual(faults, []);
  });

  test('a page that is opened while the connection is lost comes once it heals', async (t) => {
    const own = cleanupList();
    t.after(() => own.end());
    const first = await startConsoleServer(own);
    const { page, faults } = await openConsole(t, browser, first.url, { as: first.root });
    await overview(page);
    await page.waitForLoadState('networkidle');
    await first.crash();
    await page.getByRole('link', { name: 'About this server' }).click();
    await page.getByText('Connection lost').waitFor();
    assert.equal(await page.getByRole('heading', { name: 'About this server' }).count(), 0);
    const { port } = new URL(first.url);
    await startServer(own, first.dataDir, ['--port', port]);
    await page.getByRole('heading', { level: 1, name: 'About this server' }).waitFor();
    await page.getByRole('region', { name: 'Since its start' }).waitFor();
    assert.deepEqual(faults, []);
  });

  async function raw(path: string, encoding: string): Promise<ArrayBuffer> {
    // fetch would unpack it.
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const headers = { 'accept-encoding': encoding, ...(path === '/' ? html : {}) };
      request(server.url + path, { headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks)).buffer));
      })
        .on('error', reject)
        .end();
    });
  }

  async function filesOfFirstPage(): Promise<readonly string[]> {
    const page = await (await fetch(`${server.url}/`, { headers: html })).text();
    return [...page.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+\.js)"/g)].map(
      ([, path]) => path ?? '',
    );
  }
});
