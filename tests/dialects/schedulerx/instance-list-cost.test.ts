/** What a list of instances costs the store, and that it stays right where many runs are passed over. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import Sqlite from 'better-sqlite3';
import { runIdOf } from '../../../src/dialects/schedulerx/instances.ts';
import { submitInstance } from '../../../src/dialects/schedulerx/submit.ts';
import {
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;
interface Row {
  readonly InstanceId: number;
  readonly TriggerType: number;
}

/** Most statements of one answer, however many rows it has: the operation's, and the door's. */
const maxStatements = 6 + 2;

let statements = 0;

/** Counts what SQLite is asked from here on, by every connection of this process. */
function countStatements(): void {
  const db = new Sqlite(':memory:');
  const prototype = Object.getPrototypeOf(db.prepare('select 1')) as Record<
    'get' | 'all',
    (...values: readonly unknown[]) => unknown
  >;
  db.close();
  for (const name of ['get', 'all'] as const) {
    const ask = prototype[name];
    prototype[name] = function counted(...values) {
      statements += 1;
      return ask.apply(this, [...values]);
    };
  }
}

/** The instance of a job that was due at a second of its own, counted from `firstMs`. */
async function submit(
  host: SchedulerxHost,
  jobId: number,
  firstMs: number,
  second: number,
): Promise<string> {
  const run = await submitInstance(host.services, jobId, {
    by: 'root',
    triggerType: 3,
    parameters: null,
    atMs: firstMs + second * 1_000,
    dataTimeMs: null,
    limited: false,
    seconds: 1,
  });
  return run.id;
}

/** A further run of an instance, as RetryJobInstance makes it. */
async function runAgain(host: SchedulerxHost, jobId: number, instanceId: string): Promise<void> {
  await host.engine.runs.submit({
    templateId: String(jobId),
    dialect: 'schedulerx',
    trigger: 'retry',
    runId: runIdOf({ instanceId, retry: 1 }),
    idPrefix: '',
    idSuffix: '',
    idempotencyKey: `retry:${instanceId}:1`,
    notBeforeMs: null,
    by: 'root',
    override: null,
  });
}

async function list(host: SchedulerxHost, query: Texts): Promise<readonly Row[]> {
  const answer = await host.call('GetJobInstanceList', query);
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return (answer['Data'] as { JobInstanceDetails: readonly Row[] }).JobInstanceDetails;
}

describe('lists of instances', () => {
  before(countStatements);

  it('cost the same few statements, however many rows they have', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const jobId = await newJob(host, group, { MaxConcurrency: '500' });
    const firstMs = Date.now() - 3_600_000;
    const ids: string[] = [];
    for (let second = 0; second < 110; second += 1) {
      ids.push(await submit(host, jobId, firstMs, second));
    }
    const job = { ...group, JobId: String(jobId) };
    const costOf = async (query: Texts, rows: number): Promise<number> => {
      let least = Number.POSITIVE_INFINITY;
      // What is looked up once does not count, nor what the engine asks meanwhile for itself.
      for (let time = 0; time < 5; time += 1) {
        statements = 0;
        assert.equal((await list(host, query)).length, rows);
        least = Math.min(least, statements);
      }
      return least;
    };
    const few = await costOf({ ...job, PageSize: '1' }, 1);
    assert.ok(few > 0 && few <= maxStatements, `${few} statements`);
    assert.equal(await costOf(job, 10), few);
    assert.equal(await costOf({ ...job, PageSize: '100' }, 100), few);
    assert.equal(await costOf({ ...job, PageSize: '100', PageNum: '2' }, 10), few);
    assert.ok((await costOf({ ...group, PageSize: '100', Status: '1' }, 100)) <= few);

    let least = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 5; time += 1) {
      statements = 0;
      const one = await host.call('GetJobInstance', { ...job, JobInstanceId: ids[0] ?? '' });
      assert.equal(one['Success'], true, JSON.stringify(one));
      least = Math.min(least, statements);
    }
    assert.ok(least > 0 && least <= maxStatements, `${least} statements for one`);
  });

  it('tell each instance once, in its place, where most runs are passed over', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const jobId = await newJob(host, group, { MaxConcurrency: '500' });
    const firstMs = Date.now() - 3_600_000;
    const expected: { readonly id: string; readonly again: boolean }[] = [];
    for (let second = 0; second < 60; second += 1) {
      const id = await submit(host, jobId, firstMs, second);
      const again = second % 5 !== 0;
      if (again) await runAgain(host, jobId, id);
      expected.unshift({ id, again });
    }
    const query = { ...group, JobId: String(jobId) };
    const shown = async (pageSize: number): Promise<readonly (readonly [string, boolean])[]> => {
      const rows: (readonly [string, boolean])[] = [];
      for (let page = 1; page <= 70; page += 1) {
        const paging = { PageNum: String(page), PageSize: String(pageSize) };
        const found = await list(host, { ...query, ...paging });
        if (found.length === 0) return rows;
        rows.push(
          ...found.map(
            ({ InstanceId, TriggerType }) => [String(InstanceId), TriggerType === 4] as const,
          ),
        );
      }
      throw new Error('the list does not end');
    };
    const all = expected.map(({ id, again }) => [id, again] as const);
    for (const pageSize of [1, 7, 25, 100]) assert.deepEqual(await shown(pageSize), all);
    assert.equal((await list(host, { ...query, Status: '1', PageSize: '100' })).length, 60);
    assert.deepEqual(await list(host, { ...query, Status: '5' }), []);
  });
});
