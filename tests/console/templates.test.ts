import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser } from 'playwright-core';
import {
  assertAccessible,
  assertFits,
  type Credentials,
  inspect,
  openConsole,
  startBrowser,
  tabTo,
} from '../support/browser.ts';
import {
  createKey,
  dataFolder,
  type PrintedKey,
  type RunningServer,
  startServer,
} from '../support/server.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

type Body = any; // oxlint-disable-line typescript/no-explicit-any -- answers, as they come

const as = ({ id, secret }: PrintedKey): Credentials => ({
  accessKeyId: id,
  accessKeySecret: secret,
});

suite('templates in the console', { ...needs('chromium') }, () => {
  let server: RunningServer;
  let browser: Browser;
  let key: PrintedKey;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    server = await startServer(cleanup, await dataFolder(cleanup));
    key = await createKey(cleanup, server.dataDir, ['--user', 'root', '--root']);
    browser = await startBrowser(cleanup);
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const ask = async (method: string, path: string, body?: unknown): Promise<Body> => {
    const reply = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(reply.ok, `${method} ${path}: ${reply.status}`);
    return reply.status === 204 ? null : reply.json();
  };
  const command = (name: string, more: object = {}): Promise<Body> =>
    ask('POST', '/templates', { name, command: ['/bin/sh', '-c', 'echo done'], ...more });

  test('the list is searched and filtered, the address keeps it, and it is used by keyboard', async (t) => {
    await command('list-nightly', { schedule: '0 3 * * *', timezone: 'Europe/Berlin' });
    await command('list-<img src=x onerror=alert(1)>'.replaceAll(/[^\w-]/g, '-'), {});
    const broken = await ask('POST', '/templates', {
      name: 'list-broken',
      command: ['/bin/false'],
    });
    await ask('POST', `/templates/${broken.id}/runs`, {});
    await ask('POST', '/operations/sae/CreateJob/invoke', {
      values: {
        AppName: 'list-sae',
        Workload: 'job',
        PackageType: 'Image',
        ImageUrl: 'longshore/host',
        Replicas: 1,
        Command: 'true',
      },
    });
    await until('the run has failed', async () => {
      const { rows } = await ask('GET', '/templates?state=failing');
      return rows.length === 1;
    });

    const { page, faults } = await openConsole(t, browser, server.url, {
      as: as(key),
      path: '/console/templates',
    });
    const shows = (expected: string) =>
      until(`the list shows ${expected} alone`, async () => {
        const names = await page.locator('tbody [data-row-link]').allInnerTexts();
        return names.join() === expected;
      });
    await page.getByRole('link', { name: 'list-nightly' }).waitFor();
    await inspect(page, 'templates');

    await page.keyboard.press('/');
    await page.keyboard.type('LIST-N');
    await shows('list-nightly');
    assert.match(page.url(), /q=LIST-N/);
    await page.reload();
    await page.getByRole('link', { name: 'list-nightly' }).waitFor();
    await page.getByRole('searchbox').fill('');

    await page.getByLabel('State').selectOption('failing');
    await shows('list-broken');
    await page.getByLabel('State').selectOption('');
    await page.getByLabel('API').selectOption('sae');
    await shows('list-sae');
    await page.getByLabel('Namespace').fill('nowhere');
    await page.getByText('No template fits').waitFor();
    await page.getByLabel('Namespace').fill('');

    await page.getByRole('link', { name: 'list-sae' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'list-sae' }).waitFor();
    assert.deepEqual(faults, []);
  });

  test('a template is made by its form, with what it shows as a request beside it, by keyboard alone', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: as(key),
      path: '/console/templates',
    });
    await tabTo(page, /New template/);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Longshore' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByLabel('Name *').focus();
    await page.keyboard.type('by-form');
    await page.getByLabel('Command *').focus();
    await page.keyboard.type('/bin/sh\n-c\necho "$WHOM"');
    await tabTo(page, /^Add$/);
    await page.keyboard.press('Enter');
    await page.getByLabel('Variables: Name 1').fill('WHOM');
    await page.getByLabel('Variables: Value 1').fill('world');
    await page.getByText('When it runs').click();
    await page.getByLabel('Schedule').fill('30 2 * * *');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByText('Next times (Europe/Berlin)').waitFor();
    await page.getByLabel('Schedule').fill('99 2 * * *');
    await page.locator('.form-preview .field-error').waitFor();
    await page.getByLabel('Schedule').fill('30 2 * * *');

    await page.getByRole('tab', { name: 'longshore' }).click();
    await page.getByText('longshore templates create by-form').waitFor();
    await page.getByText('--env WHOM=world').waitFor();
    await inspect(page, 'template-new');

    await page.getByRole('button', { name: 'Create' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'by-form' }).waitFor();
    const made = await ask('GET', '/templates/by-form');
    assert.deepEqual(
      [made.command, made.env, made.schedule.timing.expression, made.schedule.zone],
      [['/bin/sh', '-c', 'echo "$WHOM"'], { WHOM: 'world' }, '30 2 * * *', 'Europe/Berlin'],
    );
    assert.deepEqual(faults, []);
  });

  test('an SAE job is made and changed by its own form; a refusal stays in its words', async (t) => {
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: as(key),
      path: '/console/templates/new/sae',
    });
    await page.getByLabel('Name *').fill('1-bad');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('The operation was refused').waitFor();
    await page.getByLabel('Name *').fill('sae-form');
    await page.getByLabel('Command', { exact: true }).fill('sh');
    await page.getByLabel('Arguments', { exact: true }).fill('["-c", ');
    await page.getByText('This is not valid JSON.').waitFor();
    await page.getByLabel('Arguments', { exact: true }).fill('["-c", "sleep 0"]');
    await page
      .getByRole('group', { name: 'Variables' })
      .getByRole('button', { name: 'Add' })
      .click();
    await page.getByLabel('Variables: Name 1').fill('WHOM');
    await page.getByLabel('Variables: Value 1').fill('world');
    await page.getByText('"name":"WHOM"').waitFor();
    await page.getByText("appName: 'sae-form'").waitFor();
    await inspect(page, 'template-new-sae');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'sae-form' }).waitFor();

    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Command', { exact: true }).fill('echo');
    await page.getByText("command: 'echo'").waitFor();
    assert.equal(await page.getByText("packageType: 'Image'").count(), 0, 'only changes are sent');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'sae-form' }).waitFor();
    await page.getByRole('tab', { name: 'Configuration' }).waitFor();
    const { rows } = await ask('GET', '/templates?search=sae-form');
    assert.equal(rows[0].revision, 2);
    await inspect(page, 'template-sae');
    assert.deepEqual(faults, []);
  });

  test('one template: revisions side by side and unified, its schedule with clock changes, run, suspend, delete', async (t) => {
    const hostile = '"><script>alert(1)</script>';
    const { id } = await command('whole', {
      env: { NOTE: hostile, DB_PASSWORD: 'hunter2-xyz' },
      schedule: {
        timing: { kind: 'cron', expression: '30 2,14 * * *' },
        zone: 'Europe/Berlin',
        calendars: [{ kind: 'exclude', name: 'weekend', daysOfWeek: [0, 6] }],
      },
    });
    await ask('PUT', `/templates/${id}`, {
      name: 'whole',
      command: ['/bin/sh', '-c', 'echo changed'],
      retries: 3,
      env: { NOTE: hostile, DB_PASSWORD: 'hunter2-xyz' },
      schedule: {
        timing: { kind: 'cron', expression: '30 2,14 * * *' },
        zone: 'Europe/Berlin',
        calendars: [{ kind: 'exclude', name: 'weekend', daysOfWeek: [0, 6] }],
      },
    });
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: as(key),
      path: `/console/templates/${id}`,
    });
    await page.getByText(hostile).first().waitFor();
    assert.equal(await page.getByText('hunter2-xyz').count(), 0, 'secrets are hidden at first');
    await page.getByText('In the words of its API').waitFor();
    assert.equal(await page.getByText('hunter2-xyz').count(), 0, 'nor in the document');
    await inspect(page, 'template-configuration');

    await page.getByRole('tab', { name: 'Revisions' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.diff-split').waitFor();
    assert.match(await page.locator('.diff').innerText(), /echo changed/);
    assert.ok(!(await page.locator('.diff').innerText()).includes('hunter2-xyz'));
    await inspect(page, 'template-revisions');
    await page.getByLabel('Show as').selectOption('unified');
    await page.locator('tr.diff-added').first().waitFor();
    await inspect(page, 'template-revisions-unified');

    await page.getByRole('tab', { name: 'Schedule' }).click();
    await page.getByRole('table', { name: 'The next 30 days' }).waitFor();
    await page.getByRole('table', { name: 'Next 20 times' }).waitFor();
    assert.equal(await page.locator('td.heat-day').count(), 30);
    assert.ok((await page.getByText('calendar:weekend').count()) > 0);
    await inspect(page, 'template-schedule');

    await page.getByRole('button', { name: 'Run now' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Idempotency key').fill('console-once');
    await inspect(page, 'template-run');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Run now' }).click();
    await dialog.getByLabel('Idempotency key').fill('console-once');
    await dialog.getByRole('button', { name: 'Run now' }).click();
    await page.waitForURL(/\/console\/runs\//);
    await page.goBack();
    await page.getByRole('tab', { name: 'Runs', exact: true }).click();
    await page.getByText('Succeeded').first().waitFor();
    await inspect(page, 'template-runs');

    await page.getByRole('button', { name: 'Suspend' }).click();
    await dialog.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await fetch(`${server.url}/api/v1/templates/${id}/runs`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: '{}',
    });
    await page.getByRole('tab', { name: 'Refusals' }).click();
    await page.getByText('template-suspended').waitFor();
    await inspect(page, 'template-refusals');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Suspend' }).waitFor();

    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const remove = dialog.getByRole('button', { name: 'Delete' });
    assert.equal(await remove.isDisabled(), true, 'the name must be typed');
    await dialog.getByRole('textbox').fill('whole');
    await remove.click();
    await page.getByRole('heading', { name: 'Templates' }).waitFor();
    const { rows } = await ask('GET', '/templates?search=whole');
    assert.equal(rows.length, 0);
    assert.deepEqual(faults, []);
  });

  test('in Chinese every text is Chinese, long names fit, and what a user may not do is not offered', async (t) => {
    const long = `${'a-very-long-name-of-a-job'.repeat(5)}`.slice(0, 120);
    const { id } = await command(long, { schedule: '* * * * *' });
    await ask('PUT', '/policies/templates-readers', {
      document: {
        Version: '1',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['longshore:Get*', 'longshore:List*', 'longshore:PreviewSchedule'],
            Resource: '*',
          },
        ],
      },
    });
    const reader = await createKey(t, server.dataDir, [
      '--user',
      'reader',
      '--policy',
      'templates-readers',
    ]);
    const { page, faults } = await openConsole(t, browser, server.url, {
      as: as(reader),
      path: `/console/templates/${id}`,
      language: 'zh',
      width: 'narrow',
      theme: 'dark',
    });
    await page.getByRole('tab', { name: '配置' }).waitFor();
    for (const name of ['立即运行', '编辑', '暂停', '更多']) {
      assert.equal(await page.getByRole('button', { name }).count(), 0, name);
      assert.equal(await page.getByRole('link', { name }).count(), 0, name);
    }
    for (const name of ['版本', '调度', '运行记录', '被拒绝的触发']) {
      await page.getByRole('tab', { name }).click();
      await assertFits(page, name);
      await assertAccessible(page, name);
    }
    await page.getByRole('tab', { name: '调度' }).click();
    await page.getByRole('table', { name: '未来 30 天' }).waitFor();
    await inspect(page, 'template-zh');
    const text = await page.locator('main').innerText();
    for (const word of ['Next', 'Schedule', 'Rule', 'Firing', 'Outcome']) {
      assert.ok(!text.includes(word), `untranslated: ${word}`);
    }
    await page.goto('/console/templates');
    await page.getByRole('heading', { name: '任务模板' }).waitFor();
    await inspect(page, 'templates-zh');
    assert.equal(await page.getByRole('button', { name: '新建模板' }).count(), 0);

    const owner = await openConsole(t, browser, server.url, {
      as: as(key),
      path: '/console/templates/new/cdm',
      language: 'zh',
    });
    await owner.page.getByLabel('源端连接器').selectOption('generic-jdbc-connector');
    await owner.page.getByLabel('tableName').first().waitFor();
    await inspect(owner.page, 'template-new-cdm-zh');
    await owner.page.goto('/console/templates/new/schedulerx');
    await owner.page.getByLabel('任务类型 *').waitFor();
    await inspect(owner.page, 'template-new-schedulerx-zh');
    assert.deepEqual([...faults, ...owner.faults], []);
  });
});
