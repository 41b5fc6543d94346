/** Keys, users, policies, and the question whether a user may do something. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { focused, inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { createKey } from '../support/server.ts';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';

describe('keys, users and policies', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: SurroundingsServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startSurroundings(cleanup);
  });

  after(() => cleanup.end());

  const root = () => ({ accessKeyId: server.key.id, accessKeySecret: server.key.secret });

  test('a key is made with the keyboard alone; its secret is shown once, and works', async (t) => {
    const { page, context, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/access',
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('cell', { name: server.key.id, exact: true }).waitFor();
    await inspect(page, 'access-keys');
    await tabTo(page, /^New key$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^User/);
    await page.keyboard.type('ann');
    await tabTo(page, /^AliyunSAEReadOnlyAccess$/);
    await page.keyboard.press('Space');
    await inspect(page, 'access-key-new');
    await tabTo(page, /^New key$/);
    await page.keyboard.press('Enter');
    const made = page.getByRole('dialog', { name: 'The key is made' });
    const secret = await made.locator('[data-secret]').innerText();
    const id = await made.locator('code').first().innerText();
    await tabTo(page, /^(Copy the secret|Copied)$/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copied', exact: true }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await inspect(page, 'access-key-made');
    await page.keyboard.press('Escape');
    await made.waitFor({ state: 'detached' });
    assert.ok(!(await page.content()).includes(secret));
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes(secret));
    const info = await server.ask('/info', { key: { id, secret } });
    assert.equal(info.status, 403, 'the key is known, and has no right to this');

    await page.getByRole('button', { name: `Actions for ${id}` }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await page.getByText(`${id} is disabled`).waitFor();
    assert.equal((await server.ask('/info', { key: { id, secret } })).status, 401);
    await page.getByRole('button', { name: `Actions for ${id}` }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('cell', { name: id, exact: true }).waitFor({ state: 'detached' });
    assert.deepEqual(faults, []);
  });

  test('a policy is written; what is wrong is told with its place', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/access?tab=policies',
    });
    await page.getByRole('button', { name: 'AdministratorAccess' }).waitFor();
    await inspect(page, 'access-policies');
    await page.getByRole('button', { name: 'New policy' }).click();
    const dialog = page.getByRole('dialog', { name: 'New policy' });
    await dialog.getByLabel('Name').fill('runners');
    const text = dialog.getByLabel('Document');
    await text.fill('{\n  "Version": "1",\n  "Statement": [}\n}');
    await dialog.getByText(/^Line 3, column 17: this is no JSON$/).waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Save' }).isDisabled(), true);
    const statement = (effect: string): string =>
      `{\n  "Version": "1",\n  "Statement": [\n    { "Effect": "Allow", "Action": "sae:*", "Resource": "*" },\n    { "Effect": "${effect}", "Action": "sae:DeleteJob", "Resource": "*" }\n  ]\n}`;
    await text.fill(statement('Forbid'));
    await dialog.getByText('Line 5, column 7: Statement[1].Effect must be').waitFor();
    await inspect(page, 'access-policy-wrong');
    await dialog.getByRole('button', { name: 'Show the place' }).click();
    const marked = await text.evaluate((element) => {
      const area = element as HTMLTextAreaElement;
      return area.value.slice(area.selectionStart, area.selectionEnd);
    });
    assert.equal(marked, '"Effect": "Forbid"');
    await text.fill(statement('Deny'));
    await dialog.getByText('The document is valid.').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('runners is saved').waitFor();

    await page.getByRole('button', { name: 'CDMFullAccess' }).click();
    await page.getByText('It is built in and cannot be changed.').waitFor();
    assert.equal(await page.getByRole('dialog').getByRole('button', { name: 'Save' }).count(), 0);
    await page.keyboard.press('Escape');
    assert.deepEqual(faults, []);
  });

  test('a user is made, gets policies and a password, and is asked about', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/access?tab=users',
    });
    await page.getByRole('button', { name: 'New user' }).click();
    await page.getByLabel('Name').fill('ben');
    await page.getByLabel('runners').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('ben is saved').waitFor();
    await inspect(page, 'access-users');
    await page.getByRole('button', { name: 'Actions for ben' }).click();
    await page.getByRole('menuitem', { name: 'Set a password' }).click();
    await page.getByLabel('New password').fill('long enough');
    await page.getByLabel('The same again').fill('long');
    await page.getByText('The two are different.').waitFor();
    await page.getByLabel('The same again').fill('long enough');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('ben has a new password').waitFor();
    const other = await openConsole(t, browser, server.url, {
      as: { user: 'ben', password: 'long enough' },
      path: '/console/access',
    });
    await other.page.getByRole('main').waitFor();
    assert.equal(await other.page.getByRole('link', { name: 'Keys and policies' }).count(), 0);

    // The arrows move among the tabs.
    await page.getByRole('tab', { name: 'Users' }).focus();
    await page.keyboard.press('End');
    assert.equal(await focused(page), 'Try a right');
    await page.getByRole('combobox', { name: 'User' }).fill('ben');
    await page.getByRole('combobox', { name: 'Action' }).fill('sae:DeleteJob');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('A statement denies it, whatever others allow.').waitFor();
    await page.getByRole('button', { name: 'runners, statement 2: Deny' }).waitFor();
    await inspect(page, 'access-check');
    await page.getByRole('combobox', { name: 'Action' }).fill('sae:ExecJob');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('Allowed').waitFor();
    await page.getByRole('button', { name: 'runners, statement 1: Allow' }).click();
    const policy = page.getByRole('dialog', { name: 'runners' });
    await policy.getByRole('button', { name: 'Delete' }).click();
    const asks = page.getByRole('dialog', { name: 'Delete the policy runners?' });
    await asks.getByRole('button', { name: 'Delete' }).click();
    await asks.getByRole('alert').filter({ hasText: 'policy-in-use' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'Actions for ben' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByLabel('Type “ben” to confirm').fill('ben');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('ben is deleted').waitFor();
    assert.deepEqual(faults, []);
  });

  test('who is no root is told that a root’s key is not theirs to touch; in Chinese', async (t) => {
    const Statement = [{ Effect: 'Allow', Action: ['longshore:*Key*'], Resource: '*' }];
    await server.ask('/policies/keys-only', {
      method: 'PUT',
      body: { document: { Version: '1', Statement } },
    });
    const key = await createKey(cleanup, server.dataDir, [
      '--user',
      'kim',
      '--policy',
      'keys-only',
    ]);
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: { accessKeyId: key.id, accessKeySecret: key.secret },
      language: 'zh',
      path: '/console/access',
    });
    await page.getByRole('heading', { level: 1, name: '密钥与权限策略' }).waitFor();
    await page.getByRole('button', { name: `${server.key.id} 的操作` }).click();
    await page.getByRole('menuitem', { name: '禁用' }).click();
    await page.getByRole('alert').filter({ hasText: 'only a root may manage' }).waitFor();
    assert.equal(await page.getByRole('tab').count(), 1, 'other tabs are not offered');
    await inspect(page, 'access-zh');
    await page.getByRole('button', { name: '新建密钥' }).click();
    await page.getByRole('dialog', { name: '新建密钥' }).waitFor();
    assert.equal(await page.getByLabel('超级管理员').count(), 0);
    assert.deepEqual(faults, []);
  });
});
