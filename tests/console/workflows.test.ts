/** Workflows: the list, the graph, a run as it goes on, and what can be done with it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { focused, inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { createKey } from '../support/server.ts';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

const longName = 'a-very-long-name-of-a-job-that-does-not-fit-into-the-box-of-its-node';

describe('workflows', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: SurroundingsServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startSurroundings(cleanup);
  });

  after(() => cleanup.end());

  const root = () => ({ accessKeyId: server.key.id, accessKeySecret: server.key.secret });
  /** The state that the graph shows of a node, by its words and by its shape. */
  const nodeState = async (page: Page, name: string): Promise<string> => {
    const titles = await page.locator('.dag-node > title').allTextContents();
    return titles.find((title) => title.startsWith(`${name}, `))?.split(', ')[1] ?? '';
  };
  /** What the node that has the focus is called. */
  const focusedNode = (page: Page): Promise<string> =>
    page.evaluate(() => document.activeElement?.querySelector(':scope > title')?.textContent ?? '');

  test('an empty list says what to do', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/workflows',
    });
    await page.getByText('There are no workflows').waitFor();
    await inspect(page, 'workflows-empty');
    assert.deepEqual(faults, []);
  });

  test('one is found, run with the keyboard alone, watched, and goes on where it failed', async (t) => {
    const job = (name: string, content: string) => server.job(name, content);
    const extract = await job('extract', 'sleep 1; echo extracted');
    const clean = await job('clean <b>names</b>', 'exit 3');
    const enrich = await job(longName, 'echo enriched');
    const load = await job('load', 'echo loaded');
    const report = await job('报表生成与发送', 'echo done');
    await server.workflow('nightly load', [
      [extract, clean],
      [extract, enrich],
      [clean, load],
      [enrich, load],
      [load, report],
    ]);
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      path: '/console/workflows',
    });
    await page.getByRole('link', { name: 'nightly load' }).waitFor();
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'Search workflows');
    await page.keyboard.type('NIGHTLY');
    await inspect(page, 'workflows');
    await tabTo(page, /^nightly load$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'nightly load' }).waitFor();
    await page.locator('.dag-node').nth(4).waitFor();
    assert.equal(await page.locator('.dag-node').count(), 5);
    assert.equal(await page.locator('b').count(), 0, 'names are text');
    await inspect(page, 'workflow');

    await tabTo(page, /^Enable$/);
    await page.keyboard.press('Enter');
    await page.getByText('nightly load is enabled').waitFor();
    await page.getByRole('button', { name: 'Disable' }).waitFor();
    await tabTo(page, /^Run now$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Parameters/);
    await page.keyboard.type('day=1');
    await inspect(page, 'workflow-run-dialog');
    await tabTo(page, /^Run now$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Run of nightly load' }).waitFor();
    await until('the first job runs', async () => (await nodeState(page, 'extract')) === 'Running');
    await until('the run has failed', async () =>
      (await page.locator('.page-title .badge').first().innerText()).includes('Failed'),
    );
    assert.equal(await nodeState(page, 'clean <b>names</b>'), 'Failed');
    assert.equal(await nodeState(page, longName), 'Succeeded');
    assert.equal(await nodeState(page, 'load'), 'Waiting');
    await inspect(page, 'workflow-run-failed');

    // Along the edges: from the first job to what comes after it, and back.
    await page.locator('.dag-node[data-node]').first().focus();
    assert.match(await focusedNode(page), /^extract, Succeeded/);
    await page.keyboard.press('ArrowRight');
    assert.match(await focusedNode(page), /^clean <b>names<\/b>, Failed, after extract/);
    await page.keyboard.press('ArrowLeft');
    assert.match(await focusedNode(page), /^extract/);
    await page.keyboard.press('End');
    assert.match(await focusedNode(page), /^报表生成与发送/);

    await server.schedulerx('UpdateJob', { JobId: String(clean), Content: 'echo clean' });
    const old = page.url();
    await page.getByRole('button', { name: 'Run failed jobs again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run failed jobs again' }).click();
    await page.waitForURL((url) => url.pathname.endsWith('-1'));
    await until('it has succeeded', async () =>
      (await page.locator('.page-title .badge').first().innerText()).includes('Succeeded'),
    );
    assert.equal(await nodeState(page, '报表生成与发送'), 'Succeeded');
    await page.goto(old);
    await page.getByText('It was gone on with:').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Run failed jobs again' }).count(), 0);
    assert.deepEqual(faults, []);
  });

  test('a run is stopped; a Chinese console says so in Chinese', async (t) => {
    const [one, two] = [await server.job('first', 'sleep 300'), await server.job('second', 'true')];
    const workflow = await server.workflow('endless', [[one, two]]);
    const { body } = await server.ask(`/workflows/${workflow}/run`, { method: 'POST', body: {} });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: root(),
      language: 'zh',
      path: `/console/workflow-runs/${String(body['id'])}`,
    });
    await page.getByRole('heading', { level: 1, name: 'endless 的运行' }).waitFor();
    await until('it runs', async () => (await nodeState(page, 'first')) === '运行中');
    await inspect(page, 'workflow-run-zh');
    await page.getByRole('button', { name: '停止' }).click();
    const dialog = page.getByRole('dialog');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: '停止' }).click();
    await dialog.getByRole('button', { name: '停止' }).click();
    await until('it is stopped', async () => (await nodeState(page, 'first')) === '已取消');
    assert.deepEqual(faults, []);
  });

  test('who may only look is offered nothing else', async (t) => {
    const Statement = [
      {
        Effect: 'Allow',
        Action: ['longshore:Get*', 'longshore:List*', 'longshore:Follow*'],
        Resource: '*',
      },
    ];
    const made = await server.ask('/policies/look', {
      method: 'PUT',
      body: { document: { Version: '1', Statement } },
    });
    assert.equal(made.status, 200);
    const key = await createKey(cleanup, server.dataDir, ['--user', 'eve', '--policy', 'look']);
    const [one, two] = [await server.job('a', 'true'), await server.job('b', 'true')];
    const workflow = await server.workflow('looked at', [[one, two]]);
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: { accessKeyId: key.id, accessKeySecret: key.secret },
      path: `/console/workflows/${workflow}`,
    });
    await page.locator('.dag-node').first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Run now' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Enable' }).count(), 0);
    await page.goto('/console/workflows/workflow-999999');
    await page.getByRole('alert').filter({ hasText: 'no workflow has the id' }).waitFor();
    assert.deepEqual(faults, []);
  });
});
