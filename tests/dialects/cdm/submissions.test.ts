/** Starting, stopping and history through the vendor's client core, with real data (cdm.md §3.8-3.12, §5). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { failureOf, type Answer } from '../huawei/harness.ts';
import { until } from '../../support/until.ts';
import { type CdmCall, type CdmProgram, job, sqliteLink, startCdmProgram } from './program.ts';

type Row = Readonly<Record<string, unknown>>;

const links = { from: 'a', to: 'b' };
const from = { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' };
const to = (table: string): Row => ({
  'toJobConfig.schemaName': 'main',
  'toJobConfig.tableName': table,
  'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
  'toJobConfig.beforeImportType': 'shouldClearTable',
});
const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';

const submissionsOf = (answer: Answer): readonly Row[] => answer['submissions'] as readonly Row[];
const jobOf = async (cdm: CdmCall, name: string): Promise<Row> =>
  ((await cdm('GET', `/job/${name}`))['jobs'] as readonly Row[])[0] ?? {};
const statusOf = async (cdm: CdmCall, name: string): Promise<Row> =>
  submissionsOf(await cdm('GET', `/job/${name}/status`))[0] ?? {};

const active = ['PENDING', 'BOOTING', 'RUNNING'];

/** The last submission, once it has ended. */
async function ended(cdm: CdmCall, name: string): Promise<Row> {
  let last: Row = {};
  await until(`the end of ${name}`, async () => {
    last = await statusOf(cdm, name);
    return !active.includes(String(last['status']));
  });
  return last;
}

/** Two links and a table `orders` of 200 rows in the first. */
async function startWithOrders(t: Parameters<typeof startCdmProgram>[0], extra: Row = {}) {
  const program = await startCdmProgram(t, extra);
  const db = new Database(join(program.databases, 'a.db'));
  db.exec('create table orders (id integer primary key, name text, price decimal(10,2))');
  const insert = db.prepare('insert into orders values (?, ?, ?)');
  for (let id = 1; id <= 200; id += 1) insert.run(id, id % 7 === 0 ? null : `n ${id}`, id / 4);
  db.close();
  const made = [sqliteLink('a', 'a.db'), sqliteLink('b', 'b.db')];
  await program.cdm('POST', '/link', { links: made });
  return program;
}

function rowsOf(program: CdmProgram, table: string): number {
  const db = new Database(join(program.databases, 'b.db'), { readonly: true });
  try {
    return db.prepare(`select count(*) from ${table}`).pluck().get() as number;
  } finally {
    db.close();
  }
}

/** A row in each second: runs for minutes. */
const slowly = {
  'throttlingConfig.throttling': 'true',
  'throttlingConfig.recordRate': '1',
  'throttlingConfig.channelCapacityMb': '1',
};

