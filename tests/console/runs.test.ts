/** The list of runs: searched, filtered, and as it changes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

interface Made {
  readonly run: { readonly id: string };
}

describe('runs', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: ConsoleServer;
  const cleanup = cleanupList();

  const create = (name: string, script: string, more: object = {}): Promise<unknown> =>
    server.call('POST', '/templates', { name, command: ['sh', '-c', script], ...more });
  const submit = async (name: string): Promise<string> =>
    (await server.call<Made>('POST', `/templates/${name}/runs`, {})).run.id;
  const ended = async (run: string): Promise<string> =>
    (await server.call<{ state: string }>('GET', `/runs/${run}?waitMs=15000`)).state;
  const rows = async (page: Page): Promise<readonly string[]> =>
    page.locator('tbody tr').allInnerTexts();

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
    await create('nightly-report', 'exit 0');
    await create('broken-import', 'echo "cannot read <b>input</b>" >&2; exit 3');
    const command = ['<img src=x onerror=alert(1)>'];
    await server.call('POST', '/templates', { name: 'odd', command });
    const patient = `${'long-name-'.repeat(9)}end`;
    await create(patient, 'sleep 600');
    for (const name of ['nightly-report', 'broken-import', 'nightly-report']) {
      await ended(await submit(name));
    }
    await ended(await submit('odd'));
    await submit(patient);
  });

  after(() => cleanup.end());

  test('is searched and filtered; the address keeps it', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/runs',
    });
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    await until('all five', async () => (await rows(page)).length === 5);
    await inspect(page, 'runs');

    await page.keyboard.press('/');
    await page.keyboard.type('report');
    await until('two', async () => (await rows(page)).length === 2);
    assert.match(page.url(), /q=report/);
    await page.getByRole('button', { name: 'Failed' }).click();
    await page.getByText('No run fits these filters').waitFor();
    await inspect(page, 'runs-nothing-found');
    await page.getByRole('searchbox').fill('');
    await until('the failed one', async () => /broken-import/.test((await rows(page)).join()));
    await page.reload();
    await until('the same again', async () => (await rows(page)).length === 2);
    assert.equal(
      await page.getByRole('button', { name: 'Failed' }).getAttribute('aria-pressed'),
      'true',
    );
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await until('all again', async () => (await rows(page)).length === 5);
    await page.getByLabel('Trigger').selectOption('schedule');
    await page.getByText('No run fits these filters').waitFor();
    await page.getByLabel('Trigger').selectOption('');
    await page.getByLabel('Accepted').selectOption('1h');
    await until('all of this hour', async () => (await rows(page)).length === 5);
    await page.getByLabel('Accepted').selectOption('between');
    await page.getByLabel('Until').fill('2001-01-01T00:00');
    await page.getByText('No run fits these filters').waitFor();
    assert.deepEqual(faults, []);
  });

  test('with the keyboard alone: search, walk the rows, open one', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/runs',
    });
    await until('all five', async () => (await rows(page)).length === 5);
    await page.keyboard.press('/');
    await page.keyboard.type('nightly');
    await until('two', async () => (await rows(page)).length === 2);
    await tabTo(page, /nightly-report/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'nightly-report' }).waitFor();
    assert.match(page.url(), /\/console\/runs\/manual-/);
    await page.goBack();
    await until('the search again', async () => (await rows(page)).length === 2);
    assert.deepEqual(faults, []);
  });

  test('new runs and changes appear by themselves, within the filters', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/runs?state=failed,running&q=broken',
    });
    await page.getByText('Live', { exact: true }).waitFor();
    await until('one', async () => (await rows(page)).length === 1);
    const other = await submit('nightly-report');
    const run = await submit('broken-import');
    assert.equal(await ended(run), 'failed');
    await until('the new one first', async () => (await rows(page))[0]?.includes(run) === true);
    assert.ok(!(await rows(page)).join().includes(other));
    await server.call('DELETE', `/runs/${run}`);
    assert.deepEqual(faults, []);
  });

  test('in Chinese', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/runs',
      language: 'zh',
    });
    await page.getByRole('heading', { level: 1, name: '运行记录' }).waitFor();
    await page.getByRole('columnheader', { name: '提交时间' }).waitFor();
    await inspect(page, 'runs-zh');
    assert.deepEqual(faults, []);
  });
});
