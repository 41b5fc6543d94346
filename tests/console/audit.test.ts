/** The audit log: what was done is there at once, and is found. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { AuditLineView } from '../../src/dialects/native/views/audit.ts';
import { assertAccessible, inspect, openConsole, startBrowser, tabTo } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';

/** A name as somebody might try to break the page with it. */
const nasty = '<img src=x onerror=alert(1)>';

describe('the audit log', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: ConsoleServer;
  const putPolicy = (name: string) =>
    server.call('PUT', `/policies/${name}`, {
      document: { Version: '1', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] },
    });

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startConsoleServer(cleanup);
    for (let n = 0; n < 60; n += 1) await putPolicy(`policy-${n}`);
    await server.call('POST', '/templates', { name: 'nightly', command: ['true'] });
    // Refused ones have lines, too.
    await assert.rejects(server.call('DELETE', `/templates/${encodeURIComponent(nasty)}`));
    await putPolicy(`${'long'.repeat(14)}-${'name'.repeat(14)}`);
  });

  after(() => cleanup.end());

  test('what is done appears at once; filters, details and pages', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/audit',
    });
    const rows = page.locator('tbody tr');
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    await rows.first().waitFor();
    await putPolicy('seen-live');
    await rows.first().getByText('policies/seen-live').waitFor();
    await page.getByText(nasty).waitFor();
    await inspect(page, 'audit');

    const shown = await rows.count();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('tbody tr').length > count,
      shown,
    );

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('status').getByText('Paused').waitFor();
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('refused');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('tbody tr')].every((row) =>
        row.textContent?.includes('Refused'),
      ),
    );
    assert.ok(new URL(page.url()).search.includes('outcome=refused'));
    await page.getByRole('searchbox', { name: 'Search resources' }).fill('no such thing');
    await page.getByText('Nothing fits these filters').waitFor();
    await inspect(page, 'audit-nothing');
    await page.getByRole('button', { name: 'Clear filters' }).click();

    await page.getByRole('textbox', { name: 'Operation' }).fill('CreateTemplate');
    await page.getByRole('button', { name: 'CreateTemplate' }).click();
    const dialog = page.getByRole('dialog', { name: 'Call of CreateTemplate' });
    await dialog.getByText('command', { exact: true }).waitFor();
    await dialog.getByText('127.0.0.1').waitFor();
    await inspect(page, 'audit-details');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(faults, []);
  });

  test('the export is what the filters show', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/audit?operation=CreateTemplate',
    });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'audit.jsonl');
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
    const kept = lines.map((line) => JSON.parse(line) as AuditLineView);
    assert.deepEqual(
      kept.map(({ operation, outcome }) => [operation, outcome]),
      [['CreateTemplate', 'ok']],
    );
    assert.deepEqual(faults, []);
  });

  test('by the keyboard alone', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: server.root,
      path: '/console/audit?outcome=refused',
    });
    await page.locator('tbody tr').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('templates/');
    await page.getByText(nasty).waitFor();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await tabTo(page, /^DeleteTemplate$/);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Call of DeleteTemplate' });
    await dialog.getByText('template-not-found').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(faults, []);
  });

  test('in Chinese; without live line and export for who may only read it', async (t) => {
    await server.allow('AuditOnly', ['longshore:ListAuditLines']);
    const as = await server.createUser('auditor', 'correct horse battery', {
      policies: ['AuditOnly'],
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as,
      path: '/console/audit',
      language: 'zh',
    });
    await page.getByRole('heading', { name: '审计日志' }).waitFor();
    await page.locator('tbody tr').first().waitFor();
    assert.equal(await page.getByRole('link', { name: '导出' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: '暂停' }).count(), 0);
    await inspect(page, 'audit-zh');
    await assertAccessible(page, 'audit in Chinese');
    assert.deepEqual(faults, []);
  });
});
