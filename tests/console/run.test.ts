/** One run: what it did and why, its environment, stopping and repeating it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { focused, inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

interface Made {
  readonly run: { readonly id: string };
}

describe('run', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: ConsoleServer;
  /** Of four instances one fails, and one is stopped for that. */
  let failed: string;
  const cleanup = cleanupList();

  const submit = async (name: string): Promise<string> =>
    (await server.call<Made>('POST', `/templates/${name}/runs`, {})).run.id;
  const ended = async (run: string): Promise<string> =>
    (await server.call<{ state: string }>('GET', `/runs/${run}?waitMs=15000`)).state;
  const open = (t: { after(task: () => Promise<void>): void }, path: string, more: object = {}) =>
    openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/runs/${path}`,
      ...more,
    });
  const heading = (page: Page, name: string): Promise<void> =>
    page.getByRole('heading', { level: 1, name }).waitFor();

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
    const script = `n=$LONGSHORE_INSTANCE_INDEX; echo "shard $n"
      if [ $n = 3 ]; then sleep 60; fi
      if [ $n = 1 ]; then sleep 1.5; echo "cannot go on <b>here</b>" >&2; exit 7; fi
      sleep 0.$n`;
    await server.call('POST', '/templates', {
      name: 'sharded-import',
      command: ['sh', '-c', script, '<img src=x onerror=alert(1)>'],
      replicas: 4,
      env: { TARGET: 'warehouse', DB_PASSWORD: 'hunter2' },
    });
    await server.call('POST', '/templates', { name: 'patient', command: ['sleep', '600'] });
    failed = await submit('sharded-import');
    assert.equal(await ended(failed), 'failed');
  });

  after(() => cleanup.end());

  test('tells the state, the reason, the timeline; nothing of it is markup', async (t) => {
    const { page, faults } = await open(t, failed);
    await heading(page, 'sharded-import');
    await page
      .getByText(/exited with code 7/)
      .first()
      .waitFor();
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    const box = page.getByRole('listbox', { name: 'Instances' });
    await box.waitFor();
    assert.equal(await box.getByRole('option').count(), 4);
    assert.ok((await box.locator('rect.timeline-bar').count()) >= 4);
    await inspect(page, 'run-timeline');
    assert.deepEqual(faults, []);
  });

  test('with the keyboard alone: along the timeline, into the output, to the events', async (t) => {
    const { page, faults } = await open(t, failed);
    await heading(page, 'sharded-import');
    await tabTo(page, /^Timeline$/);
    await tabTo(page, /^Instances$/);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { name: 'Attempts of Instance 1' }).waitFor();
    await page
      .getByRole('option', { name: /^Instance 1 ?: Failed, 1 attempt/, selected: true })
      .waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('shard 1', { exact: true }).waitFor();
    assert.match(page.url(), /tab=logs/);
    await page.getByRole('tab', { name: 'Logs' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'Events');
    await page
      .getByRole('cell', { name: /exited with code 7/ })
      .first()
      .waitFor();
    await inspect(page, 'run-events');
    assert.deepEqual(faults, []);
  });

  test('shows the environment of each instance, and hides secrets', async (t) => {
    const { page, faults } = await open(t, `${failed}?tab=environment`);
    await page.getByRole('cell', { name: 'DB_PASSWORD' }).waitFor();
    assert.equal(await page.getByText('hidden', { exact: true }).count(), 1);
    assert.ok(!(await page.content()).includes('hunter2'));
    await page.getByLabel('Instance').selectOption('3');
    const row = page.getByRole('row', { name: /LONGSHORE_INSTANCE_INDEX/ });
    await until('the other instance', async () => / 3 |\t3\t/.test(`${await row.innerText()} `));
    await inspect(page, 'run-environment');
    assert.deepEqual(faults, []);
  });

  test('repeats only what failed, under the same numbers', async (t) => {
    const { page, faults } = await open(t, failed);
    await page.getByRole('button', { name: 'Run failed shards again' }).click();
    await page.getByText('A new run was accepted').waitFor();
    await page.waitForURL(/\/console\/runs\/rerun-/);
    await page.getByText('2 of 4 shards').waitFor();
    await until('its end, by itself', async () =>
      (await page.locator('.page-title').innerText()).includes('Failed'),
    );
    await page.getByRole('option', { name: /^Shard 3 of 4 ?: Canceled/ }).waitFor();
    await inspect(page, 'run-rerun');
    await page.getByRole('link', { name: failed }).click();
    await page.waitForURL(new RegExp(`/console/runs/${failed}`));
    assert.deepEqual(faults, []);
  });

  test('is watched while it runs, and stopped', async (t) => {
    const run = await submit('patient');
    const { page, faults } = await open(t, run, { theme: 'dark' });
    await page.getByRole('option', { name: /^Instance 0 ?: Running/ }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Stop this run?' });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'Stop');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await until('its end, by itself', async () =>
      (await page.locator('.page-title').innerText()).includes('Canceled'),
    );
    await page
      .getByText(/stopped by/)
      .first()
      .waitFor();
    await until(
      'nothing is left to stop',
      async () => (await page.getByRole('button', { name: 'Stop' }).count()) === 0,
    );
    assert.deepEqual(faults, []);
  });

  test('what the user may not do is not offered', async (t) => {
    const policy = await server.allow('look-at-runs', [
      'longshore:ListRuns',
      'longshore:GetRun',
      'longshore:FollowRuns',
      'longshore:ListInstances',
      'longshore:ListRunEvents',
    ]);
    const as = await server.createUser('looker', 'correct horse battery', { policies: [policy] });
    const { page, faults } = await open(t, failed, { as });
    await page.getByRole('option').first().waitFor();
    assert.equal(await page.getByRole('button', { name: /Run .*again/ }).count(), 0);
    assert.equal(await page.getByRole('tab', { name: 'Logs' }).count(), 0);
    assert.equal(await page.getByRole('tab', { name: 'Environment' }).count(), 0);
    assert.deepEqual(faults, []);
  });

  test('one that is not there, and in Chinese', async (t) => {
    const missing = await open(t, 'no-such-run', { language: 'zh' });
    await missing.page.getByText('找不到该运行').waitFor();
    const { page, faults } = await open(t, failed, { language: 'zh' });
    await page.getByRole('tab', { name: '时间线' }).waitFor();
    await page.getByRole('option', { name: /^实例 1 ?：失败/ }).waitFor();
    await inspect(page, 'run-zh');
    assert.deepEqual(faults, []);
  });
});