test('submissions', async (t) => {
  const program = await startWithOrders(t, {
    environment: { 'cdm-default': { most: '150', least: '1' } },
  });
  const { cdm } = program;
  const create = (...jobs: object[]) => cdm('POST', '/job', { jobs });

  await t.test('a job that never ran says so', async () => {
    await create(job('idle', links, { from, to: to('idle') }));
    const last = await statusOf(cdm, 'idle');
    assert.equal(last['status'], 'NEVER_EXECUTED');
    assert.equal(last['progress'], 0);
    assert.equal(last['external-id'], '');
    assert.equal((await failureOf(cdm('PUT', '/job/idle/stop'))).errorCode, 'Cdm.0053');
    for (const path of ['/job/nobody/status', '/job/nobody', '/submissions?jname=nobody']) {
      const [route = '', query] = path.split('?jname=');
      const failure = await failureOf(
        cdm('GET', route, undefined, query === undefined ? {} : { jname: query }),
      );
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0100']);
    }
    for (const verb of ['start', 'stop']) {
      const failure = await failureOf(cdm('PUT', `/job/nobody/${verb}`));
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0100']);
    }
  });

  await t.test(
    'variables choose what is read, and one that nothing defines is refused',
    async () => {
      const whereClause = "id between ${least} and ${most} and name <> '$${x}'";
      await create(
        job('ranges', links, {
          from: { ...from, 'fromJobConfig.whereClause': `${whereClause} or id = \${extra}` },
          to: to('ranges'),
        }),
      );
      const failure = await failureOf(cdm('PUT', '/job/ranges/start'));
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0014']);
      assert.match(failure.errorMsg, /extra/);
      assert.equal((await statusOf(cdm, 'ranges'))['status'], 'NEVER_EXECUTED');
      const started = await cdm('PUT', '/job/ranges/start', {
        variables: { extra: 0, most: '70' },
      });
      const [first] = submissionsOf(started);
      assert.equal(first?.['status'], 'BOOTING');
      assert.equal(first?.['progress'], 1);
      assert.equal(typeof first?.['creation-date'], 'number');
      assert.equal(first?.['last-update-user'], 'tester');
      assert.equal(first?.['last-udpate-user'], 'tester');
      assert.equal(first?.['isStopingIncrement'], '');
      assert.match(String((await jobOf(cdm, 'ranges'))['status']), /BOOTING|RUNNING|SUCCEEDED/);
      const done = await ended(cdm, 'ranges');
      assert.equal(done['status'], 'SUCCEEDED', JSON.stringify(done));
      assert.equal(done['progress'], 100);
      assert.equal(rowsOf(program, 'ranges'), 60);
      assert.equal(done['write_rows'], 60);
      assert.match(String(done['external-id']), /^job_local\d{10}_\d{4}$/);
      const counters = (done['counters'] as Row)[counterGroup] as Row;
      assert.equal(counters['ROWS_READ'], 60);
      assert.equal(counters['ROWS_WRITTEN'], 60);
      assert.equal(counters['BYTES_READ'], -1);
      // The environment's value counts where the start gives none.
      await cdm('PUT', '/job/ranges/start', { variables: { extra: '200' } });
      const second = await ended(cdm, 'ranges');
      assert.equal(rowsOf(program, 'ranges'), 130);
      assert.ok(Number(second['submission-id']) > Number(done['submission-id']));
      const history = await cdm('GET', '/submissions', undefined, { jname: 'ranges' });
      assert.equal(history['total'], 2);
      assert.deepEqual(
        submissionsOf(history).map((row) => row['submission-id']),
        [second['submission-id'], done['submission-id']],
      );
      const shown = await jobOf(cdm, 'ranges');
      assert.equal(shown['status'], 'SUCCEEDED');
      assert.equal(shown['rows_read'], 130);
      assert.equal(shown['external_id'], second['external-id']);
      assert.ok(JSON.stringify(shown).includes('%24%7Bleast%7D'));
    },
  );

  await t.test('macros that are wrong are refused before anything starts', async () => {
    const where = {
      ...from,
      'fromJobConfig.whereClause': "d = '${dateformat(yyyy-MM-dd, -1, DAYS)}'",
    };
    await create(job('macro', links, { from: where, to: to('macro') }));
    const failure = await failureOf(cdm('PUT', '/job/macro/start'));
    assert.equal(failure.errorCode, 'Cdm.0014');
    assert.match(failure.errorMsg, /DAYS|units/);
    for (const variables of ['x', [1], { a: { b: 1 } }]) {
      const wrong = await failureOf(cdm('PUT', '/job/macro/start', { variables }));
      assert.match(wrong.errorCode, /Cdm\.00(?:04|14)/);
    }
  });

  await t.test('a run that fails tells why, and by its code', async () => {
    await create(
      job('broken', links, {
        from: { ...from, 'fromJobConfig.tableName': 'nothing_here' },
        to: to('broken'),
      }),
    );
    await cdm('PUT', '/job/broken/start');
    const failed = await ended(cdm, 'broken');
    assert.equal(failed['status'], 'FAILED');
    assert.equal(failed['progress'], -1);
    assert.match(String(failed['error-summary']), /^Cdm\.0900: .*nothing_here/);
    assert.equal(failed['counters'], undefined);
    assert.equal((await jobOf(cdm, 'broken'))['status'], 'FAILED');
  });

  await t.test('a running job is stopped, and can be changed and deleted right after', async () => {
    const slow = job('slow', links, { from, to: to('slow'), driver: slowly });
    await create(slow);
    await cdm('PUT', '/job/slow/start');
    await until('rows to move', async () => (await statusOf(cdm, 'slow'))['status'] === 'RUNNING');
    for (const call of [
      cdm('PUT', '/job/slow/start'),
      cdm('PUT', '/job/slow', { jobs: [slow] }),
      cdm('DELETE', '/job/slow'),
    ]) {
      const failure = await failureOf(call);
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0052']);
    }
    const stopped = await cdm('PUT', '/job/slow/stop');
    assert.deepEqual(stopped['validation-result'], []);
    const last = await statusOf(cdm, 'slow');
    assert.equal(last['status'], 'FAILED');
    assert.equal(last['progress'], -1);
    assert.match(String(last['error-summary']), /stopped by tester/);
    await cdm('PUT', '/job/slow/start');
    await until('rows to move', async () => (await statusOf(cdm, 'slow'))['status'] === 'RUNNING');
    // Nobody waits for the stop: what follows does.
    const stopping = cdm('PUT', '/job/slow/stop');
    const deleted = until('the deletion', async () => {
      try {
        await cdm('DELETE', '/job/slow');
        return true;
      } catch (error) {
        // Not before the stop was heard.
        assert.equal((error as { errorCode: string }).errorCode, 'Cdm.0052');
        return false;
      }
    });
    await Promise.all([stopping, deleted]);
    assert.equal((await failureOf(cdm('GET', '/job/slow/status'))).errorCode, 'Cdm.0100');
  });

  await t.test('disabled jobs and links do not start', async () => {
    await create(job('off', links, { from, to: to('off') }, { enabled: false }));
    assert.equal((await failureOf(cdm('PUT', '/job/off/start'))).errorCode, 'Cdm.0059');
    await cdm('POST', '/link', { links: [{ ...sqliteLink('dark', 'b.db'), enabled: false }] });
    await create(job('dim', { from: 'a', to: 'dark' }, { from, to: to('off') }));
    assert.equal((await failureOf(cdm('PUT', '/job/dim/start'))).errorCode, 'Cdm.0060');
  });

  await t.test('a schedule starts runs by itself', async () => {
    const startDate = new Date(Date.now() + 2_000).toISOString().slice(0, 19).replace('T', ' ');
    await create(
      job('timer', links, {
        from,
        to: to('timer'),
        driver: {
          'schedulerConfig.isSchedulerJob': 'true',
          'schedulerConfig.cycleType': 'minute',
          'schedulerConfig.cycle': '5',
          'schedulerConfig.startDate': startDate,
        },
      }),
    );
    await until(
      'the timer',
      async () => (await statusOf(cdm, 'timer'))['status'] !== 'NEVER_EXECUTED',
    );
    const done = await ended(cdm, 'timer');
    assert.equal(done['status'], 'SUCCEEDED', JSON.stringify(done));
    assert.equal(done['is-execute-auto'], true);
    assert.equal(done['creation-user'], 'tester');
    assert.ok(Number.isInteger(done['submission-id']) && Number(done['submission-id']) < 100_000);
    await cdm('DELETE', '/job/timer');
  });

  await t.test(
    'a disposable job is gone from lists after its run and still tells how it ended',
    async () => {
      const once = { 'schedulerConfig.disposableType': 'DELETE_AFTER_SUCCEED' };
      const disposable = job('once', links, { from, to: to('once'), driver: once });
      await create(disposable);
      const [started] = submissionsOf(await cdm('PUT', '/job/once/start'));
      assert.equal(started?.['isDeleteJob'], true);
      assert.equal((await ended(cdm, 'once'))['status'], 'SUCCEEDED');
      const listed = await cdm('GET', '/job/all', undefined, { filter: 'once' });
      assert.deepEqual(listed['jobs'], []);
      assert.equal((await failureOf(cdm('PUT', '/job/once/start'))).errorCode, 'Cdm.0100');
      // Its name is free.
      await create(disposable);
      assert.equal((await statusOf(cdm, 'once'))['status'], 'NEVER_EXECUTED');
    },
  );

  await t.test('a job is made in one of several clusters and started', async () => {
    const random = job('random', links, { from, to: to('random') });
    const { clusterId, api } = program;
    const body = { jobs: [random], clusters: [clusterId, clusterId, 'elsewhere'] };
    const [first] = submissionsOf(await api('POST', '/clusters/job', body));
    assert.equal(first?.['job-name'], 'random');
    await ended(cdm, 'random');
    const [second] = submissionsOf(await api('POST', '/clusters/job', body));
    assert.notEqual(second?.['submission-id'], first?.['submission-id']);
    await ended(cdm, 'random');
    const other = {
      ...random,
      'to-config-values': job('x', links, { from, to: to('y') })['to-config-values'],
    };
    const taken = await failureOf(api('POST', '/clusters/job', { ...body, jobs: [other] }));
    assert.equal(taken.errorCode, 'Cdm.0104');
    const none = await failureOf(
      api('POST', '/clusters/job', { ...body, clusters: ['elsewhere'] }),
    );
    assert.deepEqual([none.httpStatusCode, none.errorCode], [400, 'Cdm.0201']);
  });

  await t.test('history of all jobs has pages', async () => {
    const page = await cdm('GET', '/submissions', undefined, { page_no: 2, page_size: 2 });
    assert.equal(submissionsOf(page).length, 2);
    assert.deepEqual([page['page_no'], page['page_size']], [2, 2]);
    assert.ok(Number(page['total']) >= 4);
  });
});

