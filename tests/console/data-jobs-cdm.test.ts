/** Data jobs and links that were made through CDM appear in the console; that API changes them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Browser } from 'playwright-core';
import { type CdmProgram, job, sqliteLink, startCdmProgram } from '../dialects/cdm/program.ts';
import { inspect, openConsole, startBrowser } from '../support/browser.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

describe('data jobs of CDM', { ...needs('chromium') }, () => {
  let browser: Browser;
  let program: CdmProgram;
  const cleanup = cleanupList();

  before(async () => {
    browser = await startBrowser(cleanup);
    program = await startCdmProgram(cleanup);
    const database = new Sqlite(join(program.databases, 'shop.db'));
    database.exec('create table orders (id integer primary key, name text)');
    database.exec("insert into orders values (1, 'one'), (2, 'two')");
    database.close();
  });
  after(() => cleanup.end());

  test('are listed, shown and followed, and not offered to be changed', async (t) => {
    const { cdm, server, key, clusterId } = program;
    await cdm('POST', '/link', { links: [sqliteLink('shop', 'shop.db')] });
    const links = { from: 'shop', to: 'shop' };
    const wire = job('nightly-copy', links, {
      from: { 'fromJobConfig.tableName': 'orders' },
      to: {
        'toJobConfig.tableName': 'copy',
        'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
      },
    });
    await cdm('POST', '/job', { jobs: [wire] });
    await cdm('PUT', '/job/nightly-copy/start', {});
    await until('the end of the job', async () => {
      const { submissions } = (await cdm('GET', '/job/nightly-copy/status')) as unknown as {
        submissions: readonly { readonly status: string }[];
      };
      return submissions[0]?.status === 'SUCCEEDED' ? true : null;
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: { accessKeyId: key.id, accessKeySecret: key.secret },
      path: '/console/data-jobs?dialect=cdm',
    });
    await page.getByRole('link', { name: 'nightly-copy' }).click();
    await page.getByText('made through CDM').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Edit' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), 0);
    await page.getByRole('cell', { name: 'Succeeded' }).waitFor();
    await inspect(page, 'data-job-cdm');
    await page.locator('tbody [data-row-link]').first().click();
    await page.getByRole('heading', { level: 1, name: 'Run of nightly-copy' }).waitFor();
    await page.locator('[data-state="succeeded"]').waitFor();
    await page.getByRole('tab', { name: 'Tables (1)' }).click();
    await page.getByRole('cell', { name: 'orders' }).waitFor();

    await page.getByRole('link', { name: 'nightly-copy' }).click();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('heading', { level: 1, name: 'Run of nightly-copy' }).waitFor();
    await page.locator('[data-state="succeeded"], [data-state="failed"]').waitFor();
    const told = (await cdm('GET', '/job/nightly-copy/status')) as unknown as {
      submissions: readonly object[];
    };
    assert.equal(told.submissions.length, 1, 'its own API tells of the newest');

    await page.goto('/console/links');
    await page.getByLabel('Namespace').selectOption(clusterId);
    const [chosen] = await page.getByLabel('Namespace').locator('option:checked').allInnerTexts();
    assert.ok(chosen !== undefined && !chosen.includes(clusterId), 'clusters are told by name');
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByText('made through CDM').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Edit' }).count(), 0);
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText(/It works/).waitFor();
    assert.deepEqual(faults, []);
  });
});
