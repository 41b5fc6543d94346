/** Templates by who has no mouse: found, made, looked at, run, suspended, changed, deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { saeClient } from '../../examples/sae-client.ts';
import { inspect, screenshot, startBrowser } from '../support/browser.ts';
import { createTemplate } from '../support/sae.ts';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startWalk, type Walk } from './keyboard-walk.ts';

describe('templates with the keyboard alone', { ...needs('chromium') }, () => {
  const cleanup = cleanupList();
  let browser: Browser;
  let server: SurroundingsServer;

  before(async () => {
    browser = await startBrowser(cleanup);
    server = await startSurroundings(cleanup);
  });

  after(() => cleanup.end());

  const walk = (t: TestContext, path: string): Promise<Walk> =>
    startWalk(t, browser, server.url, {
      as: { accessKeyId: server.key.id, accessKeySecret: server.key.secret },
      path,
    });
  const define = async (name: string, more: object = {}, method: 'POST' | 'PUT' = 'POST') => {
    const body = { name, command: ['/bin/sh', '-c', 'echo "$WHOM"'], ...more };
    const path = method === 'POST' ? '/templates' : `/templates/${name}`;
    const answer = await server.ask(path, { method, body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return String(answer.body['id']);
  };
  const rows = ({ page }: Walk, expected: string) =>
    until(`the list shows ${expected}`, async () => {
      const names = await page.locator('tbody [data-row-link]').allInnerTexts();
      return names.toSorted().join() === expected;
    });

  test('they are searched, filtered and opened', async (t) => {
    await define('list-nightly', { schedule: '0 3 * * *' });
    await define('list-other');
    const sae = saeClient(server.url, server.key);
    await createTemplate(sae, ['true'], { AppName: 'list-sae' });
    const me = await walk(t, '/');
    await me.enter(/^Templates$/);
    await me.arrives('Templates');
    await rows(me, 'list-nightly,list-other,list-sae');
    await me.press('/');
    await me.stands(/^Search by name or id$/);
    await me.type('LIST-N');
    await rows(me, 'list-nightly');
    await me.press('ControlOrMeta+a', 'Delete');
    await me.to(/^API$/);
    await me.type('SAE');
    await rows(me, 'list-sae');
    await me.press('Home');
    await me.to(/^State$/);
    await me.type('Suspended');
    await me.page.getByText('No template fits').waitFor();
    await me.press('Home');
    await me.to(/^Namespace$/);
    await me.type('nowhere');
    await me.page.getByText('No template fits').waitFor();
    await me.press('ControlOrMeta+a', 'Delete');
    await rows(me, 'list-nightly,list-other,list-sae');
    await me.to(/^list-/);
    await me.press('End', 'Home', 'ArrowDown', 'ArrowUp');
    await me.enter(/^list-nightly$/);
    await me.arrives('list-nightly');
    await me.end();
  });

  test('one is made by its form; rows that are added and taken away keep the focus', async (t) => {
    const me = await walk(t, '/console/templates');
    await me.page.getByRole('button', { name: 'New template' }).first().waitFor();
    await me.enter(/^New template$/);
    await me.stands(/^Longshore$/);
    await me.press('Enter');
    await me.arrives('New Longshore template');
    await me.to(/^Name \*$/);
    await me.type('by-keys');
    await me.to(/^Command \*$/);
    await me.type('/bin/sh\n-c\necho "$WHOM"');
    await me.enter(/^Add$/);
    await me.stands(/^Variables: Name 1$/);
    await me.type('WHOM');
    await me.press('Tab');
    await me.type('world');
    await me.enter(/^Add$/);
    await me.stands(/^Variables: Name 2$/);
    await me.type('NOT_THIS');
    await me.enter(/^Remove NOT_THIS$/);
    await me.stands(/^Add$/);
    await me.enter(/^When it runs$/);
    await me.to(/^Schedule$/);
    await me.type('30 2 * * *');
    await me.to(/^Time zone$/);
    await me.type('Europe/Berlin');
    await me.page.getByText('Next times (Europe/Berlin)').waitFor();
    await me.to(/^TypeScript$/);
    await me.press('ArrowLeft', 'ArrowLeft');
    await me.stands(/^longshore$/);
    await me.page.getByText('--env WHOM=world').waitFor();
    await me.to(/^longshore$/);
    await me.back(/^Create$/);
    await me.press('Enter');
    await me.arrives('by-keys');
    const { body } = await server.ask('/templates/by-keys');
    assert.deepEqual(
      [body['command'], body['env']],
      [['/bin/sh', '-c', 'echo "$WHOM"'], { WHOM: 'world' }],
    );
    await me.end();
  });

  test('a refusal comes into sight, however far above the form was sent from', async (t) => {
    const me = await walk(t, '/console/templates/new/sae');
    await me.page.getByLabel('Name *').waitFor();
    await me.to(/^Name \*$/);
    await me.type('1-bad');
    await me.press('Enter');
    const refusal = me.page.getByRole('alert').filter({ hasText: 'The operation was refused' });
    await until('it is seen', async () => {
      const box = await refusal.boundingBox();
      const height = me.page.viewportSize()?.height ?? 0;
      return box !== null && box.y >= 0 && box.y + box.height <= height;
    });
    await refusal.getByText(/InvalidParameter\S* · operation-refused/).waitFor();
    await inspect(me.page, 'keyboard-refused');
    await me.stands(/^Name \*$/);
    await me.end();
  });

  test('one is looked at: parts, revisions compared, schedule and heat map', async (t) => {
    const schedule = {
      timing: { kind: 'cron', expression: '30 2,14 * * *' },
      zone: 'Europe/Berlin',
      calendars: [{ kind: 'exclude', name: 'weekend', daysOfWeek: [0, 6] }],
    };
    const id = await define('looked-at', { schedule });
    for (const retries of [1, 2, 3]) await define('looked-at', { schedule, retries }, 'PUT');
    const me = await walk(t, `/console/templates/${id}`);
    await me.page.getByText('In the words of its API').waitFor();
    await me.to(/^Configuration$/);
    await me.press('ArrowRight');
    await me.stands(/^Revisions$/);
    await me.page.locator('.diff-split').waitFor();
    await me.to(/^Show as$/);
    await me.type('Unified');
    await me.page.locator('tr.diff-added').first().waitFor();
    await me.enter(/^Compare: Revision 2 /);
    await me.stands(/^Older$/);
    await until('revisions 1 and 2 are compared', async () => {
      const [older, newer] = [me.page.getByLabel('Older'), me.page.getByLabel('Newer')];
      return (await older.inputValue()) === '1' && (await newer.inputValue()) === '2';
    });
    await me.type('Revision 2');
    await me.page.getByText('These revisions are equal here').waitFor();
    await me.to(/^Newer$/);
    await me.type('Revision 4');
    await me.page.locator('tr.diff-added').first().waitFor();
    await me.to(/^Differences$/);
    await me.back(/^Revisions$/);
    await me.press('ArrowRight');
    await me.stands(/^Schedule$/);
    await me.page.getByRole('table', { name: 'Next 20 times' }).waitFor();
    await me.page.locator('.heat-day').first().waitFor();
    const days = await me.page.locator('.heat-day .visually-hidden').allInnerTexts();
    const day = (at: number) => new RegExp(days.at(at)?.replaceAll(/[^\w: -]/g, '.') ?? '^$');
    await me.to(/\d{4}-\d\d-\d\d: \d+ firings/);
    await me.stands(day(0));
    await me.press('ArrowDown', 'ArrowRight', 'ArrowLeft', 'ArrowRight');
    await me.stands(day(8));
    assert.equal(await me.page.locator('.heat-told').innerText(), days[8]);
    await inspect(me.page, 'keyboard-heat-map');
    await me.press('End');
    await me.stands(day(29));
    await me.press('ArrowRight', 'ArrowUp');
    await me.stands(day(22));
    await me.to(/^Next 20 times$/);
    await me.back(/\d{4}-\d\d-\d\d: \d+ firings/);
    await me.stands(day(22));
    await me.end();
  });

  test('one is run with overrides, suspended, resumed, changed and deleted', async (t) => {
    const id = await define('lived', { schedule: '0 3 * * *' });
    const me = await walk(t, `/console/templates/${id}`);
    await me.page.getByRole('button', { name: 'Run now' }).waitFor();
    await me.enter(/^Run now$/);
    await me.to(/^Idempotency key$/);
    await me.press('Escape');
    await me.stands(/^Run now$/);
    await me.press('Enter');
    await me.to(/^Command$/);
    await me.type('/bin/sh\n-c\necho "over $WHOM"');
    await me.enter(/^Add$/);
    await me.stands(/^Variables: Name 1$/);
    await me.type('WHOM');
    await me.press('Tab');
    await me.type('world');
    await me.to(/^Idempotency key$/);
    await me.type('by-keys-once');
    await screenshot(me.page, 'keyboard-run');
    await me.enter(/^Run now$/);
    await me.page.waitForURL(/\/console\/runs\//);
    await me.arrives('lived');
    await me.page.getByText('echo "over $WHOM"').first().waitFor();
    await until('it has succeeded', async () =>
      (await me.page.locator('.page-title').innerText()).includes('Succeeded'),
    );
    await me.enter(/^lived$/);
    await me.page.waitForURL(/\/console\/templates\//);

    await me.enter(/^Suspend$/);
    await me.page.getByRole('dialog', { name: 'Suspend lived?' }).waitFor();
    await me.enter(/^Suspend$/);
    await me.stands(/^Resume$/);
    assert.equal((await server.ask(`/templates/${id}`)).body['suspended'], true);
    await me.press('Enter');
    await me.stands(/^Suspend$/);
    assert.equal((await server.ask(`/templates/${id}`)).body['suspended'], false);

    await me.back(/^Edit$/);
    await me.press('Enter');
    await me.arrives('Change lived');
    await me.to(/^Retries$/);
    await me.write('4');
    await me.enter(/^Save$/);
    await me.arrives('lived');
    const changed = await server.ask(`/templates/${id}`);
    assert.deepEqual([changed.body['revision'], changed.body['retries']], [2, 4]);

    await me.enter(/^More$/);
    await me.stands(/^Copy$/);
    await me.press('Escape');
    await me.stands(/^More$/);
    await me.press('Enter', 'ArrowDown');
    await me.stands(/^Delete$/);
    await me.press('Enter');
    await me.to(/^Type “lived” to confirm$/);
    await me.type('lived');
    await me.enter(/^Delete$/);
    await me.arrives('Templates');
    assert.equal((await server.ask(`/templates/${id}`)).status, 404);
    await me.end();
  });

  test('one that moves data leads to its data job', async (t) => {
    const options = { kind: 'postgres', hosts: ['127.0.0.1'], user: 'me', database: 'shop' };
    for (const name of ['from', 'into']) {
      const link = await server.ask('/links', { method: 'POST', body: { name, options } });
      assert.ok(link.status < 300, JSON.stringify(link.body));
    }
    const definition = {
      from: { kind: 'tables', link: 'from', table: 'orders' },
      to: { kind: 'table', link: 'into', table: 'orders' },
    };
    const job = await server.ask('/data-jobs', {
      method: 'POST',
      body: { name: 'moves', definition },
    });
    assert.ok(job.status < 300, JSON.stringify(job.body));
    const id = String(job.body['id']);
    const me = await walk(t, `/console/templates/${id}`);
    await me.page.getByRole('link', { name: 'As a data job' }).waitFor();
    await inspect(me.page, 'template-of-data-job');
    await me.enter(/^As a data job$/);
    await me.arrives('moves');
    assert.ok(me.page.url().endsWith(`/console/data-jobs/${id}`));
    await me.end();
  });
});
