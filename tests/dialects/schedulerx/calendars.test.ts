import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { previewSchedule } from '../../../src/domain/schedule/preview.ts';
import {
  type Answer,
  clientNames,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;
interface Row {
  readonly CalendarName: string;
  readonly Year: number;
  readonly Creator: string;
  readonly SystemCalendar: boolean;
  readonly MonthDaysContent?: string;
}

const nextYear = new Date().getUTCFullYear() + 1;
const year = String(nextYear);

const messageOf = (answer: Answer): unknown =>
  answer['Success'] === false ? answer['Message'] : `it succeeded: ${JSON.stringify(answer)}`;

const days = (...months: readonly (readonly [number, readonly number[]])[]): string =>
  JSON.stringify(months.map(([month, each]) => ({ month, days: each })));

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const body = await answer;
  assert.equal(body['Success'], true, JSON.stringify(body));
  return body;
}

async function read({ call }: SchedulerxHost, query: Texts) {
  const body = await ok(call('ReadSchedulerxCalendar', query));
  return body['Data'] as {
    readonly MaxResults: number;
    readonly NextToken: string;
    readonly Total: number;
    readonly Records: readonly Row[];
  };
}

const create = (host: SchedulerxHost, name: string, content: string, of = year): Promise<Answer> =>
  host.call(
    'CreateSchedulerxCalendar',
    {},
    { CalendarName: name, Year: of, MonthDaysContent: content },
  );

/** When a job runs next by its stored schedule, in UTC; null when never. */
async function nextFiring({ engine }: SchedulerxHost, jobId: number): Promise<string | null> {
  const template = await engine.templates.get(String(jobId));
  const preview = previewSchedule(template?.schedule, Date.now(), 1);
  assert.ok(preview.kind === 'preview');
  return preview.nextFire === null
    ? null
    : new Date(preview.nextFire.nominalMs).toISOString().slice(0, 16);
}

async function open(t: TestContext): Promise<{ host: SchedulerxHost; group: Texts }> {
  const host = await startSchedulerxHost(t);
  return { host, group: await newGroup(host) };
}