test('the flow of the Terraform provider (cdm.md appendix C)', async (t) => {
  const program = await startWithOrders(t);
  const { cdm, api, clusterId } = program;
  const made = job('terraform_job', links, {
    from: { ...from, 'fromJobConfig.whereClause': 'id > 10' },
    to: to('terraform'),
    driver: {
      'throttlingConfig.numExtractors': '2',
      'retryJobConfig.retryJobType': 'NONE',
      'groupJobConfig.groupName': 'DEFAULT',
    },
  });
  await cdm('POST', '/job', { jobs: [made] });
  const started = submissionsOf(await cdm('PUT', '/job/terraform_job/start'));
  assert.ok(
    !['FAILURE_ON_SUBMIT', 'FAILED', 'NEVER_EXECUTED'].includes(String(started[0]?.['status'])),
  );
  const seen: string[] = [];
  await until('the job to succeed', async () => {
    const status = String((await jobOf(cdm, 'terraform_job'))['status']);
    seen.push(status);
    return status === 'SUCCEEDED';
  });
  assert.ok(
    seen.every((status) => ['BOOTING', 'RUNNING', 'SUCCEEDED'].includes(status)),
    String(seen),
  );
  assert.equal(rowsOf(program, 'terraform'), 190);
  // Its reader takes texts only, and unescapes paths.
  const shown = await jobOf(cdm, 'terraform_job');
  const groups = shown['from-config-values'] as {
    configs: { inputs: { name: string; value: unknown }[] }[];
  };
  const inputs = groups.configs.flatMap((config) => config.inputs);
  assert.ok(inputs.every(({ value }) => typeof value === 'string'));
  const where = inputs.find(({ name }) => name === 'fromJobConfig.whereClause')?.value;
  assert.equal(decodeURIComponent(String(where)), 'id > 10');
  const slow = {
    ...made,
    'driver-config-values': job('x', links, { from, to: {}, driver: slowly })[
      'driver-config-values'
    ],
  };
  await cdm('PUT', '/job/terraform_job', { jobs: [slow] });
  await cdm('PUT', '/job/terraform_job/start');
  await until(
    'rows to move',
    async () => (await jobOf(cdm, 'terraform_job'))['status'] === 'RUNNING',
  );
  // It does not wait between these.
  await cdm('PUT', '/job/terraform_job/stop');
  await cdm('DELETE', '/job/terraform_job');
  const gone = await failureOf(cdm('GET', '/job/terraform_job'));
  assert.deepEqual([gone.httpStatusCode, gone.errorCode], [400, 'Cdm.0100']);
  await cdm('DELETE', '/link/a');
  await cdm('DELETE', '/link/b');
  assert.equal((await failureOf(cdm('GET', '/link/a'))).httpStatusCode, 404);
  await api('DELETE', `/clusters/${clusterId}`, { keep_last_manual_backup: 0 });
  assert.equal((await failureOf(api('GET', `/clusters/${clusterId}`))).httpStatusCode, 404);
});
