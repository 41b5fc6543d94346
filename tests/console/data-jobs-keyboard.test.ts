/** Data jobs and links as somebody without a mouse uses them: nothing here clicks or fills. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Browser } from 'playwright-core';
import { inspect, openConsole, screenshot, startBrowser, tabTo } from '../support/browser.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import {
  type DataServer,
  longName,
  orderRows,
  pickyCopy,
  slowCopy,
  startDataServer,
} from './data-fixture.ts';
import {
  assertAtPage,
  assertFocused,
  assertFocusShows,
  backTo,
  press,
  type,
} from './data-keyboard.ts';

const rejected = orderRows / 100;

describe('data jobs with the keyboard alone', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: DataServer;
  const cleanup = cleanupList();

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startDataServer(cleanup, true);
  });
  after(() => cleanup.end());

  const open = (t: Parameters<typeof openConsole>[0], path: string) =>
    openConsole(t, browser, server.url, { as: server.root, path });

  test('from the navigation through the wizard to a run and its proof', async (t) => {
    const { page, faults } = await open(t, '/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await press(page, /^Links$/);
    await assertAtPage(page, 'Links');
    await press(page, /^Data jobs$/);
    await assertAtPage(page, 'Data jobs');
    await press(page, /^New data job$/);
    await assertAtPage(page, 'New data job');

    await press(page, /^Next$/);
    await assertFocused(page, /^Name$/);
    await page.keyboard.type('by-keys');
    await type(page, /^Link$/, 'shop');
    await type(page, /^Table$/, 'orders');
    await press(page, /^Incremental/);
    await type(page, /^Column with the time/, 'id');
    await press(page, /^Set the condition$/);
    await backTo(page, /^Only rows where/);
    assert.match(await page.getByLabel('Only rows where').inputValue(), /^id >= /);
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('id <= ${most}');
    await assertFocusShows(page, 'the source');
    await press(page, /^Next$/);

    await assertFocused(page, /^Step 2 of 5: Target$/);
    await type(page, /^Link$/, 'copy');
    await type(page, /^Table$/, 'strict_orders');
    await type(page, /^Rows that are there$/, 'Are all');
    await press(page, /^Next$/);

    await assertFocused(page, /^Step 3 of 5: Fields$/);
    assert.ok(await page.getByRole('heading', { name: 'Fields', exact: true }).isVisible());
    await screenshot(page, 'data-job-step-by-keyboard');
    await press(page, /^Suggest by names and types$/);
    await page.getByText('3 columns are paired').waitFor();
    await press(page, /^Take in amount$/, 'Space');
    await page.getByText('2 columns are paired').waitFor();
    await type(page, new RegExp(`^Target of ${longName}$`), 'extra');
    await page.getByText('3 columns are paired').waitFor();
    await assertFocusShows(page, 'the fields');
    await press(page, /^Next$/);

    await assertFocused(page, /^Step 4 of 5: Options$/);
    await type(page, /^Shards at the same time$/, '2');
    await press(page, /^Keep them out and go on$/, 'Space');
    await type(page, /^Variables/, 'most=3000');
    await press(page, /^Next$/);

    await assertFocused(page, /^Step 5 of 5: Plan and save$/);
    await press(page, /^Show the plan$/);
    await page.getByRole('heading', { name: /orders → .*strict_orders/ }).waitFor();
    await assertFocused(page, /^Show the plan$/);
    await assertFocusShows(page, 'the plan');
    await press(page, /^Save$/);

    await assertAtPage(page, 'by-keys');
    await press(page, /^Run now$/);
    await press(page, /^Run now$/);
    await assertAtPage(page, 'Run of by-keys');
    await page.locator('[data-state="succeeded"]').waitFor();
    await tabTo(page, /^Shards \(2\)$/);
    for (const name of ['Tables', 'Rejected rows', 'Proof']) {
      await page.keyboard.press('ArrowRight');
      await assertFocused(page, new RegExp(`^${name}`));
    }
    await page.locator('.proof-verdict').waitFor();
    assert.match(await page.locator('.proof-verdict').innerText(), /match/);
    await page.keyboard.press('Tab');
    await assertFocused(page, /^Proof$/);
    await assertFocusShows(page, 'the proof');

    const copy = new Sqlite(join(server.databases, 'copy.db'), { readonly: true });
    t.after(() => copy.close());
    const { rows } = copy.prepare('select count(*) as rows from strict_orders').get() as {
      rows: number;
    };
    assert.equal(rows, 3_000 - 30);
    const [row] = copy.prepare('select * from strict_orders where id = 7').all();
    assert.deepEqual(row, {
      id: 7,
      buyerMail: 'buyer7@example.com',
      amount: null,
      extra: '<b>7</b>',
    });
    assert.deepEqual(faults, []);
  });

  test('rejected rows: more of them, one that is searched, the file to take home', async (t) => {
    const { id } = await server.call<{ id: string }>('POST', '/data-jobs', {
      name: 'picky',
      definition: pickyCopy,
    });
    const { run } = await server.call<{ run: { id: string } }>('POST', `/templates/${id}/runs`, {});
    await server.call('GET', `/runs/${run.id}?waitMs=30000`);
    const { page, faults } = await open(t, '/console/data-jobs');
    await page.getByRole('link', { name: 'picky' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('picky');
    await page.waitForFunction(() => document.querySelectorAll('[data-row-link]').length === 1);
    await press(page, /^picky$/);
    await assertAtPage(page, 'picky');
    await page.getByRole('link', { name: run.id }).waitFor();
    await press(page, new RegExp(`^${run.id}$`));
    await assertAtPage(page, 'Run of picky');
    await page.getByRole('tab', { name: `Rejected rows (${rejected})` }).waitFor();
    await tabTo(page, /^Shards/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: 'Show more' }).waitFor();

    await tabTo(page, /^NOT NULL/);
    await page.keyboard.press('End');
    await press(page, /^Show more$/);
    await page.waitForFunction(
      (rows) => document.querySelectorAll('[data-row-link]').length === rows,
      rejected,
    );
    await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
    await assertFocused(page, /^NOT NULL/);
    await page.keyboard.press('End');

    await page.keyboard.press('/');
    await page.keyboard.type('"1200"');
    await page.waitForFunction(() => document.querySelectorAll('[data-row-link]').length === 1);
    await press(page, /^NOT NULL/);
    await page.getByRole('dialog').getByRole('cell', { name: '1200' }).waitFor();
    await assertFocused(page, /^Close$/);
    await page.keyboard.press('Tab');
    await assertFocused(page, /^Row$/);
    await screenshot(page, 'rejected-row-by-keyboard');
    await assertFocusShows(page, 'a rejected row');
    await page.keyboard.press('Escape');
    await assertFocused(page, /^NOT NULL/);
    await backTo(page, /^Download as CSV$/);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.keyboard.press('Enter'),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    assert.equal(csv.trimEnd().split('\r\n').length, 2, 'the one that was searched for');
    await assertFocused(page, /^Download as CSV$/);
    assert.deepEqual(faults, []);
  });

  test('a run is stopped; the focus stays where the button was, and after one that ended alone', async (t) => {
    const { id } = await server.call<{ id: string }>('POST', '/data-jobs', {
      name: 'slow',
      definition: slowCopy,
    });
    const start = async (): Promise<string> => {
      const { run } = await server.call<{ run: { id: string } }>('POST', `/templates/${id}/runs`);
      return run.id;
    };
    const first = await start();
    const { page, faults } = await open(t, `/console/transfers/${first}`);
    await page.locator('[data-state="running"]').waitFor();
    await press(page, /^Stop$/);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await assertFocused(page, /^Stop$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await press(page, /^Stop$/);
    await page.locator('[data-state="canceled"]').waitFor();
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    await assertFocused(page, /^Instances and logs$/);

    const second = await start();
    await page.goto(`/console/transfers/${second}`);
    await page.locator('[data-state="running"]').waitFor();
    await press(page, /^Stop$/);
    await page.getByRole('dialog').waitFor();
    await server.call('POST', `/runs/${second}/stop`);
    await page.locator('[data-state="canceled"]').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await assertFocused(page, /^Instances and logs$/);
    assert.deepEqual(faults, []);
  });

  test('a stored job is edited, pair by pair and as JSON, and deleted after its name is typed', async (t) => {
    const { id } = await server.call<{ id: string }>('POST', '/data-jobs', {
      name: 'edited',
      definition: pickyCopy,
    });
    const { page, faults } = await open(t, `/console/data-jobs/${id}`);
    await press(page, /^Edit$/);
    await assertAtPage(page, 'Edit edited');
    await press(page, /^3\s*Fields$/);
    await assertFocused(page, /^Step 3 of 5: Fields$/);
    await press(page, /^Add a pair$/);
    await assertFocused(page, /^Source column of pair 3$/);
    await page.keyboard.type('amount');
    await page.keyboard.press('Tab');
    await page.keyboard.type('amount');
    await press(page, /^Remove amount$/);
    await assertFocused(page, /^Remove buyer_mail$/);
    await press(page, /^Add a field$/);
    await assertFocused(page, /^Name of added field 1$/);
    await page.keyboard.type('extra');
    await type(page, /^Value of added field 1$/, 'by hand');
    await press(page, /^Remove extra$/);
    await assertFocused(page, /^Add a pair$/);
    await press(page, /^Add a field$/);
    await page.keyboard.type('extra');
    await type(page, /^Value of added field 1$/, 'from the keyboard');
    await press(page, /^Next$/);

    await assertFocused(page, /^Step 4 of 5/);
    await type(page, /^Schedule \(cron\)/, '30 4 * * *');
    await press(page, /^Everything, as JSON$/);
    await tabTo(page, /^Everything, as JSON$/);
    const json = page.getByLabel('Everything, as JSON');
    const whole = JSON.parse(await json.inputValue()) as object;
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('{');
    await press(page, /^Take it over$/);
    await page.getByText('This is no definition').waitFor();
    await backTo(page, /^Everything, as JSON$/);
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(JSON.stringify({ ...whole, errorRetries: 4 }));
    await press(page, /^Take it over$/);
    await page.getByText('Taken over').waitFor();
    await assertFocused(page, /^Everything, as JSON$/);
    await press(page, /^Next$/);
    await press(page, /^Save$/);
    await assertAtPage(page, 'edited');
    await page.getByText('30 4 * * * (UTC)').waitFor();
    const { definition } = await server.call<{
      definition: { errorRetries: number; to: object; addedFields: readonly object[] };
    }>('GET', `/data-jobs/${id}`);
    assert.equal(definition.errorRetries, 4);
    assert.deepEqual(definition.addedFields, [{ name: 'extra', value: 'from the keyboard' }]);

    await press(page, /^Delete$/);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await assertFocused(page, /^Delete$/);
    await page.keyboard.press('Enter');
    await type(page, /^Type “edited”/, 'edited');
    await press(page, /^Delete$/);
    await page.getByText('Data job edited is deleted').waitFor();
    await assertAtPage(page, 'Data jobs');
    assert.deepEqual(faults, []);
  });

  test('a link is made, corrected, looked into, changed and deleted', async (t) => {
    const { page, faults } = await open(t, '/console/links');
    await page.getByRole('link', { name: 'shop' }).waitFor();
    await press(page, /^New link$/);
    await assertAtPage(page, 'New link');
    await type(page, /^Name$/, 'tried');
    await type(page, /^Kind$/, 'SQLite');
    await type(page, /^File$/, 'no-folder/missing.db');
    await press(page, /^Test connection$/);
    await page.getByText(/It does not work/).waitFor();
    await backTo(page, /^File$/);
    await page.keyboard.type('shop.db');
    await press(page, /^Test connection$/);
    await page.getByText(/It works: answered in/).waitFor();
    await assertFocusShows(page, 'the form of a link');
    await press(page, /^Save$/);

    await assertAtPage(page, 'tried');
    await page.getByRole('button', { name: 'orders' }).waitFor();
    await page.keyboard.press('/');
    await assertFocused(page, /^Search tables/);
    await tabTo(page, /^buyers$/);
    await page.keyboard.press('ArrowDown');
    await assertFocused(page, /^orders$/);
    await page.keyboard.press('Home');
    await assertFocused(page, /^buyers$/);
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: 'buyer_mail' }).waitFor();
    await page.keyboard.press('Tab');
    await assertFocused(page, /^Columns of orders$/);
    await assertFocusShows(page, 'a link');
    await inspect(page, 'link-by-keyboard');

    await press(page, /^Edit$/);
    await assertAtPage(page, 'Edit tried');
    await type(page, /^File$/, 'copy.db');
    await press(page, /^Save$/);
    await assertAtPage(page, 'tried');
    await page.getByRole('button', { name: 'strict_orders' }).waitFor();
    await press(page, /^Delete$/);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await assertFocused(page, /^Delete$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await press(page, /^Delete$/);
    await page.getByText('Link tried is deleted').waitFor();
    await assertAtPage(page, 'Links');
    await page.getByRole('link', { name: 'tried' }).waitFor({ state: 'detached' });
    assert.deepEqual(faults, []);
  });

  test('names leave most of a narrow screen to their values', async (t) => {
    const { id } = await server.call<{ id: string }>('POST', '/data-jobs', {
      name: 'narrow',
      definition: pickyCopy,
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/data-jobs/${id}`,
      width: 'narrow',
    });
    await page.locator('.facts').first().waitFor();
    const shares = await page.evaluate(() =>
      [...document.querySelectorAll('.facts')].map((facts) => {
        const value = facts.querySelector('dd');
        return (value?.getBoundingClientRect().width ?? 0) / facts.getBoundingClientRect().width;
      }),
    );
    assert.ok(shares.length > 2 && shares.every((share) => share > 0.55), shares.join(' '));
    assert.deepEqual(faults, []);
  });
});
