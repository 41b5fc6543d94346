import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Answer,
  clientNames,
  newGroup,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;

const workHours = [{ startTime: '08:00', endTime: '18:00', daysOfWeek: [1, 2, 3, 4, 5] }];
const range = (parts: object): string =>
  JSON.stringify({
    sendChannel: 'sms,webhook,mail,phone',
    timezone: 'GMT+8',
    webhookIsAtAll: 'false',
    timeRanges: { all: workHours },
    ...parts,
  });

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const body = await answer;
  assert.equal(body['Success'], true, JSON.stringify(body));
  return body;
}

async function read({ call }: SchedulerxHost, query: Texts = {}) {
  const body = await ok(call('ReadSchedulerxNotificationPolicy', query));
  return body['Data'] as {
    readonly NextToken: string;
    readonly Total: number;
    readonly Records: readonly Readonly<Record<string, unknown>>[];
  };
}

const create = (host: SchedulerxHost, name: string, text = range({})): Promise<Answer> =>
  host.call('CreateSchedulerxNotificationPolicy', {}, { PolicyName: name, ChannelTimeRange: text });

describe('notification policies', () => {
  it('makes, reads, changes and deletes through every client core', async (t) => {
    const host = await startSchedulerxHost(t);
    for (const [index, name] of clientNames.entries()) {
      const call = host.clients[name];
      const PolicyName = `p${index}`;
      const form = { PolicyName, ChannelTimeRange: range({}), Description: 'nights * off' };
      await ok(call('CreateSchedulerxNotificationPolicy', {}, form));
      const perChannel = range({ timeRanges: { mail: workHours, sms: workHours } });
      await ok(
        call(
          'ManageSchedulerxNotificationPolicy',
          {},
          { PolicyName, ChannelTimeRange: perChannel },
        ),
      );
      const [policy] = (await read(host, { PolicyName })).Records;
      assert.equal(policy?.['Description'], 'nights * off');
      assert.equal(policy?.['Creator'], 'root');
      assert.equal(policy?.['Updater'], 'root');
      assert.match(String(policy?.['CreateTime']), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      assert.deepEqual(JSON.parse(String(policy?.['ChannelTimeRange'])), {
        ...(JSON.parse(perChannel) as object),
        isUnifiedSetting: false,
      });
      await ok(call('DeleteSchedulerxNotificationPolicy', {}, { PolicyName }));
      assert.equal((await read(host, { PolicyName })).Total, 0);
    }
    assert.deepEqual(host.errors, []);
  });

  it('pages, finds by a part of the name, and tells one setting for all channels', async (t) => {
    const host = await startSchedulerxHost(t);
    for (const name of ['night-a', 'night-b', 'day']) await ok(create(host, name));
    const first = await read(host, { PolicyName: 'night', MaxResults: '1' });
    assert.deepEqual([first.Total, first.Records.length], [2, 1]);
    const text = String(first.Records[0]?.['ChannelTimeRange']);
    assert.equal((JSON.parse(text) as { isUnifiedSetting: unknown }).isUnifiedSetting, true);
    const second = await read(host, {
      PolicyName: 'night',
      MaxResults: '1',
      NextToken: first.NextToken,
    });
    assert.deepEqual(
      second.Records.map((each) => each['PolicyName']),
      ['night-b'],
    );
    assert.equal(second.NextToken, '');
  });

  it('names the applications that refer to it, and stays while one does', async (t) => {
    const host = await startSchedulerxHost(t);
    await ok(create(host, 'p'));
    const group = await newGroup(host, { NotificationPolicyName: 'p' });
    const [policy = {}] = (await read(host)).Records;
    const [app] = policy['ReferenceApps'] as readonly Readonly<Record<string, unknown>>[];
    assert.equal(app?.['GroupId'], group.GroupId);
    assert.equal(app?.['NamespaceUid'], 'default');
    assert.equal(typeof app?.['AppGroupId'], 'number');
    const refused = await host.call('DeleteSchedulerxNotificationPolicy', {}, { PolicyName: 'p' });
    assert.match(String(refused['Message']), new RegExp(`applications=\\[${group.GroupId}\\]`));
    await ok(host.call('DeleteAppGroup', { ...group }));
    await ok(host.call('DeleteSchedulerxNotificationPolicy', {}, { PolicyName: 'p' }));
  });

  it('refuses in words', async (t) => {
    const host = await startSchedulerxHost(t);
    await ok(create(host, 'P'));
    const group = await newGroup(host);
    const rows: readonly (readonly [Promise<Answer>, string | RegExp])[] = [
      [create(host, 'P'), 'Invalid parameter: Notification policy already exists: P'],
      [create(host, ''), 'Invalid parameter: policyName cannot be null'],
      [
        host.call('DeleteSchedulerxNotificationPolicy', {}, { PolicyName: 'Q' }),
        'Invalid parameter: Notification policy does not exist: Q',
      ],
      [
        host.call('ManageSchedulerxNotificationPolicy', {}, { PolicyName: 'Q' }),
        'Invalid parameter: Notification policy does not exist: Q',
      ],
      [
        host.call('CreateAppGroup', {
          Namespace: 'default',
          GroupId: 'g',
          AppName: 'a',
          NotificationPolicyName: 'Q',
        }),
        'Invalid parameter: Notification policy does not exist: Q',
      ],
      [
        host.call('UpdateAppGroup', { ...group, NotificationPolicyName: 'Q' }),
        'Invalid parameter: Notification policy does not exist: Q',
      ],
      [create(host, 'x', '[]'), /must be a JSON object/],
      [create(host, 'x', range({ sendChannel: '' })), /sendChannel is required/],
      [create(host, 'x', range({ sendChannel: 'sms,fax' })), /fax is none of/],
      [create(host, 'x', range({ timezone: 'GTM+7' })), /timezone is no time zone/],
      [create(host, 'x', range({ webhookIsAtAll: 'perhaps' })), /webhookIsAtAll/],
      [create(host, 'x', range({ timeRanges: undefined })), /timeRanges is required/],
      [create(host, 'x', range({ timeRanges: {} })), /timeRanges is empty/],
      [create(host, 'x', range({ timeRanges: { fax: workHours } })), /fax is no channel/],
      [
        create(host, 'x', range({ timeRanges: { all: workHours, sms: workHours } })),
        /one or the other/,
      ],
      [
        create(host, 'x', range({ timeRanges: { all: [{ startTime: '25:00' }] } })),
        /all\[0\]\.startTime must be HH:mm/,
      ],
      [
        create(host, 'x', range({ timeRanges: { all: [{ ...workHours[0], daysOfWeek: [0] }] } })),
        /daysOfWeek must be a list of days, 1 to 7/,
      ],
    ];
    for (const [answer, words] of rows) {
      const body = await answer;
      assert.equal(body['Success'], false, JSON.stringify(body));
      if (typeof words === 'string') assert.equal(body['Message'], words);
      else assert.match(String(body['Message']), words);
    }
    assert.equal((await read(host)).Total, 1);
  });
});
