import assert from 'node:assert/strict';
import { at, type Caller, type Fields, rows } from './caller.ts';
import { links } from './steps-links.ts';
import { jdbc, language, nas, oddNames, slowly, wireJob } from './words.ts';

/** Rows of the table `orders` that jobs here read. */
export const orderCount = 300;
const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';
const finalWords = ['SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'];

const orders = {
  link: links.from,
  connector: jdbc,
  inputs: { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' },
};

/** A table of the target. `schema`: where its tables lie. */
export const table = (name: string, schema: string) => ({
  link: links.to,
  connector: jdbc,
  inputs: {
    'toJobConfig.schemaName': schema,
    'toJobConfig.tableName': name,
    'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
    'toJobConfig.beforeImportType': 'shouldClearTable',
  },
});

/** Where the steps here are. */
export interface Place {
  readonly caller: Caller;
  readonly cluster_id: string;
  /** Of the target's tables. */
  readonly schema: string;
}

/** The newest submission, once it has ended. */
async function ended({ caller, cluster_id }: Place, job_name: string): Promise<Fields> {
  const typed = await caller.eventually(
    `the end of ${job_name}`,
    'ShowJobStatus',
    { cluster_id, job_name },
    (answer) => finalWords.includes(String(at(answer, 'submissions.0.status'))),
  );
  return rows(typed, 'submissions')[0] ?? {};
}

/** Runs a job to its good end; returns its counters. */
async function succeeds(place: Place, job_name: string, variables: Fields = {}): Promise<Fields> {
  const { caller, cluster_id } = place;
  const started = await caller.call('StartJob', { cluster_id, job_name, body: { variables } });
  const [submission = {}] = rows(started, 'submissions');
  assert.ok(['PENDING', 'BOOTING'].includes(String(submission['status'])));
  assert.equal(submission['job-name'], job_name);
  const shown = await caller.call('ShowJobs', { cluster_id, job_name });
  assert.match(String(at(shown, 'jobs.0.status')), /^(?:BOOTING|RUNNING|SUCCEEDED)$/);
  const last = await ended(place, job_name);
  assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
  assert.equal(last['progress'], 100);
  assert.equal(last['submission-id'], submission['submission-id']);
  return at(last, `counters`) as Fields;
}

/** The same with all that the models of values can hold (cdm.md §3.2). */
function marked(job: Fields): Fields {
  const groups = ['from', 'to', 'driver'].map((group) => {
    const { configs } = job[`${group}-config-values`] as { readonly configs: readonly Fields[] };
    const marks = configs.map((config) => ({
      ...config,
      id: 7,
      type: 'JOB',
      inputs: rows(config, 'inputs').map((input) => ({ ...input, type: 'STRING' })),
    }));
    const prefix = group === 'driver' ? 'driver' : `${group}JobConfig`;
    // {"BatchJob":"false"}, as the service writes it.
    const extended = { name: `${prefix}.extendedFields`, value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=' };
    return [`${group}-config-values`, { configs: marks, 'extended-configs': extended }] as const;
  });
  return { ...job, ...Object.fromEntries(groups) };
}

const counter = (counters: Fields, name: string): unknown =>
  ((counters[counterGroup] ?? {}) as Fields)[name];

/** Making, starting with variables, history, renaming (cdm.md §3.4-3.11). */
export async function copyTables(place: Place, job_name: string): Promise<void> {
  const { caller, cluster_id, schema } = place;
  const inputs = { ...orders.inputs, 'fromJobConfig.whereClause': 'id <= ${most}' };
  const job = marked(wireJob(job_name, { ...orders, inputs }, table('copied', schema)));
  const made = await caller.call('CreateJob', { cluster_id, body: { jobs: [job] } });
  assert.equal(at(made, 'name'), job_name);
  await caller.refused('CreateJob', { cluster_id, body: { jobs: [job] } }, 'Cdm.0104', 400);
  const never = await caller.call('ShowJobStatus', { cluster_id, job_name });
  assert.equal(at(never, 'submissions.0.status'), 'NEVER_EXECUTED');
  const unset = { cluster_id, job_name, body: {} };
  await caller.refused('StartJob', unset, 'Cdm.0014', 400, /most/);
  const first = await succeeds(place, job_name, { most: '100' });
  assert.deepEqual([counter(first, 'ROWS_READ'), counter(first, 'ROWS_WRITTEN')], [100, 100]);
  const second = await succeeds(place, job_name, { most: String(orderCount) });
  assert.deepEqual(
    ['ROWS_WRITTEN', 'ROWS_WRITTEN_SKIPPED', 'BYTES_READ', 'TOTAL_FILES'].map((name) =>
      counter(second, name),
    ),
    [orderCount, 0, -1, -1],
  );
  const history = await caller.call('ShowSubmissions', { cluster_id, jname: job_name });
  assert.equal(at(history, 'total'), 2);
  const ids = rows(history, 'submissions').map((row) => Number(row['submission-id']));
  assert.ok((ids[0] ?? 0) > (ids[1] ?? 0), 'newest first');

  const shown = await caller.call('ShowJobs', { cluster_id, job_name });
  const [read = {}] = rows(shown, 'jobs');
  assert.deepEqual([read['rows_read'], read['write_rows']], [orderCount, orderCount]);
  assert.equal(
    decodeURIComponent(
      String(
        rows(read, 'from-config-values.configs.0.inputs').find(
          ({ name }) => name === 'fromJobConfig.whereClause',
        )?.['value'],
      ),
    ),
    'id <= ${most}',
  );
  // What was shown is sent back through the SDK's own types, under another name.
  const renamed = { ...read, name: `${job_name}-2` };
  const found = await caller.call('UpdateJob', { cluster_id, job_name, body: { jobs: [renamed] } });
  assert.equal(rows(found, 'validation-result').length, 3);
  await caller.refused('ShowJobs', { cluster_id, job_name }, 'Cdm.0100', 400);
  const other = { cluster_id, job_name: `${job_name}-2` };
  const again = rows(await caller.call('ShowJobs', other), 'jobs')[0] ?? {};
  for (const group of ['from-config-values', 'to-config-values', 'driver-config-values']) {
    assert.deepEqual(again[group], read[group], group);
  }
  await caller.call('UpdateJob', { ...other, body: { jobs: [read] } });
  await caller.refused('UpdateJob', { ...other, body: { jobs: [read] } }, 'Cdm.0319', 400);
}

/** Tables to files and back, and files as they are. */
export async function moveFiles(place: Place): Promise<void> {
  const { caller, cluster_id, schema } = place;
  const create = (job: Fields) => caller.call('CreateJob', { cluster_id, body: { jobs: [job] } });
  const share = { link: links.files, connector: nas };
  const written = {
    'toJobConfig.outputDirectory': '/out 出',
    'toJobConfig.outputFormat': 'CSV_FILE',
    'toJobConfig.quoteChar': 'true',
    'toJobConfig.firstRowAsHeader': 'true',
    'toJobConfig.filePrefix': 'orders',
  };
  await create(wireJob('to-csv', orders, { ...share, inputs: written }));
  const out = await succeeds(place, 'to-csv');
  assert.deepEqual([counter(out, 'ROWS_WRITTEN'), counter(out, 'FILES_WRITTEN')], [orderCount, 1]);
  const csv = {
    'fromJobConfig.inputDirectory': '/out 出',
    'fromJobConfig.inputFormat': 'CSV_FILE',
    'fromJobConfig.quoteChar': 'true',
    'fromJobConfig.firstRowAsHeader': 'true',
  };
  await create(wireJob('from-csv', { ...share, inputs: csv }, table('imported', schema)));
  const back = await succeeds(place, 'from-csv');
  assert.deepEqual(
    // The header counts as read (cdm.md §5.8).
    [counter(back, 'ROWS_READ'), counter(back, 'ROWS_WRITTEN'), counter(back, 'FILES_READ')],
    [orderCount + 1, orderCount, 1],
  );
  const binary = {
    from: { 'fromJobConfig.inputDirectory': '/out 出', 'fromJobConfig.inputFormat': 'BINARY_FILE' },
    to: { 'toJobConfig.outputDirectory': '/kept', 'toJobConfig.outputFormat': 'BINARY_FILE' },
  };
  await create(
    wireJob('binary', { ...share, inputs: binary.from }, { ...share, inputs: binary.to }),
  );
  const copied = await succeeds(place, 'binary');
  assert.deepEqual([counter(copied, 'ROWS_READ'), counter(copied, 'FILES_WRITTEN')], [-1, 1]);
  const refused = (job: Fields, code: string) =>
    caller.refused('CreateJob', { cluster_id, body: { jobs: [job] } }, code, 400);
  const from = { ...share, inputs: binary.from };
  await refused(wireJob('mixed', from, table('none', schema)), 'Cdm.0064');
  await refused(wireJob('mixed', from, { ...share, inputs: written }), 'Cdm.0062');
}

/** A run that is stopped, and what is refused while it runs (cdm.md §3.9, §2.4). */
export async function stopRun(place: Place, job_name: string): Promise<void> {
  const { caller, cluster_id, schema } = place;
  const where = { cluster_id, job_name };
  const job = wireJob(job_name, orders, table('slow', schema), slowly);
  await caller.call('CreateJob', { cluster_id, body: { jobs: [job] } });
  await caller.refused('StopJob', where, 'Cdm.0053', 400);
  await caller.call('StartJob', { ...where, body: {} });
  await caller.refused('StartJob', { ...where, body: {} }, 'Cdm.0052', 400);
  await caller.refused('UpdateJob', { ...where, body: { jobs: [job] } }, 'Cdm.0052', 400);
  await caller.refused('DeleteJob', where, 'Cdm.0052', 400);
  await caller.refused('DeleteLink', { cluster_id, link_name: links.to }, 'Cdm.0321', 400);
  await caller.eventually(
    'it runs',
    'ShowJobs',
    where,
    (typed) => at(typed, 'jobs.0.status') === 'RUNNING',
  );
  await caller.call('StopJob', where);
  const [last = {}] = rows(await caller.call('ShowJobStatus', where), 'submissions');
  assert.deepEqual([last['status'], last['progress']], ['FAILED', -1]);
  assert.match(String(last['error-summary']), /stop/i);
  await caller.refused('StopJob', where, 'Cdm.0053', 400);
}

/** A run that cannot succeed says why. */
export async function failRun(place: Place): Promise<void> {
  const { caller, cluster_id, schema } = place;
  const inputs = { ...orders.inputs, 'fromJobConfig.tableName': 'no_such_table' };
  const job = wireJob('fails', { ...orders, inputs }, table('none', schema));
  await caller.call('CreateJob', { cluster_id, body: { jobs: [job] } });
  await caller.call('StartJob', { cluster_id, job_name: 'fails', body: {} });
  const last = await ended(place, 'fails');
  assert.deepEqual([last['status'], last['progress']], ['FAILED', -1]);
  assert.match(String(last['error-summary']), /^Cdm\.0900: .*no_such_table/);
  assert.notEqual(last['error-details'], '');
  const history = await caller.call('ShowSubmissions', { cluster_id, jname: 'fails' });
  assert.equal(at(history, 'submissions.0.error-summary'), last['error-summary']);
  // What has no effect here is told, and kept.
  const noted = { ...inputs, 'fromJobConfig.usePattern': 'ORACLE' };
  const changed = wireJob('fails', { ...orders, inputs: noted }, table('none', schema));
  const found = await caller.call('UpdateJob', {
    cluster_id,
    job_name: 'fails',
    body: { jobs: [changed] },
  });
  const [finding = {}] = rows(found, 'validation-result');
  assert.equal(finding['status'], 'WARNING');
  assert.match(String(finding['message']), /usePattern/);
}

/** One cluster of several (cdm.md §3.12). */
export async function startAnywhere(place: Place, otherCluster: string): Promise<void> {
  const { caller, cluster_id, schema } = place;
  const clusters = [otherCluster, cluster_id, cluster_id];
  const body = { jobs: [wireJob('random', orders, table('random', schema))], clusters };
  const started = await caller.call('CreateAndStartRandomClusterJob', { ...language, body });
  assert.equal(at(started, 'submissions.0.job-name'), 'random');
  assert.equal((await ended(place, 'random'))['status'], 'SUCCEEDED');
  await caller.call('CreateAndStartRandomClusterJob', { ...language, body });
  assert.equal((await ended(place, 'random'))['status'], 'SUCCEEDED');
  await caller.refused(
    'CreateAndStartRandomClusterJob',
    { ...language, body: { ...body, clusters: ['none'] } },
    'Cdm.0201',
    400,
  );
}

/** Names that are signed in more ways than one, lists of all, and the end (cdm.md §2.3, §3.7). */
export async function listAndDelete(place: Place): Promise<void> {
  const { caller, cluster_id, schema } = place;
  for (const name of oddNames) {
    const job = wireJob(name, orders, table('odd', schema));
    await caller.call('CreateJob', { cluster_id, body: { jobs: [job] } });
    const shown = await caller.call('ShowJobs', { cluster_id, job_name: name });
    assert.equal(at(shown, 'jobs.0.name'), name);
    const history = await caller.call('ShowSubmissions', { cluster_id, jname: name });
    assert.equal(at(history, 'total'), 0);
  }
  const pages = { cluster_id, job_name: 'all', page_no: 1, page_size: 100, jobType: 'NORMAL_JOB' };
  const all = await caller.call('ShowJobs', pages);
  const names = rows(all, 'jobs').map(({ name }) => String(name));
  assert.equal(at(all, 'total'), names.length);
  assert.deepEqual(names.slice(0, oddNames.length), oddNames.toReversed());
  const filtered = await caller.call('ShowJobs', { ...pages, filter: '订单' });
  assert.equal(at(filtered, 'total'), 2);
  const small = { cluster_id, job_name: 'all', page_size: 9 };
  await caller.refused('ShowJobs', small, 'Cdm.0010', 400);
  const batches = await caller.call('ShowJobs', { ...pages, jobType: 'BATCH_JOB' });
  assert.equal(at(batches, 'total'), 0);
  for (const job_name of names) {
    await caller.call('DeleteJob', { cluster_id, job_name });
    await caller.refused('ShowJobs', { cluster_id, job_name }, 'Cdm.0100', 400);
  }
  await caller.refused('DeleteJob', { cluster_id, job_name: 'fails' }, 'Cdm.0100', 400);
}
