/** Secrets, config maps, calendars, workers, notification policies, namespaces without a mouse. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { screenshot, startBrowser } from '../support/browser.ts';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { cleanupList } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startWalk, type Walk } from './keyboard-walk.ts';

describe('surroundings with the keyboard alone', { ...needs('chromium') }, () => {
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
  const put = (path: string, body: object) => server.ask(path, { method: 'PUT', body });
  const told = ({ page }: Walk, text: string) => page.getByText(text).last().waitFor();

  test('a secret is made, set anew and deleted', async (t) => {
    const me = await walk(t, '/');
    await me.enter(/^Secrets$/);
    await me.arrives('Secrets');
    await me.page.getByText('There are no secrets here').waitFor();
    await me.enter(/^New secret$/);
    await me.to(/^Type$/);
    await me.type('kubernetes.io/tls');
    await me.page.getByLabel('Value of tls.key').waitFor();
    await me.press('Home');
    await me.page.getByLabel('Value of tls.key').waitFor({ state: 'detached' });
    await me.back(/^Name$/);
    await me.type('database');
    await me.to(/^Key 1$/);
    await me.type('password');
    await me.to(/^Value of password$/);
    await me.type('hidden-one');
    await me.enter(/^Add a value$/);
    await me.stands(/^Key 2$/);
    await me.type('extra');
    await me.enter(/^Remove extra$/);
    await me.stands(/^Add a value$/);
    await me.press('Enter');
    await me.stands(/^Key 2$/);
    await me.type('user');
    await me.to(/^Value of user$/);
    await me.type('ann');
    await me.enter(/^New secret$/);
    await told(me, 'database is made');
    await me.stands(/^New secret$/);

    await me.enter(/^database$/);
    await me.enter(/^Set password anew$/);
    await me.stands(/^Value of password$/);
    await me.type('not yet');
    await me.enter(/^Keep password as it is$/);
    await me.stands(/^Set password anew$/);
    await me.press('Enter');
    await me.stands(/^Value of password$/);
    await me.type('hidden-two');
    await me.enter(/^Remove user$/);
    await me.stands(/^Keep user as it is$/);
    await screenshot(me.page, 'keyboard-secret');
    await me.enter(/^Save$/);
    await told(me, 'database is saved');
    await me.stands(/^database$/);
    const { body } = await server.ask('/secrets');
    const [row] = body['rows'] as readonly { readonly id: number }[];
    assert.deepEqual((await server.ask(`/secrets/${row?.id}`)).body['keys'], ['password']);

    await me.press('Enter');
    await me.enter(/^Delete$/);
    await me.to(/^Type “database” to confirm$/);
    await me.press('Escape');
    await me.stands(/^Delete$/);
    await me.press('Enter');
    await me.to(/^Type “database” to confirm$/);
    await me.type('database');
    await me.enter(/^Delete$/);
    await me.page.getByText('There are no secrets here').waitFor();
    await me.keeps();
    assert.equal((await server.ask(`/secrets/${row?.id}`)).status, 404);
    await me.end();
  });

  test('a config map is changed and deleted', async (t) => {
    const data = { max: '10', least: '1' };
    const made = await server.ask('/config-maps', {
      method: 'POST',
      body: { name: 'limits', description: '', data },
    });
    assert.ok(made.status < 300, JSON.stringify(made.body));
    const address = `/config-maps/${String(made.body['id'])}`;
    const me = await walk(t, '/console/config-maps');
    await me.page.getByRole('button', { name: 'limits' }).waitFor();
    await me.enter(/^limits$/);
    await me.to(/^Value of max$/);
    await me.write('20\n30');
    await me.enter(/^Remove least$/);
    await me.stands(/^Add a pair$/);
    await me.enter(/^Save$/);
    await told(me, 'limits is saved');
    await me.stands(/^limits$/);
    assert.deepEqual((await server.ask(address)).body['data'], { max: '20\n30' });
    await me.press('Enter');
    await me.enter(/^Delete$/);
    await me.to(/^Type “limits” to confirm$/);
    await me.press('Escape');
    await me.stands(/^Delete$/);
    await me.press('Enter');
    await me.to(/^Type “limits” to confirm$/);
    await me.type('limits');
    await me.enter(/^Delete$/);
    await me.page.getByText('There are no config maps here').waitFor();
    await me.keeps();
    assert.equal((await server.ask(address)).status, 404);
    await me.end();
  });

  test('a year of a calendar is made, changed and deleted; the focus stays with it', async (t) => {
    await put('/calendars/shop/2030', { months: [{ month: 1, days: [2, 3] }] });
    const me = await walk(t, '/console/calendars?year=2030');
    await me.page.getByRole('heading', { name: 'workday 2030' }).waitFor();
    await me.press('Tab');
    await me.stands(/^Skip to the content$/);
    await me.to(/^Calendar$/);
    await me.type('shop');
    await me.page.getByRole('heading', { name: 'shop 2030' }).waitFor();
    await me.enter(/^Year after$/);
    await me.page.getByText('shop has no year 2031').waitFor();
    await me.enter(/^Make 2031$/);
    await me.to(/^Begins with$/);
    await me.type('no days');
    await me.enter(/^Make 2031$/);
    await me.page.getByRole('heading', { name: 'shop 2031' }).waitFor();
    await me.stands(/^Year after$/);
    await me.enter(/^Change days$/);
    await me.stands(/^Save$/);
    await me.to(/^January 1$/);
    await me.press('Space', 'ArrowDown', 'Space');
    await me.back(/^Save$/);
    await me.press('Enter');
    await me.stands(/^Change days$/);
    const { body } = await server.ask('/calendars/shop/2031');
    const [january] = body['months'] as readonly { readonly days: readonly number[] }[];
    assert.deepEqual(january?.days, [1, 8]);
    await me.press('Enter');
    await me.stands(/^Save$/);
    await me.enter(/^Cancel$/);
    await me.stands(/^Change days$/);
    await me.enter(/^Delete year$/);
    await me.enter(/^Delete year$/);
    await me.page.getByText('shop has no year 2031').waitFor();
    await me.stands(/^Year after$/);
    await me.end();
  });

  test('workers, notification policies and namespaces are searched and read', async (t) => {
    await server.registerWorker('http://127.0.0.1:9998/');
    await server.schedulerx('CreateSchedulerxNotificationPolicy', {
      PolicyName: 'office hours',
      ChannelTimeRange: JSON.stringify({
        sendChannel: 'mail',
        timezone: 'Asia/Shanghai',
        timeRanges: { mail: [{ startTime: '08:00', endTime: '18:30', daysOfWeek: [1, 2] }] },
      }),
    });
    const me = await walk(t, '/');
    await me.enter(/^Workers$/);
    await me.arrives('Workers');
    await me.page.getByRole('cell', { name: '127.0.0.1:9998' }).waitFor();
    await me.press('/');
    await me.stands(/^Search groups$/);
    await me.type('app');
    await me.to(/^Only groups with workers$/);
    await me.press('Space');
    await until('it is asked for', () => me.page.url().includes('live=1'));
    await me.to(/^Workers of team \/ app$/);

    await me.enter(/^Notification policies$/);
    await me.arrives('Notification policies');
    await me.press('/');
    await me.type('office');
    await me.page.getByRole('heading', { level: 2, name: 'office hours' }).waitFor();

    await me.enter(/^Namespaces$/);
    await me.arrives('Namespaces');
    await me.page.getByRole('cell', { name: 'in team' }).waitFor();
    await me.to(/^API$/);
    await me.type('SchedulerX');
    await until('it is asked for', () => me.page.url().includes('dialect=schedulerx'));
    await server.job('in-the-group', 'true');
    await me.back(/^Search namespaces$/);
    await me.type('app');
    await me.enter(/^1$/);
    await me.arrives('Templates');
    await me.page.getByRole('link', { name: 'in-the-group' }).waitFor();
    await me.end();
  });
});
