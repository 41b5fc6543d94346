/** Sign-in, sign-out, and what a user is offered. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import {
  assertAccessible,
  focused,
  inspect,
  openConsole,
  startBrowser,
  tabTo,
} from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';

const password = 'correct horse battery';

describe('sign-in', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: ConsoleServer;
  const cleanup = cleanupList();

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
    await server.createUser('ann', password, { root: true });
  });

  after(() => cleanup.end());

  test('by password, with the keyboard alone, back to the page that was asked for', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, { path: '/console/about' });
    await page.getByRole('heading', { name: 'Longshore' }).waitFor();
    assert.match(page.url(), /\/console\/sign-in\?back=%2Fconsole%2Fabout$/);
    await inspect(page, 'sign-in');
    await tabTo(page, /^User$/);
    await page.keyboard.type('ann');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'About this server' }).waitFor();
    assert.match(page.url(), /\/console\/about$/);
    assert.deepEqual(faults, []);
  });

  test('by access key; the secret is nowhere in the page afterwards', async (t) => {
    const { page, context, faults } = await openConsole(t, browser, server.url);
    await page.getByRole('tab', { name: 'Access key' }).click();
    assert.ok('accessKeyId' in server.root);
    await page.getByLabel('AccessKey ID').fill(server.root.accessKeyId);
    await page.getByLabel('AccessKey secret').fill(server.root.accessKeySecret);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    const [cookie] = await context.cookies();
    assert.equal(cookie?.httpOnly, true);
    assert.equal(cookie?.sameSite, 'Strict');
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes(server.root.accessKeySecret));
    assert.ok(!(await page.content()).includes(server.root.accessKeySecret));
    assert.deepEqual(faults, []);
  });

  test('a wrong password is told and the field is emptied; the right one works after it', async (t) => {
    const { page } = await openConsole(t, browser, server.url);
    await page.getByRole('textbox', { name: 'User' }).fill('ann');
    await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'not right' }).waitFor();
    await assertAccessible(page, 'sign-in refused');
    assert.equal(await page.getByRole('textbox', { name: 'Password' }).inputValue(), '');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  test('an address elsewhere is no way back', async (t) => {
    for (const back of [
      '//example.org/',
      'https://example.org/',
      '/api/v1/info',
      '/\\example.org',
    ]) {
      const { page } = await openConsole(t, browser, server.url, {
        as: { user: 'ann', password },
        path: `/console/sign-in?back=${encodeURIComponent(back)}`,
      });
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      assert.equal(page.url(), `${server.url}/`);
    }
  });

  test('signing out ends the session, and every other tab asks for it again', async (t) => {
    const { page, context } = await openConsole(t, browser, server.url, { as: server.root });
    const [cookie] = await context.cookies();
    assert.ok(cookie !== undefined);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('textbox', { name: 'Password' }).waitFor();
    assert.deepEqual(await context.cookies(), []);
    // A copy of the cookie is worth nothing now.
    await context.addCookies([cookie]);
    await page.goto('/');
    await page.getByRole('textbox', { name: 'Password' }).waitFor();
  });

  test('a user is offered what its policies could allow', async (t) => {
    await server.allow('RunsOnly', ['longshore:ListRuns', 'longshore:GetRun']);
    const bob = await server.createUser('bob', password, { policies: ['RunsOnly'] });
    const { page } = await openConsole(t, browser, server.url, { as: bob });
    const navigation = page.getByRole('navigation', { name: 'Main navigation' });
    await navigation.getByRole('link', { name: 'Overview' }).waitFor();
    assert.equal(await navigation.getByRole('link', { name: 'About this server' }).count(), 0);
    // What is refused all the same is told in the problem's words.
    await page.goto('/console/about');
    await page.getByText('no policy allows longshore:GetInfo', { exact: false }).first().waitFor();
  });

  test('in Chinese', async (t) => {
    const { page } = await openConsole(t, browser, server.url, { language: 'zh' });
    await page.getByRole('button', { name: '登录' }).waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    await inspect(page, 'sign-in-zh');
  });
});
