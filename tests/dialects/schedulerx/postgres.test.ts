/** SchedulerX on two servers that share one PostgreSQL: what one did the other knows, and races have one winner. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import type { DialectContext } from '../../../src/dialects/kit/dialect.ts';
import { createSchedulerxProduct } from '../../../src/dialects/schedulerx/index.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { createKey, dataFolder, type PrintedKey, startServer } from '../../support/server.ts';
import { until } from '../../support/until.ts';
import { sendV1 } from './v1-request.ts';

type Texts = Readonly<Record<string, string>>;
type Body = Readonly<Record<string, unknown>>;
type Call = (action: string, params?: Texts) => Promise<Body>;

const missing = missingPostgres();
const group = { RegionId: 'r', Namespace: 'default', GroupId: 'app.pg' };

suite('SchedulerX on PostgreSQL', { skip: missing ?? false }, () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let urls: readonly string[] = [];
  let nobody: PrintedKey;
  /** Through the first server, the second, and each in turn. */
  let first: Call;
  let second: Call;
  let turns = 0;
  const either: Call = (...args) => ((turns += 1) % 2 === 0 ? first : second)(...args);

  const callerOf =
    (url: string, key: PrintedKey): Call =>
    async (Action, params = {}) => {
      const answer = await sendV1({ url, key }, 'POST', { Action }, params);
      assert.ok(answer.status < 500, `${Action}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text) as Body;
    };

  before(async () => {
    const postgres = await testPostgres();
    cleanups.push(() => postgres.stop());
    const shared = { LONGSHORE_STORE_URL: await postgres.database('schedulerx') };
    const dataDir = await dataFolder(cleanup);
    const one = await startServer(cleanup, dataDir, [], shared);
    const key = await createKey(cleanup, dataDir);
    nobody = await createKey(cleanup, dataDir, ['--user', 'nobody']);
    const two = await startServer(cleanup, await dataFolder(cleanup), [], {
      ...shared,
      LONGSHORE_MASTER_KEY_FILE: join(dataDir, 'master.key'),
    });
    urls = [one.url, two.url];
    first = callerOf(one.url, key);
    second = callerOf(two.url, key);
    await done(first('CreateAppGroup', { ...group, AppName: 'pg' }));
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  async function done(answer: Promise<Body>): Promise<Body> {
    const body = await answer;
    assert.equal(body['Success'], true, JSON.stringify(body));
    return (body['Data'] ?? {}) as Body;
  }

  async function newJob(more: Texts = {}): Promise<string> {
    const data = await done(
      either('CreateJob', {
        ...group,
        Name: 'job',
        JobType: 'shell',
        ExecuteMode: 'standalone',
        TimeType: '100',
        Content: 'echo hello',
        ...more,
      }),
    );
    return String(data['JobId']);
  }

  const wins = (answers: readonly Body[]): readonly Body[] =>
    answers.filter((answer) => answer['Success'] === true);

  test('jobs: what one server writes the other reads', async () => {
    const cron = { TimeType: '1', TimeExpression: '0 0 2 * * ?' };
    const JobId = await newJob({ ...cron, Parameters: '夜 *', Name: 'räk' });
    const named = { ...group, JobId };
    await done(second('UpdateJob', { ...named, Description: 'two' }));
    const info = (await done(first('GetJobInfo', named)))['JobConfigInfo'] as Body;
    assert.deepEqual(
      [info['Name'], info['Parameters'], info['Description'], info['Status']],
      ['räk', '夜 *', 'two', 1],
    );
    await done(first('BatchDisableJobs', { ...group, JobIdList: `[${JobId}]` }));
    const listed = await done(second('ListJobs', { ...group, Status: '0' }));
    assert.equal(listed['Total'], 1);
    for (let version = 1; version <= 31; version += 1) {
      await done(either('UpdateJobScript', { ...named, ScriptContent: `echo ${version}` }));
    }
    const history = await done(second('ListJobScriptHistory', named));
    const texts = (history['JobScriptHistoryInfos'] as Body[]).map((each) => each['ScriptContent']);
    assert.deepEqual([texts.length, texts[0], texts[29]], [30, 'echo 31', 'echo 2']);
    await done(second('DeleteJob', named));
    assert.equal((await first('GetJobInfo', named))['Message'], `jobId=${JobId} is not existed`);
  });

  test('ids and names: of many at once each is given once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => newJob()));
    assert.equal(new Set(ids).size, 20);
    await done(first('BatchDeleteJobs', { ...group, JobIdList: ids.join(',') }));
    const app = { ...group, GroupId: 'app.race', AppName: 'race' };
    const groups = await Promise.all(
      Array.from({ length: 10 }, () => either('CreateAppGroup', app)),
    );
    assert.equal(wins(groups).length, 1);
    const year = { CalendarName: 'race', Year: '2030', MonthDaysContent: '[]' };
    const years = await Promise.all(
      Array.from({ length: 10 }, () => either('CreateSchedulerxCalendar', year)),
    );
    assert.equal(wins(years).length, 1);
    const refused = years.find((answer) => answer['Success'] !== true);
    assert.equal(refused?.['Message'], 'calendar "race" already exists in year 2030');
  });

  test('ExecuteJob: one instance per second, whichever server is asked', async () => {
    const named = { ...group, JobId: await newJob({ MaxConcurrency: '100' }) };
    const answers: Body[] = [];
    for (let round = 0; round < 3; round += 1) {
      const calls = Array.from({ length: 16 }, () => either('ExecuteJob', named));
      answers.push(...(await Promise.all(calls)));
    }
    const refusals = answers.filter((answer) => answer['Success'] !== true);
    for (const { Code, Message } of refusals) {
      assert.equal(Code, 400);
      assert.match(String(Message), /already has an instance with scheduleTime=[\d-]+ [\d:]+; try/);
    }
    const made = wins(answers).map((answer) => (answer['Data'] as Body)['JobInstanceId']);
    assert.ok(made.length >= 1 && refusals.length >= 16, `${made.length} made`);
    const data = await done(second('GetJobInstanceList', { ...named, PageSize: '100' }));
    const instances = data['JobInstanceDetails'] as Body[];
    assert.deepEqual(new Set(instances.map((instance) => instance['InstanceId'])), new Set(made));
    const seconds = instances.map((instance) => instance['ScheduleTime']);
    assert.equal(new Set(seconds).size, seconds.length);
    await until('all have run', async () => {
      const now = await done(first('GetJobInstanceList', { ...named, Status: '4' }));
      return (now['JobInstanceDetails'] as Body[]).length === made.length;
    });
  });

  test('retries: of several at once one is made', async () => {
    const named = { ...group, JobId: await newJob({ Content: 'exit 3' }) };
    const { JobInstanceId } = await done(first('ExecuteJob', named));
    const instance = { ...named, JobInstanceId: String(JobInstanceId) };
    const detail = async (call: Call) =>
      (await done(call('GetJobInstance', instance)))['JobInstanceDetail'] as Body;
    await until('it failed', async () => (await detail(second))['Status'] === 5);
    await done(second('UpdateJobScript', { ...named, ScriptContent: 'sleep 1; echo again' }));
    const retries = Array.from({ length: 8 }, () => either('RetryJobInstance', instance));
    assert.equal(wins(await Promise.all(retries)).length, 1);
    const over = await until('it succeeded', async () => {
      const now = await detail(first);
      return now['Status'] === 4 ? now : null;
    });
    assert.deepEqual([over['Result'], over['TriggerType']], ['again', 4]);
  });

  test('workflows: started on one server, seen on the other', async () => {
    const [one, two] = [await newJob({ Name: 'a' }), await newJob({ Name: 'b' })];
    const { WorkflowId } = await done(
      first('CreateWorkflow', { ...group, Name: 'flow', TimeType: '100' }),
    );
    const workflow = { ...group, WorkflowId: String(WorkflowId) };
    const DagJson = JSON.stringify({
      nodes: [{ id: Number(one) }, { id: Number(two) }],
      edges: [{ source: Number(one), target: Number(two) }],
    });
    await done(second('UpdateWorkflowDag', { ...workflow, DagJson }));
    await done(first('EnableWorkflow', workflow));
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => either('ExecuteWorkflow', workflow)),
    );
    assert.equal(wins(runs).length, 1, 'MaxConcurrency is one');
    const [started] = wins(runs);
    const { WfInstanceId } = (started?.['Data'] ?? {}) as Body;
    const run = { ...workflow, WfInstanceId: String(WfInstanceId) };
    await until('the workflow is over', async () => {
      const { WfInstanceInfo } = await done(second('GetWorkflowInstance', run));
      return (WfInstanceInfo as Body)['Status'] === 4;
    });
    const { WfInstanceDag } = await done(first('GetWorkflowInstance', run));
    const { Nodes } = WfInstanceDag as { readonly Nodes: readonly Body[] };
    assert.deepEqual(
      Nodes.map((node) => [node['JobName'], node['Status'], node['Result']]),
      [
        ['a', 4, 'hello'],
        ['b', 4, 'hello'],
      ],
    );
    await done(second('DeleteWorkflow', workflow));
  });

  test('calendars: a change acts on the jobs that have it', async () => {
    const year = { CalendarName: 'pg', Year: '2030' };
    await done(first('CreateSchedulerxCalendar', { ...year, MonthDaysContent: '[]' }));
    const cron = { TimeType: '1', TimeExpression: '0 0 2 * * ?', Calendar: 'pg' };
    const JobId = await newJob(cron);
    const content = { MonthDaysContent: '[{"month":2,"days":[28]}]', Incremental: 'true' };
    await done(second('ManageSchedulerxCalendar', { ...year, ...content }));
    const shown = await done(
      first('ReadSchedulerxCalendar', { ...year, FetchCalendarDetail: 'true' }),
    );
    const [record] = shown['Records'] as Body[];
    assert.equal(record?.['MonthDaysContent'], '[{"month":2,"days":[28]}]');
    assert.match(
      String((await first('DeleteSchedulerxCalendar', year))['Message']),
      new RegExp(`used by jobs=\\[${JobId}\\]`),
    );
    await done(second('DeleteJob', { ...group, JobId }));
    await done(first('DeleteSchedulerxCalendar', year));
  });

  test('texts that PostgreSQL cannot hold are no crash, in any parameter of anybody', async () => {
    const { operations } = createSchedulerxProduct({} as DialectContext);
    const JobId = await newJob();
    const sensible: Texts = { ...group, JobId, WorkflowId: '1', JobInstanceId: '1' };
    const stranger = callerOf(urls[0] ?? '', nobody);
    for (const { name: action, parameters } of operations) {
      const given = Object.fromEntries(parameters.map(({ name }) => [name, sensible[name] ?? '1']));
      const answers = parameters
        .filter(({ name }) => name !== 'RegionId' && name !== 'NamespaceSource')
        .flatMap(({ name }) => {
          const params = { ...given, [name]: 'a\0b' };
          // Also before permissions are known: grants are looked up by what a stranger sends.
          return [either(action, params), stranger(action, params)].map((answer) =>
            answer.then((body) => [name, body] as const),
          );
        });
      for (const [name, body] of await Promise.all(answers)) {
        const code = String(body['Code']);
        assert.match(
          code,
          /^(?:200|400|403|Missing\w+|NoPermission)$/,
          `${action} ${name}: ${code}`,
        );
      }
    }
  });

  test('any parameters: an answer of the contract', async () => {
    const { operations } = createSchedulerxProduct({} as DialectContext);
    const sensible: Texts = { ...group, JobId: await newJob(), Name: 'n', TimeType: '100' };
    const odd = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.toWellFormed()),
      fc.json({ maxDepth: 2 }),
      fc.constantFrom('', '0', '-1', '9007199254740993', '\0', '__proto__', 'true'),
    );
    const wish = fc.constantFrom(...operations).chain((operation) =>
      fc.record({
        operation: fc.constant(operation),
        given: fc.record(
          Object.fromEntries(
            operation.parameters.map(({ name }) => [
              name,
              fc.oneof(
                { weight: 1, arbitrary: odd },
                { weight: 2, arbitrary: fc.constant(sensible[name] ?? '1') },
              ),
            ]),
          ),
          { requiredKeys: [] },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(wish, async ({ operation, given }) => {
        // What the others need stays.
        if (operation.name === 'DeleteAppGroup') return;
        const body = await either(operation.name, given as Texts);
        assert.match(String(body['Code']), /^(?:200|400|403|Missing\w+)$/, operation.name);
      }),
      { numRuns: 300 },
    );
  });
});
