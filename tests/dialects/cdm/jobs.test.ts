/** Jobs through the vendor's client core, on the whole program (cdm.md §3.4-3.7, §4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../huawei/harness.ts';
import {
  binaryFrom,
  binaryTo,
  from,
  jobsOf,
  links,
  type Row,
  startWithLinks,
  to,
} from './job-inputs.ts';
import { job } from './program.ts';

test('jobs', async (t) => {
  const { cdm } = await startWithLinks(t);
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
    assert.equal(
      (await failureOf(create(job('first', links, { from, to })))).errorCode,
      'Cdm.0104',
    );
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
    const twice = await failureOf(
      create(job('x', links, { from, to }), job('x', links, { from, to })),
    );
    assert.equal(twice.errorCode, 'Cdm.0104');
  });

  await t.test('lists have pages, filters and types', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `page-${index}`);
    await create(...names.map((name) => job(name, links, { from, to })));
    await create(job('whole', links, { from: {}, to: {} }, { job_type: 'BATCH_JOB' }));
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
    assert.deepEqual(
      jobsOf(batch).map((row) => row['name']),
      ['whole'],
    );
    const scenario = await cdm('GET', '/job/all', undefined, { jobType: 'SCENARIO_JOB' });
    assert.equal(scenario['total'], 0);
    for (const query of [{ page_size: 9 }, { page_size: 101 }, { page_no: 0 }]) {
      const failure = await failureOf(cdm('GET', '/job/all', undefined, query));
      assert.equal(failure.errorCode, 'Cdm.0010');
    }
  });

  await t.test('inputs without effect are kept and named as warnings', async () => {
    const made = await create(
      job('odd', links, {
        from: {
          ...from,
          'fromJobConfig.incrMigration': 'false',
          'fromJobConfig.usePattern': 'ORACLE',
        },
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
      job(
        'cipher',
        { from: 'sftp', to: 'ftp' },
        {
          from: {
            ...binaryFrom,
            'fromJobConfig.decryption': 'AES-256-GCM',
            'fromJobConfig.dek': dek,
            'fromJobConfig.iv': iv,
          },
          to: binaryTo,
        },
      ),
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
