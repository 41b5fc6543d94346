import assert from 'node:assert/strict';
import { sqliteLink } from '../../dialects/cdm/program.ts';
import { at, type Fields, rows } from './caller.ts';
import { type Place, table } from './steps-jobs.ts';
import { jdbc, slowly, wireJob } from './words.ts';

/** Words that the provider waits through and for; any other ends its run with an error. */
const pending = ['BOOTING'];
const wanted = ['RUNNING', 'SUCCEEDED'];

/**
 * What the Terraform provider does, in its order: it sends no body where there is nothing to say,
 * goes on right after a stop, and knows what is gone by status and code (cdm.md appendix C).
 */
export async function asTheProvider(place: Place): Promise<void> {
  const { caller, cluster_id, schema } = place;
  const link = { cluster_id, link_name: 'provider' };
  const job = { cluster_id, job_name: 'provider_job' };
  await caller.call('CreateLink', { cluster_id, body: { links: [linkNamed(link.link_name)] } });
  const shownLink = await caller.call('ShowLink', link);
  assert.equal(readBack(at(shownLink, 'links.0.link-config-values'))['database'], 'shop 店.db');

  const from = {
    link: link.link_name,
    connector: jdbc,
    inputs: {
      'fromJobConfig.schemaName': 'main',
      'fromJobConfig.tableName': 'orders',
      'fromJobConfig.whereClause': "name like '%2525%' or id < 250 and name <> 'a&b/c: ü+1'",
    },
  };
  const to = table('provided', schema);
  const driver = { 'throttlingConfig.numExtractors': '1', 'throttlingConfig.maxErrorRecords': '3' };
  const quick = wireJob(job.job_name, from, to, driver);
  await caller.call('CreateJob', { cluster_id, body: { jobs: [quick] } });
  await startAndWait(place, job);
  const [read = {}] = rows(await caller.call('ShowJobs', job), 'jobs');
  assert.deepEqual(readBack(read['from-config-values']), {
    schemaName: 'main',
    tableName: 'orders',
    whereClause: "name like '%25%' or id < 250 and name <> 'a&b/c: ü+1'",
  });
  // These it takes as they are.
  const inputs = rows(read, 'driver-config-values.configs.0.inputs');
  assert.deepEqual(Object.fromEntries(inputs.map(({ name, value }) => [name, value])), driver);

  // An update of a job that may still run, and another one while it surely does.
  await stopIfActive(place, job);
  const slow = wireJob(job.job_name, from, to, slowly);
  await caller.call('UpdateJob', { ...job, body: { jobs: [slow] } });
  await startAndWait(place, job);
  await stopIfActive(place, job);
  await caller.call('UpdateJob', { ...job, body: { jobs: [slow] } });
  await startAndWait(place, job);
  await stopIfActive(place, job);
  await caller.call('DeleteJob', job);
  await caller.refused('ShowJobs', job, 'Cdm.0100', 400);
  await caller.call('DeleteLink', link);
  await caller.refused('ShowLink', link, 'Cdm.0101', 404);
}

function linkNamed(name: string): object {
  return { ...sqliteLink(name, 'shop 店.db'), enabled: true };
}

/** Starts without a body and polls the job; no word may come that the provider does not know. */
async function startAndWait({ caller }: Place, job: Fields): Promise<void> {
  const started = await caller.call('StartJob', job);
  assert.ok(
    ['PENDING', ...pending, ...wanted].includes(String(at(started, 'submissions.0.status'))),
  );
  await caller.eventually('it runs or has run', 'ShowJobs', job, (typed) => {
    const status = String(at(typed, 'jobs.0.status'));
    assert.ok([...pending, ...wanted].includes(status), `a job that was started is ${status}`);
    return wanted.includes(status);
  });
}

async function stopIfActive({ caller }: Place, job: Fields): Promise<void> {
  const status = String(at(await caller.call('ShowJobs', job), 'jobs.0.status'));
  if (status !== 'BOOTING' && status !== 'RUNNING') return;
  await caller.call('StopJob', job).catch((error: unknown) => {
    // It may have ended since it was asked for: then the service says so, which is as good.
    if (!String(error).includes('Cdm.0053')) throw error;
  });
}

/** Inputs without their prefix, unescaped as Go's `url.PathUnescape` does. */
function readBack(values: unknown): Fields {
  return Object.fromEntries(
    rows(values, 'configs.0.inputs')
      .map(({ name, value }) => [String(name).split('.')[1] ?? '', String(value)] as const)
      .filter(([name]) => name !== 'databaseType')
      .map(([name, value]) => [name, decodeURIComponent(value)] as const),
  );
}
