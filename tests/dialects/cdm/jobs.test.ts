/** Jobs through the vendor's client core, on the whole program (cdm.md §3.4-3.7, §4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, type Answer } from '../huawei/harness.ts';
import {
  type CdmProgram,
  job,
  sqliteLink,
  startCdmProgram,
  values,
} from './program.ts';

type Row = Readonly<Record<string, unknown>>;

const jobsOf = (answer: Answer): readonly Row[] => answer['jobs'] as readonly Row[];
const links = { from: 'a', to: 'b' };
const from = { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' };
const to = { 'toJobConfig.schemaName': 'main', 'toJobConfig.tableName': 'orders' };

/** Links are not tested here: those of the other connectors reach nothing. */
async function startWithLinks(t: Parameters<typeof startCdmProgram>[0], extra: Row = {}) {
  const program = await startCdmProgram(t, { testLinks: false, ...extra });
  const file = (name: string, connector: string, inputs: Row): object => ({
    name,
    'connector-name': connector,
    'link-config-values': values(inputs),
  });
  const server = {
    'linkConfig.server': 'files.example',
    'linkConfig.username': 'ann',
    'linkConfig.password': 'x',
  };
  await program.cdm('POST', '/link', {
    links: [
      sqliteLink('a', 'a.db'),
      sqliteLink('b', 'b.db'),
      file('sftp', 'sftp-connector', server),
      file('ftp', 'ftp-connector', server),
      file('http', 'http-connector', {}),
      file('obs', 'obs-connector', {
        'linkConfig.server': '127.0.0.1',
        'linkConfig.port': '9000',
        'linkConfig.accessKey': 'ak',
        'linkConfig.securityKey': 'sk',
      }),
      file('my', 'generic-jdbc-connector', {
        'linkConfig.databaseType': 'MYSQL',
        'linkConfig.host': 'db.example',
        'linkConfig.username': 'ann',
        'linkConfig.password': 'x',
      }),
      file('hive', 'hive-connector', { 'linkConfig.uri': 'file:///warehouse' }),
    ],
  });
  return program;
}

const csvTo = {
  'toJobConfig.outputDirectory': 'out',
  'toJobConfig.outputFormat': 'CSV_FILE',
};
const binaryFrom = {
  'fromJobConfig.inputDirectory': 'in',
  'fromJobConfig.inputFormat': 'BINARY_FILE',
};
const binaryTo = {
  'toJobConfig.outputDirectory': 'out',
  'toJobConfig.outputFormat': 'BINARY_FILE',
};
const csvFrom = {
  'fromJobConfig.inputDirectory': 'in',
  'fromJobConfig.inputFormat': 'CSV_FILE',
};

