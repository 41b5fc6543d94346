/** Workflows through the native API: their graph, runs, nodes, and how a failed one goes on. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type SurroundingsServer, startSurroundings } from '../support/surroundings.ts';
import { createKey } from '../support/server.ts';
import { needs } from '../support/tools.ts';
import { until, within } from '../support/until.ts';

type Row = Readonly<Record<string, unknown>>;

suite('workflows of the native API', needs('bash'), () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let server: SurroundingsServer;

  before(async () => {
    server = await startSurroundings(cleanup);
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const get = async (path: string): Promise<Row> => {
    const { status, body } = await server.ask(path);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const run = async (workflow: string, body: object = {}): Promise<string> => {
    const answer = await server.ask(`/workflows/${workflow}/run`, { method: 'POST', body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return String(answer.body['id']);
  };
  const inState = (runId: string, state: string): Promise<Row> =>
    until(`the run of the workflow is ${state}`, async () => {
      const view = await get(`/workflow-runs/${runId}`);
      return (view['run'] as Row)['state'] === state ? view : null;
    });
  const states = (view: Row): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      (view['nodes'] as readonly Row[]).map((node) => [node['name'], node['state']]),
    );

  test('lists them page by page, with their graph and newest run', async () => {
    const [a, b] = [await server.job('list-a', 'echo a'), await server.job('list-b', 'echo b')];
    const made = [];
    for (const name of ['listed 1', 'listed 2', 'listed 3']) {
      made.push(await server.workflow(name, [[a, b]]));
    }
    const found: Row[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = await get(`/workflows?search=LISTED&limit=2${query}`);
      found.push(...(page['rows'] as readonly Row[]));
      cursor = page['nextCursor'] as string | null;
      pages += 1;
    } while (cursor !== null && pages < 10);
    assert.deepEqual(
      found.map(({ id }) => id),
      made.toReversed(),
      'the newest first',
    );
    assert.ok(pages >= 2);
    const [first] = found;
    assert.equal(first?.['namespace'], 'team');
    assert.equal(first?.['group'], 'app');
    assert.equal(first?.['nodeCount'], 2);
    assert.equal(first?.['latestRun'], null);
    const detail = await get(`/workflows/${made[0]}`);
    assert.deepEqual(detail['nodes'], [
      { id: String(a), name: 'list-a', type: 'shell', disabled: false },
      { id: String(b), name: 'list-b', type: 'shell', disabled: false },
    ]);
    assert.deepEqual(detail['edges'], [{ from: String(a), to: String(b) }]);
    assert.equal((await server.ask('/workflows?cursor=elsewhere')).status, 400);
    assert.equal((await server.ask('/workflows/workflow-999999')).status, 404);
    assert.equal((await server.ask(`/workflows/${a}`)).status, 404, 'a job is no workflow');
  });

  test('a run tells how each node stands, and the stream tells it as it changes', async () => {
    const [one, two] = [await server.job('s-1', 'sleep 0.3'), await server.job('s-2', 'echo two')];
    const workflow = await server.workflow('streamed', [[one, two]]);
    const runId = await run(workflow, { parameters: 'p=1' });
    const seen = await within('the stream ends', readStream(server, runId, null));
    assert.equal(seen.at(-1)?.event, 'end');
    const last = seen.findLast(({ event }) => event === 'state');
    assert.deepEqual(states(last?.data as Row), { 's-1': 'succeeded', 's-2': 'succeeded' });
    assert.ok(
      seen.some(({ data }) => data['nodes'] !== undefined && states(data)['s-2'] === 'waiting'),
      'the second waited for the first',
    );
    const again = await within('it ends again', readStream(server, runId, last?.id ?? ''));
    assert.deepEqual(
      again.map(({ event }) => event),
      ['end'],
      'what is known is not told twice',
    );
    const runs = await get(`/workflows/${workflow}/runs`);
    assert.deepEqual(
      (runs['rows'] as readonly Row[]).map(({ id }) => id),
      [runId],
    );
    assert.equal((await server.ask(`/workflow-runs/nothing`)).status, 404);
    const nodes = last?.data['nodes'] as readonly { readonly run: Row }[];
    const inner = String(nodes[0]?.run['id']);
    assert.equal((await server.ask(`/workflow-runs/${inner}`)).status, 404, 'the run of a job');
  });

  test('a failed run goes on where it failed; a run is stopped with its jobs', async () => {
    const [one, two] = [await server.job('f-1', 'exit 3'), await server.job('f-2', 'echo 2')];
    const workflow = await server.workflow('failing', [[one, two]]);
    const runId = await run(workflow);
    const failed = await inState(runId, 'failed');
    assert.equal(failed['resumable'], true);
    assert.deepEqual(states(failed), { 'f-1': 'failed', 'f-2': 'waiting' });
    await server.schedulerx('UpdateJob', { JobId: String(one), Content: 'sleep 60' });
    const resumed = await server.ask(`/workflow-runs/${runId}/resume`, { method: 'POST' });
    assert.equal(resumed.status, 201, JSON.stringify(resumed.body));
    const next = String(resumed.body['id']);
    assert.equal(next, `${runId}-1`);
    await until('the job runs again', async () => {
      const view = await get(`/workflow-runs/${next}`);
      return states(view)['f-1'] === 'running';
    });
    const old = await get(`/workflow-runs/${runId}`);
    assert.equal(old['continuedBy'], next);
    assert.equal(old['resumable'], false);
    const twice = await server.ask(`/workflow-runs/${runId}/resume`, { method: 'POST' });
    assert.equal(twice.status, 400);
    assert.match(String(twice.body['detail']), /goes on with/);
    const stopped = await server.ask(`/workflow-runs/${next}/stop`, { method: 'POST' });
    assert.equal(stopped.status, 200, JSON.stringify(stopped.body));
    const over = await inState(next, 'canceled');
    assert.equal(states(over)['f-1'], 'canceled');
  });

  test('is enabled and disabled, with what that means to its jobs', async () => {
    const cron = { TimeType: '1', TimeExpression: '0 0 8 * * ?' };
    const one = await server.job('e-1', 'true', cron);
    const two = await server.job('e-2', 'true', cron);
    const workflow = await server.workflow('switched', [[one, two]], cron);
    const turn = (verb: string, id = workflow) =>
      server.ask(`/workflows/${id}/${verb}`, { method: 'POST' });
    const jobFires = async () =>
      (await server.ask(`/templates/${one}/schedule`)).body['schedule'] !== null;
    await turn('disable');
    assert.equal((await get(`/workflows/${workflow}`))['enabled'], false);
    assert.equal(await jobFires(), true);
    assert.equal((await turn('enable')).status, 204);
    assert.equal((await get(`/workflows/${workflow}`))['enabled'], true);
    assert.equal(await jobFires(), false, 'the job runs with its workflow only');
    assert.equal((await turn('enable', 'workflow-999999')).status, 404);
  });

  test('is refused to whom no policy allows it, and tells why it cannot run', async () => {
    const nobody = await createKey(cleanup, server.dataDir, ['--user', 'nobody']);
    for (const path of ['/workflows', '/workers', '/calendars', '/namespaces', '/secrets']) {
      assert.equal((await server.ask(path, { key: nobody })).status, 403, path);
    }
    const { WorkflowId } = await server.schedulerx('CreateWorkflow', {
      Name: 'empty',
      TimeType: '100',
    });
    const answer = await server.ask(`/workflows/workflow-${String(WorkflowId)}/run`, {
      method: 'POST',
      body: {},
    });
    assert.equal(answer.status, 400);
    assert.match(String(answer.body['detail']), /no DAG/);
    const unknown = await server.ask('/workflows/workflow-999999/run', {
      method: 'POST',
      body: {},
    });
    assert.equal(unknown.status, 404);
  });
});

interface Told {
  readonly event: string;
  readonly id: string;
  readonly data: Row;
}

/** All events of a stream until it ends. */
async function readStream(
  server: SurroundingsServer,
  runId: string,
  lastEventId: string | null,
): Promise<readonly Told[]> {
  const response = await fetch(`${server.url}/api/v1/workflow-runs/${runId}/follow`, {
    headers: {
      authorization: `Bearer ${server.operatorToken}`,
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    },
    signal: AbortSignal.timeout(20_000),
  });
  assert.equal(response.status, 200);
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((block) => block.includes('data:'))
    .map((block) => {
      const field = (name: string): string =>
        new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? '';
      return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) as Row };
    });
}
