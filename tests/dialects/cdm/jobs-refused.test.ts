/** Jobs that are refused, each with its code (cdm.md §2.4, §4.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../huawei/harness.ts';
import {
  binaryFrom,
  binaryTo,
  csvFrom,
  csvTo,
  from,
  links,
  startWithLinks,
  to,
} from './job-inputs.ts';
import { job } from './program.ts';

test('jobs that are refused', async (t) => {
  const { cdm } = await startWithLinks(t);
  const create = (...jobs: object[]) => cdm('POST', '/job', { jobs });

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
      [
        'Cdm.0055',
        /BATCH_JOB/,
        job('x', { from: 'sftp', to: 'b' }, { from: csvFrom, to }, { job_type: 'BATCH_JOB' }),
      ],
      ['Cdm.0238', /to-link-name/, job('x', { from: 'a', to: '' }, { from, to })],
      ['Cdm.0101', /nowhere/, job('x', { from: 'nowhere', to: 'b' }, { from, to })],
      [
        'Cdm.0320',
        /obs-connector/,
        job('x', links, { from, to }, { 'from-connector-name': 'obs-connector' }),
      ],
      [
        'Cdm.0102',
        /zip-connector/,
        job('x', links, { from, to }, { 'to-connector-name': 'zip-connector' }),
      ],
      [
        'Cdm.0238',
        /from-config-values/,
        { ...job('x', links, { from, to }), 'from-config-values': null },
      ],
      ['Cdm.0061', /http-connector/, job('x', { from: 'a', to: 'http' }, { from, to })],
      [
        'Cdm.0062',
        /BINARY/,
        job('x', { from: 'sftp', to: 'ftp' }, { from: binaryFrom, to: csvTo }),
      ],
      [
        'Cdm.0062',
        /BINARY/,
        job('x', { from: 'http', to: 'ftp' }, { from: binaryFrom, to: csvTo }),
      ],
      ['Cdm.0064', /CSV_FILE/, job('x', { from: 'a', to: 'ftp' }, { from, to: binaryTo })],
      ['Cdm.0064', /CSV_FILE/, job('x', { from: 'sftp', to: 'b' }, { from: binaryFrom, to })],
      ['Cdm.0913', /Neither/, job('x', links, { from: {}, to })],
      ['Cdm.0913', /Neither/, job('x', links, { from: { 'fromJobConfig.useSql': 'true' }, to })],
      [
        'Cdm.0014',
        /SELECT/,
        job('x', links, { from: sql('WITH x AS (SELECT 1) SELECT * FROM x'), to }),
      ],
      ['Cdm.0014', /comments/, job('x', links, { from: sql('SELECT 1 -- one'), to })],
      ['Cdm.0014', /one statement/, job('x', links, { from: sql('SELECT 1; SELECT 2'), to })],
      ['Cdm.0014', /only read/, job('x', links, { from: sql("SELECT 1 INTO OUTFILE 'x'"), to })],
      [
        'Cdm.0238',
        /fromJobConfig\.schemaName/,
        job('x', { from: 'my', to: 'b' }, { from: { 'fromJobConfig.tableName': 't' }, to }),
      ],
      ['Cdm.0238', /bucketName/, job('x', { from: 'a', to: 'obs' }, { from, to: csvTo })],
      [
        'Cdm.0238',
        /inputDirectory/,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          { from: { 'fromJobConfig.inputFormat': 'CSV_FILE' }, to },
        ),
      ],
      [
        'Cdm.0024',
        /inputFormat/,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          { from: { ...csvFrom, 'fromJobConfig.inputFormat': 'XLS' }, to },
        ),
      ],
      [
        'Cdm.0014',
        /ascending/,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          { from: { ...csvFrom, 'fromJobConfig.columnList': '3&1' }, to },
        ),
      ],
      [
        'Cdm.0024',
        /encodeType/,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          { from: { ...csvFrom, 'fromJobConfig.encodeType': 'EBCDIC-9' }, to },
        ),
      ],
      [
        'Cdm.0014',
        /\.\./,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          { from: { ...csvFrom, 'fromJobConfig.inputDirectory': 'a/../../b' }, to },
        ),
      ],
      [
        'Cdm.0085',
        /50/,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          {
            from: {
              ...csvFrom,
              'fromJobConfig.inputDirectory': Array.from({ length: 51 }, (_, i) => `d${i}`).join(
                '|',
              ),
            },
            to,
          },
        ),
      ],
      [
        'Cdm.0014',
        /64 hexadecimal/,
        job(
          'x',
          { from: 'sftp', to: 'ftp' },
          { ...binary, from: { ...binaryFrom, 'fromJobConfig.decryption': 'AES-256-GCM' } },
        ),
      ],
      ...(
        [
          [/NONE or GZIP/, csvTo, 'LZ4'],
          [/must be NONE/, binaryTo, 'GZIP'],
        ] as const
      ).map(([message, target, compression]): [string, RegExp, object] => [
        'Cdm.0014',
        message,
        job(
          'x',
          { from: 'sftp', to: 'ftp' },
          {
            from: target === csvTo ? csvFrom : binaryFrom,
            to: { ...target, 'toJobConfig.compression': compression },
          },
        ),
      ]),
      [
        'Cdm.0014',
        /decryption\] is for BINARY_FILE/,
        job(
          'x',
          { from: 'sftp', to: 'b' },
          { from: { ...csvFrom, 'fromJobConfig.decryption': 'AES-256-GCM' }, to },
        ),
      ],
      [
        'Cdm.0014',
        /AES-256-GCM is for BINARY_FILE/,
        job(
          'x',
          { from: 'a', to: 'ftp' },
          { from, to: { ...csvTo, 'toJobConfig.encryption': 'AES-256-GCM' } },
        ),
      ],
      [
        'Cdm.0014',
        /KMS/,
        job(
          'x',
          { from: 'sftp', to: 'ftp' },
          { ...binary, to: { ...binaryTo, 'toJobConfig.encryption': 'KMS' } },
        ),
      ],
      [
        'Cdm.0055',
        /binlog/,
        job('x', links, { from: { ...from, 'fromJobConfig.cdc': 'true' }, to }),
      ],
      [
        'Cdm.0055',
        /JDBC/,
        job(
          'x',
          { from: 'hive', to: 'b' },
          { from: { 'fromJobConfig.table': 't', 'fromJobConfig.readMode': 'jdbc' }, to },
        ),
      ],
      [
        'Cdm.0024',
        /storageFormat/,
        job(
          'x',
          { from: 'a', to: 'hive' },
          { from, to: { 'toJobConfig.table': 't', 'toJobConfig.storageFormat': 'ORC' } },
        ),
      ],
      [
        'Cdm.0238',
        /toJobConfig\.whereClause/,
        job('x', links, { from, to: { ...to, 'toJobConfig.beforeImportType': 'whereClause' } }),
      ],
      [
        'Cdm.0010',
        /numExtractors/,
        job('x', links, { from, to, driver: { 'throttlingConfig.numExtractors': '0' } }),
      ],
      [
        'Cdm.0004',
        /numExtractors/,
        job('x', links, { from, to, driver: { 'throttlingConfig.numExtractors': 'two' } }),
      ],
      [
        'Cdm.0014',
        /cycleType/,
        job('x', links, {
          from,
          to,
          driver: { 'schedulerConfig.isSchedulerJob': 'true', 'schedulerConfig.cycleType': 'year' },
        }),
      ],
      [
        'Cdm.0014',
        /stopDate/,
        job('x', links, {
          from,
          to,
          driver: {
            'schedulerConfig.isSchedulerJob': 'true',
            'schedulerConfig.cycleType': 'day',
            'schedulerConfig.startDate': '2030-01-02 00:00:00',
            'schedulerConfig.stopDate': '2030-01-01 00:00:00',
          },
        }),
      ],
      [
        'Cdm.0014',
        /converters/,
        job('x', links, {
          from,
          to,
          driver: { 'transformConfig.converters': '[{"column":"a","type":"ROT13"}]' },
        }),
      ],
      [
        'Cdm.0014',
        /sampleValueColumn/,
        job('x', links, { from: { ...from, 'fromJobConfig.sampleValueColumn': 'nothing' }, to }),
      ],
      [
        'Cdm.0101',
        /dirt/,
        job('x', links, {
          from,
          to,
          driver: {
            'throttlingConfig.recordDirtyData': 'true',
            'throttlingConfig.writeToLink': 'dirt',
            'throttlingConfig.dirtyDataDirectory': 'bad',
          },
        }),
      ],
      [
        'Cdm.0018',
        /configs/,
        { ...job('x', links, { from, to }), 'to-config-values': { configs: 'x' } },
      ],
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
});
