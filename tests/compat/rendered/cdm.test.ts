/** What the forms of CDM show is run as it is shown. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import Database from 'better-sqlite3';
import type { SameRequest } from '../../../src/dialects/kit/operations.ts';
import { type CdmProgram, sqliteLink, startCdmProgram } from '../../dialects/cdm/program.ts';
import { needs } from '../../support/tools.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { odd, pythonWith, shownRequests, type Kind } from './shown.ts';

type Values = Readonly<Record<string, unknown>>;
type Row = Readonly<Record<string, unknown>>;

const kinds: readonly (readonly [Exclude<Kind, 'cli'>, { readonly skip?: string }])[] = [
  ['typescript', {}],
  ['python', needs('python3')],
  ['curl', {}],
];

/** In a where clause a macro would be one; the rest is text of SQL. */
const oddSql = `note <> '${odd.replaceAll('${', '$ {').replaceAll("'", "''")}'`;

suite('what forms of CDM show', { ...needs('bash', 'setsid'), concurrency: 1 }, () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let program: CdmProgram;

  before(async () => {
    program = await startCdmProgram(cleanup);
    const source = new Database(join(program.databases, 'a.db'));
    source.exec('create table orders (id integer primary key, note text)');
    source.prepare('insert into orders values (1, ?), (2, ?)').run(odd, 'plain');
    source.close();
    const links = [sqliteLink('a', 'a.db'), sqliteLink('b', 'b.db')];
    await program.cdm('POST', '/link', { links });
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  // oxlint-disable-next-line typescript/no-explicit-any -- the shape is what is tested
  const ask = async (method: string, path: string, body?: unknown): Promise<any> => {
    const { id, secret } = program.key;
    const reply = await fetch(`${program.server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Basic ${btoa(`${id}:${secret}`)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    assert.equal(reply.status, 200, text);
    return JSON.parse(text);
  };
  const shown = async (operation: string, kind: Kind, values: Values): Promise<SameRequest> => {
    const { rows } = await ask('POST', `/operations/cdm/${operation}/render`, { values });
    const found = (rows as readonly SameRequest[]).find((row) => row.kind === kind);
    assert.ok(found, kind);
    return found;
  };
  const place = () => ({ project_id: program.projectId, cluster_id: program.clusterId });
  const definition = (name: string, table: string) => ({
    name,
    job_type: 'NORMAL_JOB',
    'from-link-name': 'a',
    'from-connector-name': 'generic-jdbc-connector',
    'to-link-name': 'b',
    'to-connector-name': 'generic-jdbc-connector',
    from: { schemaName: 'main', tableName: 'orders', whereClause: oddSql },
    to: { schemaName: 'main', tableName: table, tablePreparation: 'CREATE_WHEN_NOT_EXIST' },
    driver: { 'throttlingConfig.numExtractors': 1, 'throttlingConfig.recordDirtyData': false },
  });
  /** The job as the list of all jobs tells it. */
  const listed = async (name: string): Promise<Row> => {
    const answer = await program.cdm('GET', '/job/all', undefined, { page_no: 1, page_size: 50 });
    const jobs = answer['jobs'] as readonly Row[];
    const found = jobs.filter((job) => job['name'] === name);
    assert.equal(found.length, 1, 'the job is listed');
    return found[0] ?? {};
  };
  const whereOf = async (name: string): Promise<string> => {
    const { configs } = (await listed(name))['from-config-values'] as {
      readonly configs: readonly { readonly inputs: readonly Row[] }[];
    };
    const inputs = configs.flatMap((config) => config.inputs);
    const found = inputs.find((one) => one['name'] === 'fromJobConfig.whereClause');
    return decodeURIComponent(String(found?.['value']));
  };

  for (const [kind, options] of kinds) {
    test(`${kind}: makes, changes, runs`, options, async (t) => {
      const python =
        kind === 'python' ? await pythonWith('cdm-python', 'cdm/python') : { python: '' };
      if ('missing' in python) return t.skip(python.missing);
      const requests = await shownRequests(t, program.key, python.python, 'hcloud');
      const call = async (operation: string, values: Values) =>
        requests.run(await shown(operation, kind, values));
      const name = `${kind} ' " 中 $x`;
      const table = `orders_${kind}`;
      await call('createJob', { ...place(), ...definition(name, table) });
      const job = await listed(name);
      assert.deepEqual([job['from-link-name'], job['to-link-name']], ['a', 'b']);
      assert.equal(await whereOf(name), oddSql);

      const changed = definition(name, table);
      const from = { ...changed.from, whereClause: "note = '${note}'" };
      await call('updateJob', { ...place(), job_name: name, ...changed, from });
      assert.equal(await whereOf(name), "note = '${note}'");

      const note = odd.replaceAll("'", "''");
      await call('startJob', { ...place(), job_name: name, variables: { note } });
      const { rows } = await ask('GET', '/runs?dialect=cdm');
      assert.ok(rows.length > 0, 'a run was started');
      const run = await ask('GET', `/runs/${rows[0].id}?waitMs=${PATIENCE_MS}`);
      assert.equal(run.state, 'succeeded', JSON.stringify(run));
      const target = new Database(join(program.databases, 'b.db'), { readonly: true });
      const moved = target.prepare(`select note from ${table}`).pluck().all();
      target.close();
      assert.deepEqual(moved, [odd]);
    });
  }

  test('hcloud is given each value as it is', async (t) => {
    const requests = await shownRequests(t, program.key, '', 'hcloud');
    const values = { ...place(), ...definition(odd, 'x') };
    const [product, operation, ...flags] = await requests.argv(
      await shown('createJob', 'cli', values),
    );
    assert.deepEqual([product, operation], ['CDM', 'CreateJob']);
    for (const flag of [
      `--cli-endpoint=${program.server.url}`,
      '--cli-region=cn-hangzhou',
      `--project_id=${program.projectId}`,
      `--cluster_id=${program.clusterId}`,
      `--jobs.1.name=${odd}`,
      '--jobs.1.from-link-name=a',
    ]) {
      assert.ok(flags.includes(flag), `${flag} in ${flags.join('\n')}`);
    }
    const start = { ...place(), job_name: odd, variables: { note: odd } };
    const given = await requests.argv(await shown('startJob', 'cli', start));
    assert.deepEqual(given.slice(-2), [`--job_name=${odd}`, `--variables.note=${odd}`]);
  });
});
