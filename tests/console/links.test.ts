/** Links: the list, the form with its test, secrets, tables and columns. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { type DataServer, longName, startDataServer } from './data-fixture.ts';

const secret = 'hunter2-is-no-password';
const listed = `listed-${longName}`;

describe('links', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: DataServer;
  const cleanup = cleanupList();

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startDataServer(cleanup, false);
  });
  after(() => cleanup.end());

  test('the first link is made, tried and used to look at tables', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/links',
    });
    await page.getByText('No links yet').waitFor();
    await inspect(page, 'links-empty');
    await tabTo(page, /^New link$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'New link' }).waitFor();
    await tabTo(page, /^Name$/);
    await page.keyboard.type('shop');
    await tabTo(page, /^Kind$/);
    await page.keyboard.type('SQLite');
    await tabTo(page, /^File$/);
    await page.keyboard.type('no-folder/missing.db');
    await tabTo(page, /^Test connection$/);
    await page.keyboard.press('Enter');
    await page.getByText(/It does not work/).waitFor();
    assert.match(await page.getByRole('alert').innerText(), /no-folder/);
    await inspect(page, 'link-new');
    await page.getByLabel('File', { exact: true }).fill('shop.db');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText(/It works: answered in/).waitFor();
    await tabTo(page, /^Save$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();

    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText(/It works: answered in/).waitFor();
    await page.getByRole('button', { name: 'orders' }).click();
    await page.getByRole('cell', { name: 'buyer_mail' }).waitFor();
    await page.getByRole('cell', { name: longName }).waitFor();
    assert.match(page.url(), /table=orders/);
    await page.keyboard.press('/');
    await page.keyboard.type('buy');
    await page.getByText('Tables: 1').waitFor();
    assert.equal(await page.getByRole('button', { name: 'orders' }).count(), 0);
    await inspect(page, 'link');
    assert.deepEqual(faults, []);
  });

  test('a secret is sent, never shown again, and stays when it is left out', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/links/new',
    });
    await page.getByLabel('Name', { exact: true }).fill(longName);
    await page.getByLabel('Kind', { exact: true }).selectOption('postgres');
    await page.getByLabel('Hosts', { exact: true }).fill('127.0.0.1');
    await page.getByLabel('Port', { exact: true }).fill('1');
    await page.getByLabel('User', { exact: true }).fill('<script>alert(1)</script>');
    await page.getByLabel('Password', { exact: true }).fill(secret);
    await page.getByText('More settings').click();
    await inspect(page, 'link-new-postgres');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: longName }).waitFor();
    assert.ok(!(await page.content()).includes(secret));
    await page.getByText('<script>alert(1)</script>').first().waitFor();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByRole('alert').getByText('The link leads nowhere').waitFor();
    await inspect(page, 'link-unreachable');

    await page.getByRole('link', { name: 'Edit' }).click();
    const password = page.getByLabel('Password', { exact: true });
    assert.equal(await password.inputValue(), '');
    assert.match((await password.getAttribute('placeholder')) ?? '', /Unchanged/);
    await page.getByRole('textbox', { name: /^Database/ }).fill('other');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: longName }).waitFor();
    const path = `/links/${server.region}/${longName}`;
    const kept = await server.call<{ secrets: string[]; options: { database: string } }>(
      'GET',
      path,
    );
    assert.deepEqual([kept.secrets, kept.options.database], [['password'], 'other']);

    await page.goto(`/console${path}/edit`);
    await page.getByLabel('Port', { exact: true }).fill('2');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByRole('alert')
      .getByText(/send password with it/)
      .waitFor();
    assert.deepEqual(faults, []);
  });

  test('the list is searched from the address, and a link is deleted after asking', async (t) => {
    for (const name of ['goner', listed]) {
      await server.call('POST', '/links', { name, options: { kind: 'sqlite', file: 'shop.db' } });
    }
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/links?q=gone',
    });
    await page.getByRole('link', { name: 'goner' }).waitFor();
    assert.equal(await page.getByRole('row').count(), 2, 'heading and one link');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('link', { name: listed }).waitFor();
    await inspect(page, 'links');
    await page.getByRole('link', { name: 'goner' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Link goner is deleted').waitFor();
    await page.waitForURL(/\/console\/links$/);
    await page.getByRole('link', { name: 'goner' }).waitFor({ state: 'detached' });
    assert.deepEqual(faults, []);
  });

  test('who may only look is offered nothing else; in Chinese there is no English', async (t) => {
    const policy = await server.allow('looker', [
      'longshore:ListLinks',
      'longshore:ListLinkNamespaces',
      'longshore:GetLink',
    ]);
    const looker = await server.createUser('looker', 'correct horse battery', {
      policies: [policy],
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: looker,
      path: '/console/links',
      language: 'zh',
    });
    await page.getByRole('heading', { level: 1, name: '连接' }).waitFor();
    await page.getByRole('link', { name: listed }).waitFor();
    assert.equal(await page.getByRole('link', { name: '新建连接' }).count(), 0);
    await inspect(page, 'links-zh');
    await page.getByRole('link', { name: listed }).click();
    await page.getByRole('heading', { name: '设置' }).waitFor();
    for (const name of ['编辑', '删除', '测试连接']) {
      assert.equal(await page.getByText(name, { exact: true }).count(), 0, name);
    }
    assert.deepEqual(faults, []);
  });
});
