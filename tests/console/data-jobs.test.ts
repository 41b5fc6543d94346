/** Data jobs: wizard, plan, list, detail; a run live, what it rejected, its proof. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import {
  copyOrders,
  type DataServer,
  longName,
  orderRows,
  startDataServer,
} from './data-fixture.ts';

describe('data jobs', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: DataServer;
  const cleanup = cleanupList();

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startDataServer(cleanup, true);
  });
  after(() => cleanup.end());

  const rejected = orderRows / 100;
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

  test('the wizard leads from two links to a run, with suggestions, warnings and a plan', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/data-jobs',
    });
    await page.getByText('No data jobs yet').waitFor();
    await inspect(page, 'data-jobs-empty');
    await tabTo(page, /^New data job$/);
    await page.keyboard.press('Enter');
    await heading(page, 'New data job').waitFor();
    await tabTo(page, /^Name$/);
    await page.keyboard.type('mail-list');
    await tabTo(page, /^Link$/);
    await page.keyboard.type('shop');
    await tabTo(page, /^Table$/);
    await page.keyboard.type('orders');
    await page.getByText('Incremental').click();
    await page.getByLabel('Column with the time of change').fill('changed_at');
    await page.getByRole('button', { name: 'Set the condition' }).click();
    assert.equal(
      await page.getByLabel('Only rows where').inputValue(),
      "changed_at >= '${dateformat(yyyy-MM-dd, -1, DAY)}' and changed_at < '${dateformat(yyyy-MM-dd)}'",
    );
    await inspect(page, 'data-job-source');
    await page.getByLabel('Only rows where').fill('id <= ${most}');
    await tabTo(page, /^Next$/);
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Target' }).waitFor();
    await page.getByLabel('Link', { exact: true }).selectOption('copy');
    await page.getByLabel('Table', { exact: true }).fill('strict_orders');
    await inspect(page, 'data-job-target');
    await page.getByRole('button', { name: 'Next' }).click();

    await page.getByRole('button', { name: 'Suggest by names and types' }).click();
    await page.getByText('3 columns are paired').waitFor();
    assert.equal(await page.getByLabel('Target of buyer_mail').inputValue(), 'buyerMail');
    await page.getByText('NULL is rejected').waitFor();
    await page.getByText('Nothing fills extra').waitFor();
    await page.getByLabel('Take in amount').uncheck();
    await page.getByText('2 columns are paired').waitFor();
    await page.getByRole('button', { name: 'Add a field' }).click();
    await page.getByLabel('Name of added field 1').fill('extra');
    await page.getByLabel('Value of added field 1').fill('from the console');
    await inspect(page, 'data-job-fields');
    await page.getByRole('button', { name: 'Next' }).click();

    await page.getByLabel('Keep them out and go on').check();
    await page.getByLabel('Shards at the same time').fill('2');
    await page.getByLabel('Variables').fill('most=3000');
    await inspect(page, 'data-job-options');
    await page.getByRole('button', { name: 'Next' }).click();

    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByRole('heading', { name: /orders → .*strict_orders/ }).waitFor();
    await page.getByRole('cell', { name: 'buyerMail' }).waitFor();
    await inspect(page, 'data-job-plan');
    await page.getByRole('button', { name: 'Save and run' }).click();
    await heading(page, 'Run of mail-list').waitFor();
    await page.locator('[data-state="succeeded"]').waitFor();
    await page.getByRole('tab', { name: 'Rejected rows (30)' }).click();
    await page.getByText('buyer_mail=NULL').first().waitFor();
    assert.deepEqual(faults, []);
  });

  test('what is wrong is told with its place, and nothing is stored', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/data-jobs/new',
    });
    await page.getByRole('button', { name: 'Plan and save' }).click();
    assert.equal(
      await page.getByRole('button', { name: 'Source' }).getAttribute('aria-current'),
      'step',
      'a name is asked for first',
    );
    await page.getByLabel('Name', { exact: true }).fill('broken');
    await page.getByLabel('Link', { exact: true }).selectOption('shop');
    await page.getByLabel('Table', { exact: true }).fill('nothing');
    await page.getByRole('button', { name: 'Plan and save' }).click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByRole('alert').getByText('definition/to/link').waitFor();
    await page.getByRole('button', { name: 'Target' }).click();
    await page.getByLabel('Link', { exact: true }).selectOption('copy');
    await page.getByRole('button', { name: 'Plan and save' }).click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByRole('alert').getByText('There is no such table').waitFor();
    const { rows } = await server.call<{ rows: { name: string }[] }>('GET', '/data-jobs');
    assert.ok(!rows.some(({ name }) => name === 'broken'));
    assert.deepEqual(faults, []);
  });

  test('a run is followed while it goes on, and stopped', async (t) => {
    await server.call('POST', '/data-jobs', {
      name: longName,
      definition: {
        from: {
          kind: 'files',
          link: 'files',
          paths: ['orders.csv'],
          format: { kind: 'csv', headerLines: 1 },
        },
        to: { kind: 'table', link: 'copy', table: 'slow_copy' },
        throttle: { rowsPerSecond: 100 },
      },
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/data-jobs?q=${longName}`,
    });
    await page.getByRole('link', { name: longName }).click();
    await page.getByRole('button', { name: 'Run now' }).click();
    await inspect(page, 'data-job-run-dialog');
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    await heading(page, `Run of ${longName}`).waitFor();
    await page.locator('[data-state="running"]').waitFor();
    await page.getByText('About left').waitFor();
    await page.locator('.u-wrap canvas').waitFor();
    const progress = page.getByRole('progressbar');
    const seen = Number(await progress.getAttribute('value'));
    await page.waitForFunction(
      (least) => Number(document.querySelector('progress')?.value ?? 0) > least,
      seen,
    );
    await inspect(page, 'transfer-running');
    const list = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/data-jobs',
    });
    await list.page.getByRole('progressbar', { name: `Progress of ${longName}` }).waitFor();
    await inspect(list.page, 'data-jobs');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await page.locator('[data-state="canceled"]').waitFor();
    await page.getByText('Why it failed').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Stop' }).count(), 0);
    assert.deepEqual([...faults, ...list.faults], []);
  });

  test('rejected rows are searched, opened and taken home; the proof is read', async (t) => {
    const { id } = await server.call<{ id: string }>('POST', '/data-jobs', {
      name: 'picky',
      definition: {
        from: { kind: 'tables', link: 'shop', table: 'orders', columns: ['id', 'buyer_mail'] },
        to: {
          kind: 'table',
          link: 'copy',
          table: 'strict_orders',
          columns: ['id', 'buyerMail'],
          clear: { kind: 'all' },
        },
        dirtyRows: { tolerate: true },
      },
    });
    const { run } = await server.call<{ run: { id: string } }>('POST', `/templates/${id}/runs`, {});
    await server.call('GET', `/runs/${run.id}?waitMs=30000`);
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/data-jobs/${id}`,
    });
    await heading(page, 'picky').waitFor();
    await inspect(page, 'data-job');
    await page.getByRole('link', { name: run.id }).click();
    await page.getByRole('tab', { name: `Rejected rows (${rejected})` }).click();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForFunction(
      (rows) => document.querySelectorAll('tbody [data-row-link]').length === rows,
      rejected,
    );
    await page.keyboard.press('/');
    await page.keyboard.type('"1200"');
    await page.waitForFunction(
      () => document.querySelectorAll('tbody [data-row-link]').length === 1,
    );
    await inspect(page, 'transfer-rejected');
    await tabTo(page, /null/i);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('cell', { name: '1200' }).waitFor();
    await inspect(page, 'transfer-rejected-row');
    await page.keyboard.press('Escape');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    assert.equal(csv.trimEnd().split('\r\n').length, 2, 'the one that was searched for');

    await page.getByRole('tab', { name: 'Proof' }).click();
    await page.locator('.proof-verdict').waitFor();
    await inspect(page, 'transfer-proof');
    await page.getByRole('tab', { name: 'Tables (1)' }).click();
    await page.getByRole('cell', { name: /strict_orders/ }).waitFor();
    await page.getByRole('tab', { name: 'Resumptions' }).click();
    await page.getByText('Nothing was interrupted').waitFor();
    assert.match(page.url(), /tab=resumes/);
    assert.deepEqual(faults, []);
  });

  test('a stored job is edited: what no form shows stays, and can be changed as JSON', async (t) => {
    const { id } = await server.call<{ id: string }>('POST', '/data-jobs', {
      name: 'edited',
      definition: copyOrders('edited', { queueBytes: 33_554_432 }),
      schedule: '0 3 * * *',
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/data-jobs/${id}`,
    });
    await page.getByText('0 3 * * * (UTC)').waitFor();
    await page.getByRole('link', { name: 'Edit' }).click();
    assert.ok(await page.getByLabel('Name', { exact: true }).isDisabled());
    await page.getByRole('button', { name: 'Options' }).click();
    assert.equal(await page.getByLabel('Schedule (cron)').inputValue(), '0 3 * * *');
    await page.getByLabel('Schedule (cron)').fill('30 4 * * *');
    await page.locator('summary', { hasText: 'Everything, as JSON' }).click();
    const json = page.getByLabel('Everything, as JSON');
    await json.fill('{');
    await page.getByRole('button', { name: 'Take it over' }).click();
    await page.getByText('This is no definition').waitFor();
    const text = JSON.stringify(copyOrders('edited', { errorRetries: 4 }));
    await json.fill(text);
    await page.getByRole('button', { name: 'Take it over' }).click();
    await page.getByText('Taken over').waitFor();
    await page.getByRole('button', { name: 'Plan and save' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('30 4 * * * (UTC)').waitFor();
    const { definition } = await server.call<{ definition: { errorRetries: number } }>(
      'GET',
      `/data-jobs/${id}`,
    );
    assert.equal(definition.errorRetries, 4);
    await page.getByRole('button', { name: 'Delete' }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete' });
    assert.ok(await confirm.isDisabled());
    await page.getByRole('dialog').getByRole('textbox').fill('edited');
    await confirm.click();
    await page.getByText('Data job edited is deleted').waitFor();
    assert.deepEqual(faults, []);
  });

  test('in Chinese, who may only look is offered nothing else', async (t) => {
    const policy = await server.allow('looker', [
      'longshore:ListDataJobs',
      'longshore:GetDataJob',
      'longshore:FollowTransfer',
      'longshore:GetRun',
      'longshore:ListRuns',
    ]);
    const looker = await server.createUser('looker', 'correct horse battery', {
      policies: [policy],
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: looker,
      path: '/console/data-jobs',
      language: 'zh',
    });
    await heading(page, '数据作业').waitFor();
    assert.equal(await page.getByRole('link', { name: '新建数据作业' }).count(), 0);
    await inspect(page, 'data-jobs-zh');
    await page.getByRole('link', { name: 'picky' }).click();
    await page.getByRole('heading', { name: '作业内容' }).waitFor();
    for (const name of ['立即运行', '编辑', '删除']) {
      assert.equal(await page.getByRole('button', { name }).count(), 0, name);
    }
    await inspect(page, 'data-job-zh');
    await page.getByRole('link', { name: /^manual-/ }).click();
    await page.getByRole('heading', { name: '进度' }).waitFor();
    assert.equal(await page.getByRole('tab', { name: /拒绝的行/ }).count(), 0);
    await inspect(page, 'transfer-zh');
    assert.deepEqual(faults, []);
  });
});
