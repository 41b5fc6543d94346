/** What users are told when a remote store does not do, and how often it is tried (cdm.md §2.4, §5.11). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { failureOf } from '../dialects/huawei/harness.ts';
import { type ObjectServer, startObjectServer } from '../support/s3.ts';
import { missingSshd, testSftpServer, type TestSftpServer } from '../support/sftp-server.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { missingVsftpd, type TestFtpServer, testVsftpd } from '../support/vsftpd.ts';
import {
  type End,
  type Inputs,
  obsInputs,
  type RemoteProgram,
  type Row,
  seed,
  startRemoteProgram,
  wireLink,
} from './transfers-remote/program.ts';

const missing = missingSshd() ?? missingVsftpd();
const options = missing === null ? needs('moto_server') : { skip: missing };
const bucket = 'lake';
const wrong = 'hunter2-is-wrong';

describe('failures of remote stores', options, () => {
  const closing = new Closing();
  let program: RemoteProgram;
  let sftp: TestSftpServer;
  let ftp: TestFtpServer;
  let store: ObjectServer;
  /** A job that waits 10 s for its second try while other tests run. */
  let retried = { job: '', run: '' };

  before(async () => {
    sftp = await testSftpServer();
    closing.after(() => sftp.stop());
    ftp = await testVsftpd();
    closing.after(() => ftp.stop());
    store = await startObjectServer(closing);
    await store.makeBucket(bucket);
    // Links that do not work are made by operators who switched their test off.
    program = await startRemoteProgram(closing, {
      transfers: { hosts: ['127.0.0.0/8'] },
      cdm: { testLinks: false },
    });
    seed(program, 'shop', 'orders', 50);
    await program.sqlite('shop');
    await program.link('obs', 'obs-connector', obsInputs(store.endpoint));
    await program.link('hive', 'hive-connector', { uri: 'file:///hive' });
    await program.link('web', 'http-connector', {});
    for (const [name, link] of [
      ['sftp', sftp.link],
      ['ftp', ftp.link],
    ] as const) {
      const inputs = { server: link.host, port: link.port, username: link.user };
      const password = encodeURIComponent(link.password);
      await program.link(name, `${name}-connector`, { ...inputs, password });
      await program.link(`${name}-wrong`, `${name}-connector`, { ...inputs, password: wrong });
    }
  });
  after(() => closing.close());

  const orders = { schemaName: 'main', tableName: 'orders' };
  const toTable = (tableName: string): End => [
    'shop',
    { schemaName: 'main', tableName, tablePreparation: 'CREATE_WHEN_NOT_EXIST' },
  ];
  const csvTo = (outputDirectory: string, more: Inputs = {}): Inputs => ({
    outputDirectory,
    outputFormat: 'CSV_FILE',
    ...more,
  });
  const csvFrom = (inputDirectory: string, more: Inputs = {}): Inputs => ({
    inputDirectory,
    inputFormat: 'CSV_FILE',
    ...more,
  });
  /** Fails, with these words for people, and shows no secret. */
  const fails = async (from: End, to: End, words: RegExp): Promise<Row> => {
    const last = await program.failed(from, to);
    assert.equal(last['progress'], -1);
    assert.equal(last['counters'], undefined);
    assert.match(String(last['error-summary']), words);
    assert.doesNotMatch(String(last['error-summary']), /\n/);
    const text = JSON.stringify(last);
    for (const secret of [wrong, sftp.link.password, 'securityKey']) {
      assert.ok(!text.includes(secret), text);
    }
    return last;
  };

  test('RETRY_TRIPLE is three further tries, after 10, 30 and 60 s', async () => {
    const name = await program.submit(
      ['shop', orders],
      ['obs', csvTo('out', { bucketName: 'later' })],
      { 'retryJobConfig.retryJobType': 'RETRY_TRIPLE' },
    );
    const run = `cdm-${String((await program.submission(name))['submission-id'])}`;
    retried = { job: name, run };
    await until('the first try has failed', async () =>
      (await program.log(run)).includes('tried again in 10000 ms'),
    );
    assert.match(String((await program.submission(name))['status']), /^(BOOTING|RUNNING)$/);
    const { templateId } = await program.native('GET', `/runs/${run}`);
    const { definition } = await program.native('GET', `/data-jobs/${String(templateId)}`);
    const { errorRetries, retryDelaysMs } = definition as Row;
    assert.deepEqual([errorRetries, retryDelaysMs], [3, [10_000, 30_000, 60_000]]);
    await store.makeBucket('later');
  });

  test('a password or key that is not accepted', async () => {
    const port = (server: { readonly port: number }): string => `127\\.0\\.0\\.1:${server.port}`;
    await fails(
      ['sftp-wrong', csvFrom('in')],
      toTable('x'),
      new RegExp(`^Cdm\\.0950: .*${port(sftp)}.*longshore`),
    );
    await fails(
      ['shop', orders],
      ['ftp-wrong', csvTo('out')],
      new RegExp(`^Cdm\\.0950: .*${port(ftp)}.*longshore`),
    );
    // What a test would have said when the link was made.
    const link = sftp.link;
    const inputs = { server: link.host, port: link.port, username: link.user, password: wrong };
    const refused = await failureOf(
      program.cdm(
        'POST',
        '/link',
        { links: [wireLink('other', 'sftp-connector', inputs)] },
        { validate: 'true' },
      ),
    );
    assert.deepEqual([refused.httpStatusCode, refused.errorCode], [500, 'Cdm.0950']);
    assert.ok(!refused.errorMsg.includes(wrong), refused.errorMsg);
  });

  test('a bucket that is not there, as source and as target', async () => {
    await fails(
      ['obs', csvFrom('in', { bucketName: 'nowhere' })],
      toTable('x'),
      /^Cdm\.0801: .*bucket nowhere/,
    );
    await fails(
      ['shop', orders],
      ['obs', csvTo('out', { bucketName: 'nowhere' })],
      /^Cdm\.0801: .*bucket nowhere/,
    );
  });

  test('a folder or file that is not there', async () => {
    for (const link of ['sftp', 'ftp', 'obs']) {
      const more = link === 'obs' ? { bucketName: bucket } : {};
      await fails([link, csvFrom('no/such', more)], toTable('x'), /^Cdm\.0420: .*no\/such/);
      const binary = { ...more, inputDirectory: 'no/such', inputFormat: 'BINARY_FILE' };
      const to = { outputDirectory: 'x', outputFormat: 'BINARY_FILE' };
      await fails([link, binary], ['sftp', to], /^Cdm\.0420: .*no\/such/);
      const empty = { ...more, nonexistentPathDisregard: 'true' };
      const counters = await program.moved([link, csvFrom('no/such', empty)], toTable('orders'));
      assert.equal(counters['TOTAL_FILES'], 0);
    }
    await fails(
      ['hive', { database: 'sales', table: 'none' }],
      toTable('x'),
      /^Cdm\.1000: .*sales\.none/,
    );
    const noCreation = { database: 'sales', table: 'none' };
    await fails(['shop', orders], ['hive', noCreation], /^Cdm\.1000: .*sales\.none/);
    const lost = { ...orders, tableName: 'lost' };
    await fails(['shop', lost], ['hive', noCreation], /^Cdm\.0900: .*lost/);
  });

  test('a folder that must not be written', async () => {
    // The account of the FTP server is not root, so it is refused.
    await mkdir(join(ftp.root, 'shut'), { mode: 0o555 });
    await fails(['shop', orders], ['ftp', csvTo('shut/in')], /^Cdm\.\d{4}: .*shut.*(550|553)/);
  });

  test('files that are not what the job says', async () => {
    await mkdir(join(sftp.root, 'odd'));
    await writeFile(join(sftp.root, 'odd', 'short.csv'), '1,2\n3\n');
    await writeFile(join(sftp.root, 'odd', 'no.parquet'), 'PAR1 is how it begins, and no more');
    await writeFile(
      join(sftp.root, 'odd', 'cut.csv.gz'),
      gzipSync('1,2\n'.repeat(9_000)).subarray(0, 40),
    );
    const from = (file: string, inputFormat: string, more: Inputs = {}): End => [
      'sftp',
      { inputDirectory: `odd/${file}`, inputFormat, ...more },
    ];
    await fails(from('short.csv', 'CSV_FILE'), toTable('a'), /^Cdm\.0015: .*short\.csv, record 2/);
    await fails(from('no.parquet', 'PARQUET_FILE'), toTable('b'), /^Cdm\.0015: .*no\.parquet/);
    await fails(
      from('cut.csv.gz', 'CSV_FILE', { fromCompression: 'GZIP' }),
      toTable('c'),
      /^Cdm\.0015: .*cut\.csv\.gz/,
    );
  });

  test('an error is tried again as often as the job says, after its waits', async () => {
    const asked: number[] = [];
    const server = createServer((request, response) => {
      if (request.method === 'HEAD') asked.push(performance.now());
      response.writeHead(403).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.after(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await program.native('POST', '/links', { name: 'site', options: { kind: 'http' } });
    const local = { kind: 'sqlite', file: 'shop.db' };
    await program.native('POST', '/links', { name: 'local', options: local });
    const definition = {
      from: {
        kind: 'files',
        link: 'site',
        paths: [`http://127.0.0.1:${port}/a.csv`],
        format: { kind: 'csv' },
      },
      to: { kind: 'table', link: 'local', table: 'x', preparation: 'create' },
      errorRetries: 3,
      retryDelaysMs: [200, 400, 800],
    };
    await program.native('POST', '/data-jobs', { name: 'again', definition });
    const { run } = await program.native('POST', '/templates/again/runs', {});
    const { id } = run as { readonly id: string };
    const state = await until('the run is over', async () => {
      const told = await program.native('GET', `/runs/${id}?waitMs=5000`);
      return /^(succeeded|failed)$/.exec(String(told['state']))?.[0];
    });
    assert.equal(state, 'failed');
    const { report } = await program.native('GET', `/runs/${id}/transfer`);
    assert.match(JSON.stringify((report as Row)['error']), /HTTP 403/);
    const waits = asked.slice(1).map((at, place) => at - (asked[place] ?? 0));
    assert.equal(waits.length, 3, `asked ${asked.length} times`);
    for (const [place, least] of [200, 400, 800].entries()) {
      assert.ok((waits[place] ?? 0) >= least, `waits were ${waits.join(', ')} ms`);
    }
  });

  test('the second try of RETRY_TRIPLE comes 10 s later, within the same submission', async () => {
    const last = await program.over(retried.job);
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    assert.equal(`cdm-${String(last['submission-id'])}`, retried.run);
    assert.ok(Number(last['last-update-date']) - Number(last['execute-date']) >= 10_000);
    assert.equal((await program.log(retried.run)).split('tried again').length, 2);
    assert.deepEqual(await store.keys('later'), ['out/orders.csv']);
  });
});
