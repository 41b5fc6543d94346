/** The page about the server: the same facts as `longshore doctor`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { DoctorView } from '../../src/dialects/native/views/info.ts';
import { inspect, openConsole, startBrowser } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';

describe('about this server', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: ConsoleServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
  });

  after(() => cleanup.end());

  test('tells what it is and every fact of the doctor', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/about',
    });
    const facts = page.getByRole('region', { name: 'Server' });
    await facts.getByText(server.url).waitFor();
    await facts.getByText('Ready', { exact: true }).waitFor();
    await facts.getByText(server.dataDir).waitFor();
    const { facts: expected } = await server.call<DoctorView>('GET', '/doctor');
    const rows = page.getByRole('row');
    await rows.nth(1).waitFor();
    const names = await page.locator('tbody tr td:first-child').allInnerTexts();
    assert.deepEqual(
      names,
      expected.map(({ name }) => name),
    );
    await inspect(page, 'about');
    assert.deepEqual(faults, []);
  });

  test('in Chinese, without the doctor for who may not ask it', async (t) => {
    await server.allow('InfoOnly', ['longshore:GetInfo']);
    const as = await server.createUser('reader', 'correct horse battery', {
      policies: ['InfoOnly'],
    });
    const { page } = await openConsole(t, browser, server.url, {
      as,
      path: '/console/about',
      language: 'zh',
    });
    await page.getByRole('region', { name: '自启动以来' }).waitFor();
    assert.equal(await page.getByText('可用性检查').count(), 0);
    await inspect(page, 'about-zh');
  });
});
