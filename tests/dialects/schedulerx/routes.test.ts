import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Answer,
  clientNames,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;

const share = (percentage: number, ...labels: readonly string[]): string =>
  JSON.stringify([{ percentage, target: JSON.stringify(labels), targetType: 'label' }]);

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const body = await answer;
  assert.equal(body['Success'], true, JSON.stringify(body));
  return body;
}

const worker = { JobType: 'xxljob', Content: '{"jobHandler":"demo"}' };

async function routesOf({ engine }: SchedulerxHost, jobId: number) {
  const artifact = (await engine.templates.get(String(jobId)))?.spec.task.artifact;
  assert.ok(artifact?.kind === 'worker');
  return artifact.routes ?? [];
}

const labelled = (percentage: number, ...values: readonly string[]) => ({
  percentage,
  by: 'label',
  values,
});

describe('route strategies', () => {
  it('routes an application, a job before it, and falls back', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const one = await newJob(host, group, worker);
    const two = await newJob(host, group, worker);
    const base: Texts = { ...group, Name: 'canary', Type: '3', Status: '1' };
    const create = (more: Texts): Promise<Answer> =>
      host.call('CreateRouteStrategy', { ...base, ...more }, undefined, 'POST');
    const created = await ok(create({ StrategyContent: share(20, 'v1') }));
    assert.equal(typeof (created['Data'] as { AppGroupId: number }).AppGroupId, 'number');
    assert.deepEqual(await routesOf(host, one), [labelled(20, 'v1')]);
    await ok(create({ JobId: String(one), StrategyContent: share(70, 'v2', 'v3') }));
    assert.deepEqual(await routesOf(host, one), [labelled(70, 'v2', 'v3')]);
    assert.deepEqual(await routesOf(host, two), [labelled(20, 'v1')]);
    // A job that is made later has the application's.
    const three = await newJob(host, group, worker);
    assert.deepEqual(await routesOf(host, three), [labelled(20, 'v1')]);
    // Creating replaces; a strategy that is off does nothing.
    await ok(create({ JobId: String(one), Status: '0', StrategyContent: share(5, 'v9') }));
    assert.deepEqual(await routesOf(host, one), [labelled(20, 'v1')]);
    await ok(host.call('DeleteRouteStrategy', { ...group }));
    assert.deepEqual(await routesOf(host, two), []);
    assert.deepEqual(await routesOf(host, three), []);
    assert.deepEqual(host.errors, []);
  });

  it('is deleted one by one and in lists, through every client core', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const one = await newJob(host, group, worker);
    const two = await newJob(host, group, worker);
    for (const name of clientNames) {
      const call = host.clients[name];
      for (const jobId of [one, two]) {
        await ok(
          call('CreateRouteStrategy', {
            ...group,
            JobId: String(jobId),
            Name: 's',
            StrategyContent: share(50, 'v1'),
          }),
        );
      }
      assert.equal((await routesOf(host, one)).length, 1, name);
      await ok(call('DeleteRouteStrategy', { ...group, JobId: String(one) }));
      await ok(
        call(
          'BatchDeleteRouteStrategy',
          { ...group },
          {
            'JobIdList.1': String(one),
            'JobIdList.2': String(two),
          },
        ),
      );
      assert.deepEqual(await routesOf(host, one), [], name);
      assert.deepEqual(await routesOf(host, two), [], name);
    }
  });

  it('refuses in words', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const jobId = String(await newJob(host, group, worker));
    const create = (more: Texts): Promise<Answer> =>
      host.call('CreateRouteStrategy', { ...group, Name: 's', ...more });
    const content = (...entries: readonly object[]): Texts => ({
      StrategyContent: JSON.stringify(entries),
    });
    const rows: readonly (readonly [Promise<Answer>, string | RegExp])[] = [
      [create({ Name: ' ' }), 'strategy name is null or empty.'],
      [create({ JobId: '999' }), 'job is not existed, jobId=999'],
      [create({ Type: '1' }), /only 3/],
      [create({ StrategyContent: '{}' }), /must be a JSON array/],
      [create(content({ percentage: 101, target: '["a"]', targetType: 'label' })), /0 to 100/],
      [
        create(content({ percentage: 10, target: 'a', targetType: 'label' })),
        /JSON text of a list/,
      ],
      [create(content({ percentage: 10, target: '["a"]', targetType: 'x' })), /label or worker/],
      [
        create(
          content(
            { percentage: 60, target: '["a"]', targetType: 'label' },
            { percentage: 60, target: '["1.2.3.4"]', targetType: 'worker' },
          ),
        ),
        /add up to 120/,
      ],
      [host.call('DeleteRouteStrategy', { ...group }), 'strategy is already deleted.'],
      [
        host.call('DeleteRouteStrategy', { ...group, JobId: jobId }),
        'strategy is already deleted.',
      ],
      [
        host.call('BatchDeleteRouteStrategy', { ...group }, { JobIdList: `[999,${jobId}]` }),
        'delete failed jobs=[999]',
      ],
      [
        host.call('BatchDeleteRouteStrategy', { ...group }, {}),
        'Invalid parameter: jobIdList cannot be null',
      ],
    ];
    for (const [answer, words] of rows) {
      const body = await answer;
      assert.equal(body['Success'], false, JSON.stringify(body));
      if (typeof words === 'string') assert.equal(body['Message'], words);
      else assert.match(String(body['Message']), words);
    }
  });
});
