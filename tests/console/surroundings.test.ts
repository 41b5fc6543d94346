/** Workers, calendars, notification policies, namespaces, config maps and secrets. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { saeClient } from '../../examples/sae-client.ts';
import {
  assertFits,
  focused,
  inspect,
  openConsole,
  screenshot,
  startBrowser,
  tabTo,
} from '../support/browser.ts';
import { createTemplate } from '../support/sae.ts';
import { createKey } from '../support/server.ts';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';

describe('surroundings', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: SurroundingsServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startSurroundings(cleanup);
  });

  after(() => cleanup.end());

  const root = () => ({ accessKeyId: server.key.id, accessKeySecret: server.key.secret });

  test('a worker appears by itself when it registers', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/workers',
    });
    await page.getByRole('heading', { level: 2, name: 'team / app' }).waitFor();
    await page.getByText('No worker is registered').waitFor();
    await inspect(page, 'workers-empty');
    await server.registerWorker('http://127.0.0.1:9999/');
    await server.registerWorker('http://127.0.0.1:9998/');
    await page.getByText('2 live').waitFor();
    await page.getByRole('cell', { name: '127.0.0.1:9998' }).waitFor();
    await inspect(page, 'workers');
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'Search groups');
    await page.keyboard.type('nothing like it');
    await page.getByText('No group fits these filters').waitFor();
    assert.match(page.url(), /search=nothing/);
    assert.ok(!(await page.content()).includes(server.appKey));
    assert.deepEqual(faults, []);
  });

  test('a calendar shows the days of a year, and which years it has', async (t) => {
    await server.schedulerx('CreateSchedulerxCalendar', {
      CalendarName: 'trading days',
      Year: '2026',
      MonthDaysContent: JSON.stringify([
        { month: 1, days: [5, 6, 7, 8, 9] },
        { month: 2, days: [27] },
      ]),
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/calendars?year=2026',
    });
    await page.getByRole('heading', { name: 'workday 2026' }).waitFor();
    assert.equal(await page.getByRole('table').count(), 12);
    await inspect(page, 'calendars');
    await page.getByLabel('Calendar', { exact: true }).selectOption('trading days');
    await page.getByRole('heading', { name: 'trading days 2026' }).waitFor();
    await page.getByText('6 days').first().waitFor();
    assert.equal(await page.getByRole('cell', { name: '27 fires' }).count(), 1);
    assert.equal(await page.getByRole('cell', { name: /fires/ }).count(), 6);
    await inspect(page, 'calendar-own');
    await tabTo(page, /^Year after$/);
    await page.keyboard.press('Enter');
    await page.getByText('trading days has no year 2027').waitFor();
    await page.getByText('It has: 2026.').waitFor();
    await page.goto('/console/calendars?year=soon');
    await page.getByRole('heading', { level: 2, name: /^workday \d{4}$/ }).waitFor();
    assert.deepEqual(faults, []);
  });

  test('a calendar is made and its days are changed with the keyboard alone', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/calendars?year=2030',
    });
    await page.getByRole('heading', { name: 'workday 2030' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Change days' }).count(), 0);
    await tabTo(page, /^New calendar$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Name$/);
    await page.keyboard.type('shop');
    await tabTo(page, /^Make 2030$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop 2030' }).waitFor();
    await page.getByText('261 days').first().waitFor();
    await tabTo(page, /^Change days$/);
    await page.keyboard.press('Enter');
    // A month is one stop; 1 January 2030 is a Tuesday, a week later the 8th, the day after the 9th.
    await tabTo(page, /^January 1$/);
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'January 9');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'February 1');
    await page.getByText('259 days').first().waitFor();
    await inspect(page, 'calendar-edit');
    await page.getByRole('button', { name: 'Save' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('shop 2030 is saved; schedules').last().waitFor();
    await page.getByRole('button', { name: 'Change days' }).waitFor();
    const { body } = await server.ask('/calendars/shop/2030');
    const [january] = body['months'] as readonly { readonly days: readonly number[] }[];
    assert.deepEqual(january?.days.slice(0, 6), [2, 3, 4, 7, 8, 10]);
    await page.getByRole('button', { name: 'Year after' }).click();
    await page.getByRole('button', { name: 'Make 2031' }).click();
    await page.getByRole('dialog').getByLabel('Begins with').selectOption('none');
    await page.getByRole('dialog').getByRole('button', { name: 'Make 2031' }).click();
    await page.getByRole('heading', { name: 'shop 2031' }).waitFor();
    await page.getByRole('button', { name: 'Delete year' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete year' }).click();
    await page.getByText('shop has no year 2031').waitFor();
    assert.deepEqual(faults, []);
  });

  test('notification policies show their week and their people', async (t) => {
    const timeRanges = {
      mail: [{ startTime: '08:00', endTime: '18:30', daysOfWeek: [1, 2, 3, 4, 5] }],
      webhook: [{ startTime: '22:00', endTime: '06:00', daysOfWeek: [6, 7] }],
    };
    await server.schedulerx('CreateSchedulerxNotificationPolicy', {
      PolicyName: 'office hours',
      Description: 'Mail by day, robots by night <script>alert(1)</script>',
      ChannelTimeRange: JSON.stringify({
        sendChannel: 'mail,ding',
        timezone: 'Asia/Shanghai',
        webhookIsAtAll: 'true',
        timeRanges,
      }),
    });
    await server.schedulerx('UpdateAppGroup', {
      NotificationPolicyName: 'office hours',
      MonitorContactsJson: JSON.stringify([{ userName: 'Ann', userMail: 'ann@example.com' }]),
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/notifications',
    });
    await page.getByRole('heading', { level: 2, name: 'office hours' }).waitFor();
    await page.getByText('robots by night <script>').waitFor();
    await page.getByText('08:00 – 18:30').waitFor();
    await page.getByText('People: Ann (Mail)').waitFor();
    await inspect(page, 'notifications');
    assert.ok(!(await page.content()).includes('ann@example.com'));
    await page.keyboard.press('/');
    await page.keyboard.type('x');
    await page.getByText('No policy fits this search').waitFor();
    assert.deepEqual(faults, []);
  });

  test('namespaces of all APIs lead to what lies in them', async (t) => {
    const sae = saeClient(server.url, server.key);
    await createTemplate(sae, ['true']);
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/namespaces',
    });
    await page.getByRole('cell', { name: 'in team' }).waitFor();
    await inspect(page, 'namespaces');
    await page.getByLabel('API', { exact: true }).selectOption('sae');
    await page.getByRole('cell', { name: 'in team' }).waitFor({ state: 'detached' });
    assert.match(page.url(), /dialect=sae/);
    const link = page.getByRole('link', { name: '1', exact: true }).first();
    assert.equal(
      await link.getAttribute('href'),
      '/console/templates?dialect=sae&namespace=cn-hangzhou',
    );
    assert.deepEqual(faults, []);
  });

  test('a config map is made, changed and deleted, with the keyboard alone', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/config-maps',
    });
    await page.getByText('There are no config maps here').waitFor();
    await inspect(page, 'config-maps-empty');
    await tabTo(page, /^New config map$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Name$/);
    await page.keyboard.type('limits');
    await tabTo(page, /^Key 1$/);
    await page.keyboard.type('max');
    await tabTo(page, /^Value of max$/);
    await page.keyboard.type('10');
    await tabTo(page, /^Add a pair$/);
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      () => document.activeElement?.getAttribute('aria-label') === 'Key 2',
    );
    await page.keyboard.type('max');
    await page.getByText('The key “max” is there twice.').waitFor();
    assert.equal(
      await page.getByRole('dialog').getByRole('button', { name: 'New config map' }).isDisabled(),
      true,
    );
    await page.keyboard.type('imum');
    await inspect(page, 'config-map-new');
    await tabTo(page, /^Value of maximum$/);
    await page.keyboard.type('<img src=x onerror=alert(1)>');
    await tabTo(page, /^New config map$/);
    await page.keyboard.press('Enter');
    await page.getByText('limits is made').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'limits' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'limits' });
    await dialog.getByLabel('Value of maximum').waitFor();
    assert.equal(
      await dialog.getByLabel('Value of maximum').inputValue(),
      '<img src=x onerror=alert(1)>',
    );
    await dialog.getByLabel('Value of max', { exact: true }).fill('20\n30');
    await inspect(page, 'config-map');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('limits is saved').waitFor();
    const { body } = await server.ask('/config-maps');
    const [row] = body['rows'] as readonly { readonly id: number }[];
    const shown = await server.ask(`/config-maps/${row?.id}`);
    assert.deepEqual(shown.body['data'], {
      max: '20\n30',
      maximum: '<img src=x onerror=alert(1)>',
    });

    const sae = saeClient(server.url, server.key);
    const app = await createTemplate(sae, ['true'], {
      AppName: 'uses-limits',
      ConfigMapMountDesc: JSON.stringify([
        { configMapId: row?.id, key: 'max', mountPath: '/tmp/max' },
      ]),
    });
    await page.goto(`/console/config-maps?open=${row?.id}`);
    const user = dialog.getByRole('link', { name: 'uses-limits' });
    assert.equal(await user.getAttribute('href'), `/console/templates/${app}`);
    assert.equal(await dialog.getByRole('button', { name: 'Delete' }).isDisabled(), true);
    await sae('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId: app });
    await page.reload();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    const asks = page.getByRole('dialog', { name: 'Delete limits?' });
    assert.equal(await asks.getByRole('button', { name: 'Delete' }).isDisabled(), true);
    await asks.getByLabel('Type “limits” to confirm').fill('limits');
    await asks.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('There are no config maps here').waitFor();
    assert.deepEqual(faults, []);
  });

  test('a secret is made and set anew; its values are never in the page again', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/secrets',
    });
    await page.getByRole('button', { name: 'New secret' }).click();
    const making = page.getByRole('dialog', { name: 'New secret' });
    await making.getByLabel('Type').selectOption('kubernetes.io/tls');
    await making.getByLabel('Value of tls.key').waitFor();
    await making.getByLabel('Type').selectOption('Opaque');
    await making.getByLabel('Name').fill('1 is no name');
    await making.getByLabel('Key 1').fill('password');
    await making.getByLabel('Value of password').fill('hidden-one');
    await making.getByRole('button', { name: 'New secret' }).click();
    await making.getByRole('alert').filter({ hasText: 'name must begin with a letter' }).waitFor();
    await making.getByLabel('Name').fill('database');
    await inspect(page, 'secret-new');
    await making.getByRole('button', { name: 'New secret' }).click();
    await page.getByText('database is made').waitFor();
    await inspect(page, 'secrets');
    await page.getByRole('button', { name: 'database' }).click();
    const dialog = page.getByRole('dialog', { name: 'database' });
    await dialog.getByText('is kept').waitFor();
    assert.ok(!(await page.content()).includes('hidden-one'));
    assert.equal(await dialog.getByRole('button', { name: 'Save' }).isDisabled(), true);
    await dialog.getByRole('button', { name: 'Set password anew' }).click();
    await dialog.getByLabel('Value of password').fill('hidden-two');
    await dialog.getByRole('button', { name: 'Add a value' }).click();
    await dialog.getByLabel('Key 2').fill('user');
    await dialog.getByLabel('Value of user').fill('hidden-user');
    await inspect(page, 'secret');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('database is saved').waitFor();
    const sae = saeClient(server.url, server.key);
    const { body } = await server.ask('/secrets');
    const [row] = body['rows'] as readonly { readonly id: number }[];
    const shown = await sae('DescribeSecret', 'GET', '/pop/v1/sam/secret/secret', {
      NamespaceId: 'cn-hangzhou',
      SecretId: String(row?.id),
    });
    const { SecretData } = shown['Data'] as { readonly SecretData: Record<string, string> };
    assert.deepEqual(SecretData, {
      password: btoa('hidden-two'),
      user: btoa('hidden-user'),
    });
    assert.ok(!(await page.content()).includes('hidden-two'));
    assert.deepEqual(faults, []);
  });

  test('the pages speak Chinese, and offer nothing to whom nothing is allowed', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      language: 'zh',
      path: '/console/calendars?year=2026',
    });
    await page.getByRole('heading', { level: 1, name: '日历' }).waitFor();
    for (const [path, title] of [
      ['workers', '工作节点'],
      ['notifications', '通知策略'],
      ['namespaces', '命名空间'],
      ['config-maps', '配置项'],
      ['secrets', '保密字典'],
    ] as const) {
      await page.goto(`/console/${path}`);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.locator('.skeleton').waitFor({ state: 'detached' });
      await screenshot(page, `${path}-zh`);
      await assertFits(page, `${path}-zh`);
    }
    assert.deepEqual(faults, []);
    const Statement = [{ Effect: 'Allow', Action: ['longshore:ListConfigMaps'], Resource: '*' }];
    await server.ask('/policies/maps', {
      method: 'PUT',
      body: { document: { Version: '1', Statement } },
    });
    const key = await createKey(cleanup, server.dataDir, ['--user', 'lea', '--policy', 'maps']);
    const other = await openConsole(t, browser, server.url, {
      as: { accessKeyId: key.id, accessKeySecret: key.secret },
      path: '/console/config-maps',
    });
    await other.page.getByText('There are no config maps here').waitFor();
    assert.equal(await other.page.getByRole('button', { name: 'New config map' }).count(), 0);
    assert.equal(await other.page.getByRole('link', { name: 'Secrets' }).count(), 0);
    await other.page.goto('/console/secrets');
    await other.page.getByRole('alert').filter({ hasText: 'longshore:ListSecrets' }).waitFor();
    assert.deepEqual(other.faults, []);
  });
});
