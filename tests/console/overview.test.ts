/** The overview: what the person on call sees first, with real runs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

const longName = 'rebuild-the-search-index-of-every-shop-in-every-region-and-verify-it-afterwards';

describe('the overview', { ...needs('chromium', 'bash') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: ConsoleServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
  });

  after(() => cleanup.end());

  const tile = async (page: Page, name: string): Promise<string> =>
    page
      .locator('.overview-tile')
      .filter({ has: page.getByText(name, { exact: true }) })
      .locator('dd')
      .innerText();

  const create = (name: string, script: string, more: object = {}): Promise<unknown> =>
    server.call('POST', '/templates', { name, command: ['sh', '-c', script], ...more });
  const run = async (name: string): Promise<string> =>
    (await server.call<{ run: { id: string } }>('POST', `/templates/${name}/runs`, {})).run.id;
  const ended = (id: string): Promise<unknown> => server.call('GET', `/runs/${id}?waitMs=20000`);

  test('says how to begin when nothing has run', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, { as: server.root });
    await page.getByText('Nothing has run here yet').waitFor();
    await page.getByText('Everything that was due has started.').waitFor();
    assert.equal(await tile(page, 'Success rate'), '–');
    await inspect(page, 'overview-empty');
    assert.deepEqual(faults, []);
  });

  test('shows what runs, failed, comes next and how much room is left; by itself', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, { as: server.root });
    const timing = { kind: 'cron', expression: '0 3 * * *' };
    const schedule = { timing, zone: 'Europe/Berlin' };
    await create('nightly-report', 'echo done', { schedule });
    await create(longName, 'echo "cannot open /data/index: no such file" >&2; exit 3');
    await create('import-orders', 'sleep 300');
    for (let count = 0; count < 3; count += 1) await ended(await run('nightly-report'));
    await ended(await run(longName));
    const running = await run('import-orders');
    t.after(() => server.call('POST', `/runs/${running}/stop`, {}).then(() => undefined));

    // No reload: the page follows.
    await until('the running one is counted', async () => (await tile(page, 'Running')) === '1');
    await until('all ended are counted', async () => (await tile(page, 'Success rate')) === '75%');
    assert.equal(await tile(page, 'Failed'), '1');
    assert.notEqual(await tile(page, 'Median duration'), '–');

    const failed = page.getByRole('region', { name: 'Failed last' });
    await failed.getByRole('link', { name: longName }).waitFor();
    const next = page.getByRole('region', { name: 'Next firings' });
    await next.getByRole('link', { name: 'nightly-report' }).waitFor();
    const meter = page.getByRole('meter', { name: /process/ });
    await until('the attempt takes room', async () => (await meter.getAttribute('value')) === '1');

    // The plots are painted, and can be read as a table too.
    const throughput = page.getByRole('figure', { name: 'Runs that ended' });
    await throughput.locator('canvas').waitFor();
    await inspect(page, 'overview');
    await throughput.getByText('As a table').click();
    const cells = await throughput.getByRole('row').allInnerTexts();
    assert.ok(
      cells.some((row) => row.endsWith('\t3\t1\t0')),
      cells.slice(-3).join('\n'),
    );
    assert.deepEqual(faults, []);
  });

  test('leads to the run that failed, with the keyboard alone', async (t) => {
    const { page } = await openConsole(t, browser, server.url, { as: server.root });
    await page.getByRole('region', { name: 'Failed last' }).getByRole('link').first().waitFor();
    await tabTo(page, new RegExp(`^${longName}$`));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/console\/runs\//);
  });

  test('another time is asked for, and kept in the address', async (t) => {
    const { page } = await openConsole(t, browser, server.url, { as: server.root });
    const answered = page.waitForResponse((response) => response.url().includes('buckets=84'));
    await page.getByRole('combobox', { name: 'Time shown' }).selectOption('Last 7 days');
    assert.equal((await answered).status(), 200);
    assert.match(page.url(), /\?range=d7$/);
    await page.reload();
    await page.getByRole('combobox', { name: 'Time shown' }).waitFor();
    assert.equal(await page.getByRole('combobox', { name: 'Time shown' }).inputValue(), 'd7');
  });

  test('who may not see it is told so', async (t) => {
    await server.allow('OnlyKeys', ['longshore:ListKeys']);
    const as = await server.createUser('keeper', 'correct horse battery', {
      policies: ['OnlyKeys'],
    });
    const { page } = await openConsole(t, browser, server.url, { as });
    await page.getByText('no policy allows longshore:GetOverview').waitFor();
    await inspect(page, 'overview-refused');
  });

  test('in Chinese', async (t) => {
    const { page } = await openConsole(t, browser, server.url, {
      as: server.root,
      language: 'zh',
    });
    await page.getByRole('region', { name: '最近失败' }).waitFor();
    await inspect(page, 'overview-zh');
  });
});
