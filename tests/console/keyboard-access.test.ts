/** Users, policies, keys, the audit log and the page about the server by who has no mouse. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { screenshot, startBrowser } from '../support/browser.ts';
import { createKey } from '../support/server.ts';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startWalk, type Walk } from './keyboard-walk.ts';

describe('access and audit with the keyboard alone', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: SurroundingsServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startSurroundings(cleanup);
  });

  after(() => cleanup.end());

  const walk = (t: TestContext, path: string): Promise<Walk> =>
    startWalk(t, browser, server.url, {
      as: { accessKeyId: server.key.id, accessKeySecret: server.key.secret },
      path,
    });
  const told = ({ page }: Walk, text: string) => page.getByText(text).last().waitFor();

  test('a policy is written, attached to a new user, taken off and deleted', async (t) => {
    const me = await walk(t, '/console/access?tab=policies');
    await me.page.getByRole('button', { name: 'AdministratorAccess' }).waitFor();
    await me.enter(/^New policy$/);
    await me.to(/^Name$/);
    await me.type('runners');
    await me.to(/^Document$/);
    const statement = (effect: string): string =>
      `{"Version": "1", "Statement": [{"Effect": "${effect}", "Action": "sae:*", "Resource": "*"}]}`;
    await me.write(statement('Forbid'));
    await me.page.getByText('Statement[0].Effect must be').waitFor();
    await me.enter(/^Show the place$/);
    await me.stands(/^Document$/);
    await me.write(statement('Allow'));
    await me.page.getByText('The document is valid.').waitFor();
    await me.enter(/^Save$/);
    await told(me, 'runners is saved');
    await me.stands(/^New policy$/);

    await me.back(/^Policies$/);
    await me.press('ArrowLeft');
    await me.stands(/^Users$/);
    await me.enter(/^New user$/);
    await me.to(/^Name$/);
    await me.type('ben');
    await me.to(/^runners$/);
    await me.press('Space');
    await me.enter(/^Save$/);
    await told(me, 'ben is saved');
    await me.stands(/^New user$/);
    const policies = async () => {
      const { body } = await server.ask('/users');
      const users = body['rows'] as readonly { name: string; policies: readonly string[] }[];
      return users.find(({ name }) => name === 'ben')?.policies;
    };
    assert.deepEqual(await policies(), ['runners']);

    await me.enter(/^Actions for ben$/);
    await me.stands(/^Policies/);
    await me.press('Enter');
    await me.to(/^runners$/);
    await me.press('Space');
    await me.enter(/^Save$/);
    await until('it is taken off', async () => (await policies())?.length === 0);
    await me.stands(/^Actions for ben$/);
    await me.press('Enter', 'ArrowDown');
    await me.stands(/^Set a password/);
    await me.press('Enter');
    await me.to(/^New password$/);
    await me.type('long enough');
    await me.to(/^The same again$/);
    await me.type('long enough');
    await me.press('Enter');
    await told(me, 'ben has a new password');
    await me.stands(/^Actions for ben$/);
    await me.press('Enter', 'End');
    await me.stands(/^Delete$/);
    await me.press('Enter');
    await me.to(/^Type “ben” to confirm$/);
    await me.type('ben');
    await me.enter(/^Delete$/);
    await told(me, 'ben is deleted');
    await me.keeps();
    assert.equal(await policies(), undefined);

    await me.to(/^Users$/);
    await me.press('ArrowRight');
    await me.stands(/^Policies$/);
    await me.enter(/^runners$/);
    await me.enter(/^Delete$/);
    await me.page.getByRole('dialog', { name: 'Delete the policy runners?' }).waitFor();
    await me.press('Escape');
    await me.stands(/^Delete$/);
    await me.press('Enter');
    await me.page.getByRole('dialog', { name: 'Delete the policy runners?' }).waitFor();
    await me.enter(/^Delete$/);
    await told(me, 'runners is deleted');
    await me.page.getByRole('button', { name: 'runners' }).waitFor({ state: 'detached' });
    await me.keeps();
    await me.end();
  });

  test('a key is disabled, enabled and deleted; a right is asked about', async (t) => {
    const key = await createKey(t, server.dataDir, ['--user', 'kim']);
    const me = await walk(t, '/console/access');
    await me.page.getByRole('cell', { name: key.id, exact: true }).waitFor();
    await me.press('/');
    await me.stands(/^Search keys$/);
    await me.type('kim');
    const actions = new RegExp(`^Actions for ${key.id}$`);
    await me.enter(actions);
    await me.stands(/^Disable$/);
    await me.press('Enter');
    await me.page.getByText('Disabled', { exact: true }).waitFor();
    await me.stands(actions);
    await me.press('Enter');
    await me.stands(/^Enable$/);
    await me.press('Enter');
    await me.page.getByText('Enabled', { exact: true }).waitFor();
    await me.press('Enter', 'End');
    await me.stands(/^Delete$/);
    await me.press('Enter');
    await me.page.getByRole('dialog', { name: `Delete the key ${key.id}?` }).waitFor();
    await me.enter(/^Delete$/);
    await me.page.getByText('No key fits this search').waitFor();
    await me.keeps();

    await me.to(/^Keys$/);
    await me.press('End');
    await me.stands(/^Try a right$/);
    await me.to(/^User$/);
    await me.type('kim');
    await me.press('Escape');
    await me.to(/^Action$/);
    await me.type('sae:DeleteJob');
    await me.press('Enter');
    await me.page.getByText('No statement allows it.').waitFor();
    await me.end();
  });

  test('what could not be read is asked for again; the page about the server is read', async (t) => {
    const me = await walk(t, '/');
    const problem = {
      type: 'urn:longshore:problem:internal',
      title: 'The server failed',
      status: 500,
      code: 'internal',
      detail: 'on purpose',
      fix: 'Try again.',
      requestId: 'r-1',
    };
    await me.page.route('**/api/v1/doctor', (route) =>
      route.fulfill({ status: 500, contentType: 'application/problem+json', json: problem }),
    );
    await me.enter(/^About this server$/);
    await me.arrives('About this server');
    await me.page.getByRole('alert').getByText('on purpose').waitFor();
    await screenshot(me.page, 'keyboard-problem');
    await me.to(/^The native API/);
    await me.to(/^Try again$/);
    await me.page.unroute('**/api/v1/doctor');
    await me.press('Enter');
    await me.page.getByRole('region', { name: 'What works here' }).locator('td').first().waitFor();
    await me.arrives('About this server');
    await me.to(/^What works here$/);
    await me.end();
  });

  test('filters of the audit log are cleared, and the search has the focus', async (t) => {
    const me = await walk(t, '/console/audit');
    await me.page.locator('tbody tr').first().waitFor();
    await me.to(/^User$/);
    await me.type('nobody-like-it');
    await me.enter(/^Clear/);
    await me.stands(/^Search/);
    await me.page.locator('tbody tr').first().waitFor();
    await me.end();
  });

  test('what has begun a moment ahead of this clock has begun now', async (t) => {
    const { body } = await server.ask('/templates', {
      method: 'POST',
      body: { name: 'just-now', command: ['true'] },
    });
    const run = await server.ask(`/templates/${String(body['id'])}/runs`, {
      method: 'POST',
      body: {},
    });
    const { createdAtMs } = run.body['run'] as { readonly createdAtMs: number };
    const me = await walk(t, '/');
    await me.page.clock.setFixedTime(createdAtMs - 1_600);
    await me.enter(/^Templates$/);
    await me.arrives('Templates');
    const when = me.page.getByRole('row', { name: /just-now/ }).locator('time');
    await until('it is now', async () => (await when.innerText()) === 'now');
    await me.page.clock.setFixedTime(createdAtMs - 9_000);
    await until('it lies ahead', async () => (await when.innerText()) === 'in 9 sec.');
    await me.end();
  });
});