test('jobs', async (t) => {
  const program: CdmProgram = await startWithLinks(t);
  const { cdm } = program;
  const create = (...jobs: object[]) => cdm('POST', '/job', { jobs });

  await t.test('a job is made, shown as it was sent, and sent back unchanged', async () => {
    const made = await create(
      job(
        'first',
        links,
        {
          from: {
            ...from,
            'fromJobConfig.whereClause': "name like '%2520%' and day = '${day}' & true",
            'fromJobConfig.useSql': false,
          },
          to,
          driver: {
            'throttlingConfig.numExtractors': 4,
            'schedulerConfig.startDate': '2030-01-01%2000%3A00%3A00',
            'groupJobConfig.groupName': 'night',
          },
        },
        { 'creation-user': null, id: 99 },
      ),
    );
    assert.equal(made['name'], 'first');
    const shown = await cdm('GET', '/job/first');
    const [row] = jobsOf(shown);
    assert.ok(row !== undefined);
    assert.equal(shown['total'], 1);
    assert.equal(row['status'], 'NEW');
    assert.equal(row['job_type'], 'NORMAL_JOB');
    assert.equal(row['group_name'], 'night');
    assert.equal(row['from-connector-name'], 'generic-jdbc-connector');
    assert.equal(row['is_use_sql'], false);
    assert.equal(row['id'], 1);
    assert.equal(row['creation-user'], 'tester');
    assert.equal(typeof row['creation-date'], 'number');
    const text = JSON.stringify(row);
    assert.match(text, /name%20like%20'%2520%25'%20and%20day%20%3D%20'%24%7Bday%7D'%20%26%20true/);
    assert.match(text, /"numExtractors","value":"4"|"throttlingConfig.numExtractors","value":"4"/);
    assert.match(text, /2030-01-01%2000%3A00%3A00/);
    const back = await cdm('PUT', '/job/first', { jobs: [row] });
    assert.deepEqual(back['validation-result'], [{}, {}, {}]);
    const [again] = jobsOf(await cdm('GET', '/job/first'));
    assert.deepEqual({ ...again, 'update-date': 0 }, { ...row, 'update-date': 0 });
  });

  await t.test('names are unique in the cluster, and a job can be renamed', async () => {
    assert.equal((await failureOf(create(job('first', links, { from, to })))).errorCode, 'Cdm.0104');
    await create(job('文件 job', links, { from, to }));
    const path = `/job/${encodeURIComponent('文件 job')}`;
    const [row] = jobsOf(await cdm('GET', path));
    const taken = await failureOf(cdm('PUT', path, { jobs: [{ ...row, name: 'first' }] }));
    assert.equal(taken.errorCode, 'Cdm.0104');
    await cdm('PUT', path, { jobs: [{ ...row, name: 'renamed' }] });
    const gone = await failureOf(cdm('GET', path));
    assert.deepEqual([gone.httpStatusCode, gone.errorCode], [400, 'Cdm.0100']);
    assert.equal(jobsOf(await cdm('GET', '/job/renamed'))[0]?.['id'], row?.['id']);
    // The name is free again.
    await create(job('文件 job', links, { from, to }));
    await cdm('DELETE', path);
    const { httpStatusCode, ...body } = await cdm('DELETE', '/job/renamed');
    assert.deepEqual([httpStatusCode, body], [200, {}]);
    assert.equal((await failureOf(cdm('DELETE', '/job/renamed'))).errorCode, 'Cdm.0100');
    const absent = await failureOf(cdm('PUT', '/job/renamed', { jobs: [row] }));
    assert.deepEqual([absent.httpStatusCode, absent.errorCode], [400, 'Cdm.0319']);
  });

  await t.test('of many jobs one name wins', async () => {
    const many = await Promise.allSettled(
      Array.from({ length: 8 }, () => create(job('race', links, { from, to }))),
    );
    assert.equal(many.filter(({ status }) => status === 'fulfilled').length, 1);
    await cdm('DELETE', '/job/race');
  });

  await t.test('several jobs are made all or none', async () => {
    const bad = job('bad', { from: 'a', to: 'nowhere' }, { from, to });
    const failure = await failureOf(create(job('good', links, { from, to }), bad));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0101']);
    assert.equal((await failureOf(cdm('GET', '/job/good'))).errorCode, 'Cdm.0100');
    const twice = await failureOf(create(job('x', links, { from, to }), job('x', links, { from, to })));
    assert.equal(twice.errorCode, 'Cdm.0104');
  });

  await t.test('lists have pages, filters and types', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `page-${index}`);
    await create(...names.map((name) => job(name, links, { from, to })));
    await create(
      job('whole', links, { from: {}, to: {} }, { job_type: 'BATCH_JOB' }),
    );
    const first = await cdm('GET', '/job/all', undefined, { filter: 'PAGE-' });
    assert.equal(first['total'], 12);
    assert.deepEqual([first['page_no'], first['page_size']], [1, 10]);
    assert.deepEqual(
      jobsOf(first).map((row) => row['name']),
      names.toReversed().slice(0, 10),
    );
    const second = await cdm('GET', '/job/all', undefined, { filter: 'page', page_no: 2 });
    assert.equal(jobsOf(second).length, 2);
    const past = await cdm('GET', '/job/all', undefined, { page_no: 99, page_size: 100 });
    assert.deepEqual(jobsOf(past), []);
    const batch = await cdm('GET', '/job/all', undefined, { jobType: 'BATCH_JOB' });
    assert.deepEqual(jobsOf(batch).map((row) => row['name']), ['whole']);
    const scenario = await cdm('GET', '/job/all', undefined, { jobType: 'SCENARIO_JOB' });
    assert.equal(scenario['total'], 0);
    for (const query of [{ page_size: 9 }, { page_size: 101 }, { page_no: 0 }]) {
      const failure = await failureOf(cdm('GET', '/job/all', undefined, query));
      assert.equal(failure.errorCode, 'Cdm.0010');
    }
  });

  await t.test('what is wrong is told by its code and name', async () => {
    const binary = { from: binaryFrom, to: binaryTo };
    const sql = (text: string) => ({ 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': text });
    const wrong: readonly [string, RegExp, object][] = [
      ['Cdm.0238', /jobs\[0\]\.name/, job('', links, { from, to })],
      ['Cdm.0010', /240/, job('n'.repeat(241), links, { from, to })],
      ['Cdm.0014', /all/, job('all', links, { from, to })],
      ['Cdm.0014', /begin with/, job('-x', links, { from, to })],
      ['Cdm.0024', /job_type/, job('x', links, { from, to }, { job_type: 'OTHER' })],
      ['Cdm.0055', /SCENARIO/, job('x', links, { from, to }, { job_type: 'SCENARIO_JOB' })],
      ['Cdm.0055', /BATCH_JOB/, job('x', { from: 'sftp', to: 'b' }, { from: csvFrom, to }, { job_type: 'BATCH_JOB' })],
      ['Cdm.0238', /to-link-name/, job('x', { from: 'a', to: '' }, { from, to })],
      ['Cdm.0101', /nowhere/, job('x', { from: 'nowhere', to: 'b' }, { from, to })],
      ['Cdm.0320', /obs-connector/, job('x', links, { from, to }, { 'from-connector-name': 'obs-connector' })],
      ['Cdm.0102', /zip-connector/, job('x', links, { from, to }, { 'to-connector-name': 'zip-connector' })],
      ['Cdm.0238', /from-config-values/, { ...job('x', links, { from, to }), 'from-config-values': null }],
      ['Cdm.0061', /http-connector/, job('x', { from: 'a', to: 'http' }, { from, to })],
      ['Cdm.0062', /BINARY/, job('x', { from: 'sftp', to: 'ftp' }, { from: binaryFrom, to: csvTo })],
      ['Cdm.0062', /BINARY/, job('x', { from: 'http', to: 'ftp' }, { from: binaryFrom, to: csvTo })],
      ['Cdm.0064', /CSV_FILE/, job('x', { from: 'a', to: 'ftp' }, { from, to: binaryTo })],
      ['Cdm.0064', /CSV_FILE/, job('x', { from: 'sftp', to: 'b' }, { from: binaryFrom, to })],
      ['Cdm.0913', /Neither/, job('x', links, { from: {}, to })],
      ['Cdm.0913', /Neither/, job('x', links, { from: { 'fromJobConfig.useSql': 'true' }, to })],
      ['Cdm.0014', /SELECT/, job('x', links, { from: sql('WITH x AS (SELECT 1) SELECT * FROM x'), to })],
      ['Cdm.0014', /comments/, job('x', links, { from: sql('SELECT 1 -- one'), to })],
      ['Cdm.0014', /one statement/, job('x', links, { from: sql('SELECT 1; SELECT 2'), to })],
      ['Cdm.0014', /only read/, job('x', links, { from: sql("SELECT 1 INTO OUTFILE 'x'"), to })],
      ['Cdm.0238', /fromJobConfig\.schemaName/, job('x', { from: 'my', to: 'b' }, { from: { 'fromJobConfig.tableName': 't' }, to })],
      ['Cdm.0238', /bucketName/, job('x', { from: 'a', to: 'obs' }, { from, to: csvTo })],
      ['Cdm.0238', /inputDirectory/, job('x', { from: 'sftp', to: 'b' }, { from: { 'fromJobConfig.inputFormat': 'CSV_FILE' }, to })],
      ['Cdm.0024', /inputFormat/, job('x', { from: 'sftp', to: 'b' }, { from: { ...csvFrom, 'fromJobConfig.inputFormat': 'XLS' }, to })],
      ['Cdm.0014', /ascending/, job('x', { from: 'sftp', to: 'b' }, { from: { ...csvFrom, 'fromJobConfig.columnList': '3&1' }, to })],
      ['Cdm.0024', /encodeType/, job('x', { from: 'sftp', to: 'b' }, { from: { ...csvFrom, 'fromJobConfig.encodeType': 'EBCDIC-9' }, to })],
      ['Cdm.0014', /\.\./, job('x', { from: 'sftp', to: 'b' }, { from: { ...csvFrom, 'fromJobConfig.inputDirectory': 'a/../../b' }, to })],
      ['Cdm.0085', /50/, job('x', { from: 'sftp', to: 'b' }, { from: { ...csvFrom, 'fromJobConfig.inputDirectory': Array.from({ length: 51 }, (_, i) => `d${i}`).join('|') }, to })],
      ['Cdm.0014', /64 hexadecimal/, job('x', { from: 'sftp', to: 'ftp' }, { ...binary, from: { ...binaryFrom, 'fromJobConfig.decryption': 'AES-256-GCM' } })],
      ['Cdm.0014', /KMS/, job('x', { from: 'sftp', to: 'ftp' }, { ...binary, to: { ...binaryTo, 'toJobConfig.encryption': 'KMS' } })],
      ['Cdm.0055', /binlog/, job('x', links, { from: { ...from, 'fromJobConfig.cdc': 'true' }, to })],
      ['Cdm.0055', /JDBC/, job('x', { from: 'hive', to: 'b' }, { from: { 'fromJobConfig.table': 't', 'fromJobConfig.readMode': 'jdbc' }, to })],
      ['Cdm.0024', /storageFormat/, job('x', { from: 'a', to: 'hive' }, { from, to: { 'toJobConfig.table': 't', 'toJobConfig.storageFormat': 'ORC' } })],
      ['Cdm.0238', /toJobConfig\.whereClause/, job('x', links, { from, to: { ...to, 'toJobConfig.beforeImportType': 'whereClause' } })],
      ['Cdm.0010', /numExtractors/, job('x', links, { from, to, driver: { 'throttlingConfig.numExtractors': '0' } })],
      ['Cdm.0004', /numExtractors/, job('x', links, { from, to, driver: { 'throttlingConfig.numExtractors': 'two' } })],
      ['Cdm.0014', /cycleType/, job('x', links, { from, to, driver: { 'schedulerConfig.isSchedulerJob': 'true', 'schedulerConfig.cycleType': 'year' } })],
      ['Cdm.0014', /stopDate/, job('x', links, { from, to, driver: { 'schedulerConfig.isSchedulerJob': 'true', 'schedulerConfig.cycleType': 'day', 'schedulerConfig.startDate': '2030-01-02 00:00:00', 'schedulerConfig.stopDate': '2030-01-01 00:00:00' } })],
      ['Cdm.0014', /converters/, job('x', links, { from, to, driver: { 'transformConfig.converters': '[{"column":"a","type":"ROT13"}]' } })],
      ['Cdm.0014', /sampleValueColumn/, job('x', links, { from: { ...from, 'fromJobConfig.sampleValueColumn': 'nothing' }, to })],
      ['Cdm.0101', /dirt/, job('x', links, { from, to, driver: { 'throttlingConfig.recordDirtyData': 'true', 'throttlingConfig.writeToLink': 'dirt', 'throttlingConfig.dirtyDataDirectory': 'bad' } })],
      ['Cdm.0018', /configs/, { ...job('x', links, { from, to }), 'to-config-values': { configs: 'x' } }],
    ];
    for (const [code, message, body] of wrong) {
      const failure = await failureOf(create(body));
      assert.equal(failure.errorCode, code, `${failure.errorMsg} ${JSON.stringify(body)}`);
      assert.match(failure.errorMsg, message);
      assert.equal(failure.httpStatusCode, 400);
    }
    assert.equal((await failureOf(cdm('GET', '/job/x'))).errorCode, 'Cdm.0100');
  });

  await t.test('requests that are no jobs', async () => {
    const bodies: readonly [unknown, string][] = [
      [{}, 'Cdm.0238'],
      [{ jobs: [] }, 'Cdm.0010'],
      [{ jobs: {} }, 'Cdm.0004'],
      [{ jobs: ['x'] }, 'Cdm.0004'],
      [[], 'Cdm.0018'],
    ];
    for (const [body, code] of bodies) {
      const failure = await failureOf(cdm('POST', '/job', body));
      assert.equal(failure.errorCode, code, JSON.stringify(body));
    }
  });

  await t.test('inputs without effect are kept and named as warnings', async () => {
    const made = await create(
      job('odd', links, {
        from: { ...from, 'fromJobConfig.incrMigration': 'false', 'fromJobConfig.usePattern': 'ORACLE' },
        to: { ...to, 'oJobConfig.useStageTable': 'true', 'toJobConfig.newInTheCloud': 'yes' },
      }),
    );
    const findings = made['validation-result'] as readonly Row[];
    assert.deepEqual(
      findings.map((finding) => /\[(.*)\]/.exec(String(finding['message']))?.[1]),
      ['fromJobConfig.usePattern', 'toJobConfig.newInTheCloud'],
    );
    assert.ok(findings.every((finding) => finding['status'] === 'WARNING'));
    assert.match(JSON.stringify(jobsOf(await cdm('GET', '/job/odd'))), /oJobConfig.useStageTable/);
  });

  await t.test('keys of ciphers are placeholders, and placeholders keep them', async () => {
    const dek = 'ab'.repeat(32);
    const iv = 'cd'.repeat(16);
    await create(
      job('cipher', { from: 'sftp', to: 'ftp' }, {
        from: { ...binaryFrom, 'fromJobConfig.decryption': 'AES-256-GCM', 'fromJobConfig.dek': dek, 'fromJobConfig.iv': iv },
        to: binaryTo,
      }),
    );
    const shown = jobsOf(await cdm('GET', '/job/cipher'));
    assert.doesNotMatch(JSON.stringify(shown), /abab|cdcd/);
    assert.match(JSON.stringify(shown), /Add%20password%20here/);
    // Without the kept keys it would be refused.
    await cdm('PUT', '/job/cipher', { jobs: shown });
  });
});

test('strict inputs are refused when they are not known', async (t) => {
  const { cdm } = await startWithLinks(t, { strictInputs: true });
  const odd = job('odd', links, { from: { ...from, 'fromJobConfig.newInTheCloud': '1' }, to });
  const failure = await failureOf(cdm('POST', '/job', { jobs: [odd] }));
  assert.equal(failure.errorCode, 'Cdm.0089');
  assert.match(failure.errorMsg, /newInTheCloud/);
});
