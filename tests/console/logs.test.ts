/** Output of a run: live, from either end, searched, kept as text whatever a program wrote. */
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { focused, inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList, temporaryFolder } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

interface Made {
  readonly run: { readonly id: string };
}

describe('logs', { ...needs('chromium') }, () => {
  let browser: Browser;
  let server: ConsoleServer;
  let colourful: string;
  let long: string;
  const cleanup = cleanupList();

  const submit = async (name: string): Promise<string> =>
    (await server.call<Made>('POST', `/templates/${name}/runs`, {})).run.id;
  const ended = async (run: string): Promise<string> =>
    (await server.call<{ state: string }>('GET', `/runs/${run}?waitMs=15000`)).state;
  const create = (name: string, script: string, more: object = {}): Promise<unknown> =>
    server.call('POST', '/templates', { name, command: ['sh', '-c', script], ...more });
  const open = (t: Parameters<typeof openConsole>[0], run: string, more: object = {}) =>
    openConsole(t, browser, server.url, {
      as: server.root,
      path: `/console/runs/${run}?tab=logs`,
      ...more,
    });
  const lines = (page: Page): Promise<readonly string[]> =>
    page.locator('.log-line').allInnerTexts();

  /** The line that has exactly this text. */
  const line = (page: Page, text: string) =>
    page.locator('.log-line', { hasText: new RegExp(`^${text}$`) });

  const scroll = (page: Page, byPx: number): Promise<unknown> =>
    page.evaluate(`document.querySelector('.log-lines').scrollTop += ${byPx}`);

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
    await create(
      'colourful',
      String.raw`printf '\033[1;31mred\033[0m \033[38;5;208mpalette\033[0m \033[38;2;10;120;60mtrue\033[0m plain\n'
        printf '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">\n'
        printf '\033]8;;javascript:alert(1)\007link\033]8;;\007 \033[2J\033[10;10Hmoved\007\n'
        printf 'half way\rdone\n'
        printf 'last line without an end'
        printf 'trouble\n' >&2`,
    );
    await create(
      'long',
      'seq -f "line %g of many, many lines" 1 60000; echo "the needle"; seq 1 50',
      {
        replicas: 2,
      },
    );
    colourful = await submit('colourful');
    long = await submit('long');
    for (const run of [colourful, long]) assert.equal(await ended(run), 'succeeded');
  });

  after(() => cleanup.end());

  test('colours are shown, markup is not run', async (t) => {
    const { page, faults } = await open(t, colourful);
    await line(page, 'last line without an end').waitFor();
    const shown = await lines(page);
    assert.equal(shown[0], 'red palette true plain');
    assert.equal(
      shown[1],
      '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">',
    );
    assert.match(shown[2] ?? '', /^link ?.*moved/);
    assert.equal(shown[3], 'done');
    const red = page.locator('.log-line span', { hasText: 'red' });
    assert.match((await red.getAttribute('class')) ?? '', /ansi-red.*ansi-bold/);
    assert.match(
      (await page.locator('.log-line span', { hasText: 'palette' }).getAttribute('style')) ?? '',
      /--ansi-fg: rgb\(255, 135, 0\)/,
    );
    assert.equal(await page.locator('.log-line script, .log-line img, .log-line a').count(), 0);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    await page.getByText('Complete', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'stderr' }).click();
    await line(page, 'trouble').waitFor();
    assert.match(page.url(), /output=stderr\+0\.1/);
    await page.getByRole('button', { name: 'stdout' }).click();
    await line(page, 'last line without an end').waitFor();
    await inspect(page, 'logs');
    assert.deepEqual(faults, []);
  });

  test('new lines appear soon after they are written; pausing holds them', async (t) => {
    const folder = await temporaryFolder(t);
    await chmod(folder, 0o777);
    await create(
      'ticking',
      `i=0; while [ ! -e ${folder}/end ]; do i=$((i+1)); echo "tick $i $(date +%s%3N)"; sleep 0.2; done
        for k in 1 2 3; do echo "tick $((i+k)) $(date +%s%3N)"; done`,
    );
    const run = await submit('ticking');
    const { page, faults } = await open(t, run);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText(/^tick 5 /).waitFor();
    // The page notes when it shows a line; both clocks are this machine's.
    const lags = (await page.evaluate(`new Promise((resolve) => {
      const lags = [];
      const look = (record) => {
        for (const node of record.addedNodes) {
          const text = node.textContent ?? '';
          const written = Number(/(\\d{13})/.exec(text)?.[1]);
          if (written > 0) lags.push(Date.now() - written);
        }
        if (lags.length >= 6) resolve(lags);
      };
      new MutationObserver((records) => records.forEach(look)).observe(
        document.querySelector('.log-lines'), { childList: true, subtree: true });
    })`)) as number[];
    t.diagnostic(`from written to on the screen, in ms: ${lags.join(' ')}`);
    assert.ok((lags.toSorted((a, b) => a - b)[2] ?? 9e9) < 300, lags.join(' '));

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    const held = await lines(page);
    await writeFile(join(folder, 'end'), '');
    assert.equal(await ended(run), 'succeeded');
    assert.deepEqual(await lines(page), held);
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByText('Complete', { exact: true }).waitFor();
    const tick = (shown: readonly string[]): number =>
      Number(/^tick (\d+)/.exec(shown.at(-1) ?? '')?.[1]);
    assert.ok(tick(await lines(page)) > tick(held));
    assert.deepEqual(faults, []);
  });

  test('a long one is read from its end, page by page, up to its beginning', async (t) => {
    const { page, faults } = await open(t, long);
    await line(page, '50').waitFor();
    const region = page.getByRole('region', { name: 'Output: stdout' });
    const first = async (): Promise<number> =>
      Number(/line (\d+)/.exec((await lines(page))[0] ?? '')?.[1] ?? 9e9);
    await until('lines above', async () => {
      await scroll(page, -5_000);
      return (await first()) < 52_000;
    });
    // A page came before what is read; it must not have moved.
    const reached = await first();
    await until('more above', async () => {
      await scroll(page, -3_000);
      return (await first()) < reached - 2_000;
    });
    await region.focus();
    await page.keyboard.press('Home');
    await line(page, 'line 1 of many, many lines').waitFor();
    await until('lines below', async () => {
      await scroll(page, 20_000);
      return (await first()) > 6_000;
    });
    await page.keyboard.press('End');
    await line(page, '50').waitFor();
    await page.getByText('Complete', { exact: true }).waitFor();
    await page.getByLabel('Wrap lines').check();
    await line(page, '50').waitFor();
    await until('its end is seen', () => line(page, '50').isVisible());
    await page.getByLabel('Wrap lines').uncheck();
    assert.deepEqual(faults, []);
  });

  test('is searched with the keyboard, in one output or in all', async (t) => {
    const { page, faults } = await open(t, long);
    await line(page, '50').waitFor();
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'Search this output');
    await page.keyboard.type('LINE 31415 ');
    await page.keyboard.press('Enter');
    await page.getByText('1 line found', { exact: true }).waitFor();
    await tabTo(page, /^line 31415 of/);
    await page.keyboard.press('Enter');
    const marked = page.locator('.log-marked');
    await marked.waitFor();
    assert.equal(await marked.innerText(), 'line 31415 of many, many lines');
    assert.ok(await marked.isVisible());
    await inspect(page, 'logs-searched');

    await page.getByRole('searchbox').fill('needle');
    await page.getByLabel('All instances').check();
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('2 lines found', { exact: true }).waitFor();
    await page.getByRole('button', { name: /#1\.1 stdout\s*the needle/ }).click();
    await until('the other instance', () => /output=stdout\+1\.1/.test(page.url()));
    await marked.waitFor();
    assert.equal(await marked.innerText(), 'the needle');
    await page.getByRole('searchbox').fill('no such text');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('No line has it').waitFor();
    assert.deepEqual(faults, []);
  });

  test('is downloaded as a file', async (t) => {
    const { page, faults } = await open(t, long);
    await line(page, '50').waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    assert.match(file.suggestedFilename(), /\.0\.1\.stdout\.log$/);
    const text = await readFile(await file.path(), 'utf8');
    assert.ok(text.startsWith('line 1 of many'));
    assert.equal(text.split('\n').length, 60_052);
    assert.deepEqual(faults, []);
  });

  test('in Chinese', async (t) => {
    const { page, faults } = await open(t, colourful, { language: 'zh' });
    await page.getByText('输出已完整').waitFor();
    await page.getByLabel('自动换行').check();
    await inspect(page, 'logs-zh');
    assert.deepEqual(faults, []);
  });
});