describe('calendars', () => {
  it('makes, reads, changes and deletes through every client core', async (t) => {
    const { host } = await open(t);
    for (const [index, name] of clientNames.entries()) {
      const call = host.clients[name];
      const named = { CalendarName: `c${index}`, Year: year };
      const content = days([3, [7, 5, 5]], [1, [2]]);
      await ok(call('CreateSchedulerxCalendar', {}, { ...named, MonthDaysContent: content }));
      await ok(
        call(
          'ManageSchedulerxCalendar',
          {},
          { ...named, MonthDaysContent: days([1, [9]]), Incremental: 'true' },
        ),
      );
      const kept = (await read(host, { ...named, FetchCalendarDetail: 'true' })).Records;
      assert.deepEqual(kept, [
        {
          CalendarName: `c${index}`,
          Year: nextYear,
          Creator: 'root',
          SystemCalendar: false,
          MonthDaysContent: days([1, [9]], [3, [5, 7]]),
        },
      ]);
      await ok(
        call('ManageSchedulerxCalendar', {}, { ...named, MonthDaysContent: days([1, [9]]) }),
      );
      const [dropped] = (await read(host, { ...named, FetchCalendarDetail: 'true' })).Records;
      assert.equal(dropped?.MonthDaysContent, days([1, [9]]));
      await ok(call('DeleteSchedulerxCalendar', {}, named));
      assert.equal((await read(host, named)).Total, 0);
    }
    assert.deepEqual(host.errors, []);
  });

  it('pages by token, and tells of the system calendar when asked', async (t) => {
    const { host } = await open(t);
    for (const name of ['a', 'b', 'c']) await ok(create(host, name, days([1, [1]])));
    const first = await read(host, { MaxResults: '2', FetchSystemCalendar: 'true' });
    assert.equal(first.Total, 4);
    assert.deepEqual(
      first.Records.map(({ CalendarName, SystemCalendar }) => [CalendarName, SystemCalendar]),
      [
        ['workday', true],
        ['a', false],
      ],
    );
    assert.equal(first.Records[1]?.MonthDaysContent, undefined);
    const second = await read(host, {
      MaxResults: '2',
      FetchSystemCalendar: 'true',
      NextToken: first.NextToken,
    });
    assert.deepEqual(
      second.Records.map(({ CalendarName }) => CalendarName),
      ['b', 'c'],
    );
    assert.equal(second.NextToken, '');
    const forged = await host.call('ReadSchedulerxCalendar', { NextToken: 'x' });
    assert.match(String(messageOf(forged)), /nextToken=x invalid/);
  });

  it('refuses in the words of the contract', async (t) => {
    const { host } = await open(t);
    await ok(create(host, 'C', days([1, [1]])));
    const named = { CalendarName: 'D', Year: year };
    const manage = host.call(
      'ManageSchedulerxCalendar',
      {},
      {
        ...named,
        MonthDaysContent: days([1, [1]]),
      },
    );
    const rows: readonly (readonly [Promise<Answer>, string | RegExp])[] = [
      [create(host, 'C', days([1, [1]])), `calendar "C" already exists in year ${year}`],
      [manage, `calendar "D" does not exist in year ${year}`],
      [
        host.call('DeleteSchedulerxCalendar', {}, named),
        `calendar "D" does not exist in year ${year}`,
      ],
      [
        host.call('DeleteSchedulerxCalendar', {}, { CalendarName: 'workday', Year: year }),
        'The system calendar cannot be deleted',
      ],
      [
        create(host, 'workday', days([1, [1]])),
        `calendar "workday" already exists in year ${year}`,
      ],
      [create(host, 'E', days([2, [30]])), /has no day 30/],
      [create(host, 'E', days([13, [1]])), /month must be a number from 1 to 12/],
      [create(host, 'E', '{'), /must be a JSON array/],
      [create(host, 'E', days([1, [1]]), '99'), /Year=99 invalid/],
      [create(host, 'x'.repeat(65), days([1, [1]])), /calendarName=x+ invalid/],
    ];
    for (const [answer, words] of rows) {
      const message = String(messageOf(await answer));
      if (typeof words === 'string') assert.equal(message, words);
      else assert.match(message, words);
    }
    await assert.rejects(
      host.call('CreateSchedulerxCalendar', {}, { CalendarName: 'F' }),
      /MissingYear/,
    );
  });

  it('decides on which days a cron fires, at once when it changes', async (t) => {
    const { host, group } = await open(t);
    await ok(create(host, 'C', days([3, [5]], [6, [7]])));
    const jobId = await newJob(host, group, {
      TimeType: '1',
      TimeExpression: '0 0 2 * * ?',
      Timezone: 'UTC',
      Calendar: 'C',
    });
    assert.equal(await nextFiring(host, jobId), `${year}-03-05T02:00`);
    const named = { CalendarName: 'C', Year: year };
    await ok(
      host.call('ManageSchedulerxCalendar', {}, { ...named, MonthDaysContent: days([6, [7]]) }),
    );
    assert.equal(await nextFiring(host, jobId), `${year}-06-07T02:00`);
    await ok(host.call('ManageSchedulerxCalendar', {}, { ...named, MonthDaysContent: '[]' }));
    assert.equal(await nextFiring(host, jobId), null);
    await ok(create(host, 'C', days([1, [4]]), String(nextYear + 1)));
    assert.equal(await nextFiring(host, jobId), `${nextYear + 1}-01-04T02:00`);
    await ok(host.call('DeleteSchedulerxCalendar', {}, named));
    const last = { ...named, Year: String(nextYear + 1) };
    const refused = await host.call('DeleteSchedulerxCalendar', {}, last);
    assert.equal(
      messageOf(refused),
      `calendar "C" is used by jobs=[${jobId}]; give them another calendar first`,
    );
    await ok(host.call('DeleteJob', { ...group, JobId: String(jobId) }));
    await ok(host.call('DeleteSchedulerxCalendar', {}, last));
    assert.deepEqual(host.errors, []);
  });

  it('has the working days, and refuses a job with a calendar that is not there', async (t) => {
    const { host, group } = await open(t);
    const cron = { TimeType: '1', TimeExpression: '0 0 2 ? * 1,2', Timezone: 'UTC' };
    const jobId = await newJob(host, group, { ...cron, Calendar: 'workday' });
    const next = await nextFiring(host, jobId);
    assert.equal(new Date(`${next}Z`).getUTCDay(), 1, 'a Monday, though the cron has Sundays');
    await assert.rejects(
      newJob(host, group, { ...cron, Calendar: 'none' }),
      new RegExp(`calendar \\\\"none\\\\" does not exist in year ${nextYear - 1}`),
    );
  });
});
