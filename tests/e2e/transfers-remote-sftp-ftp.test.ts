/** Whole jobs over SFTP and FTP, and of files between stores, through the CDM API (cdm.md §5.9). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { type ObjectServer, startObjectServer } from '../support/s3.ts';
import { missingSshd, testSftpServer, type TestSftpServer } from '../support/sftp-server.ts';
import { needs } from '../support/tools.ts';
import { missingVsftpd, type TestFtpServer, testVsftpd } from '../support/vsftpd.ts';
import {
  type Inputs,
  obsInputs,
  type RemoteProgram,
  seed,
  seedless,
  startRemoteProgram,
} from './transfers-remote/program.ts';

const missing = missingSshd() ?? missingVsftpd();
const options = missing === null ? needs('moto_server') : { skip: missing };
const bucket = 'lake';

describe('jobs on file servers', options, () => {
  const closing = new Closing();
  let program: RemoteProgram;
  let sftp: TestSftpServer;
  let ftp: TestFtpServer;
  let store: ObjectServer;

  before(async () => {
    sftp = await testSftpServer();
    closing.after(() => sftp.stop());
    ftp = await testVsftpd();
    closing.after(() => ftp.stop());
    store = await startObjectServer(closing);
    await store.makeBucket(bucket);
    program = await startRemoteProgram(closing);
    seed(program, 'shop', 'orders', 2_000);
    for (const name of ['shop', 'copy']) await program.sqlite(name);
    await program.link('obs', 'obs-connector', obsInputs(store.endpoint));
    for (const [name, link] of [
      ['sftp', sftp.link],
      ['ftp', ftp.link],
    ] as const) {
      await program.link(name, `${name}-connector`, {
        server: link.host,
        port: link.port,
        username: link.user,
        password: encodeURIComponent(link.password),
        ...('hostKeyFingerprint' in link ? { hostKeyFingerprint: link.hostKeyFingerprint } : {}),
      });
    }
  });
  after(() => closing.close());

  const orders = { schemaName: 'main', tableName: 'orders', partitionColumn: 'id' };
  const csv = { quoteChar: 'true', firstRowAsHeader: 'true' };
  const whole = 'select * from orders order by id';
  const binary = (directory: string, more: Inputs = {}): Inputs => ({
    outputDirectory: directory,
    outputFormat: 'BINARY_FILE',
    ...more,
  });

  test('a table becomes files on an SFTP server, in pieces, and is read back', async () => {
    const written = await program.moved(
      ['shop', orders],
      [
        'sftp',
        {
          outputDirectory: '/out',
          outputFormat: 'CSV_FILE',
          filePrefix: '${tableName}-${dateformat(yyyy)}',
          markerFile: 'done',
          ...csv,
        },
      ],
      { 'throttlingConfig.numExtractors': '2' },
    );
    const year = new Date().getUTCFullYear();
    const names = (await readdir(join(sftp.root, 'out'))).toSorted();
    assert.deepEqual(names, ['done', `orders-${year}_1.csv`, `orders-${year}_2.csv`]);
    assert.deepEqual([written['ROWS_WRITTEN'], written['FILES_WRITTEN']], [2_000, 2]);

    seedless(program, 'copy', 'orders');
    const read = await program.moved(
      [
        'sftp',
        {
          inputDirectory: 'out',
          inputFormat: 'CSV_FILE',
          useMarkerFile: 'true',
          markerFile: 'done',
          fromFileOpType: 'DELETE',
          ...csv,
        },
      ],
      ['copy', { schemaName: 'main', tableName: 'orders' }],
      { 'throttlingConfig.numExtractors': '2' },
    );
    assert.deepEqual([read['ROWS_READ'], read['TOTAL_FILES']], [2_002, 2]);
    assert.deepEqual(program.rows('copy', whole), program.rows('shop', whole));
    assert.deepEqual(await readdir(join(sftp.root, 'out')), ['done']);
  });

  test('files of an FTP server become rows: by wildcards, compressed, in another encoding', async () => {
    const folder = join(ftp.root, 'in', 'sub');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.csv.gz'), gzipSync('1;één\n2;"zw;ei"\n'));
    await writeFile(join(folder, 'b.csv.gz'), gzipSync('3;drei\n'));
    await writeFile(join(folder, 'c.txt'), 'not;this\n');
    program.within('copy', (db) => db.exec('create table words (id integer primary key, w text)'));
    const read = await program.moved(
      [
        'ftp',
        {
          inputDirectory: '/in',
          inputFormat: 'CSV_FILE',
          fieldSeparator: ';',
          quoteChar: 'true',
          filterType: 'WILDCARD',
          fileFilter: '*.gz',
          fromCompression: 'GZIP',
          splitType: 'SIZE',
        },
      ],
      ['copy', { schemaName: 'main', tableName: 'words' }],
      { 'throttlingConfig.numExtractors': '2' },
    );
    assert.deepEqual([read['ROWS_WRITTEN'], read['TOTAL_FILES'], read['FILES_READ']], [3, 2, 2]);
    assert.deepEqual(program.rows('copy', 'select * from words order by id'), [
      '1|één',
      '2|zw;ei',
      '3|drei',
    ]);
    await mkdir(join(ftp.root, 'gbk'));
    await writeFile(join(ftp.root, 'gbk', 'a.csv'), Buffer.from('342cd6d0cec4', 'hex'));
    await program.moved(
      ['ftp', { inputDirectory: 'gbk', inputFormat: 'CSV_FILE', encodeType: 'GBK' }],
      ['copy', { schemaName: 'main', tableName: 'words' }],
    );
    assert.deepEqual(program.rows('copy', 'select w from words where id = 4'), ['中文']);
  });

  test('a tree of files goes from SFTP to a bucket and on to FTP as it is, and is not copied twice', async () => {
    const contents: Readonly<Record<string, Buffer>> = {
      'a.bin': Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) % 251)),
      'deep/ü b.bin': Buffer.from('\0\r\n\xff', 'latin1'),
      'deep/er/empty': Buffer.alloc(0),
      // More than one part of an upload.
      'large.bin': Buffer.alloc(20 * 1024 * 1024, 'large'),
    };
    for (const [name, content] of Object.entries(contents)) {
      const file = join(sftp.root, 'tree', name);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, content);
    }
    const bytes = Object.values(contents).reduce((sum, { length }) => sum + length, 0);
    const from = { inputDirectory: '/tree', inputFormat: 'BINARY_FILE' };
    const to = binary('copied', { bucketName: bucket, duplicateFileOpType: 'SKIP' });
    const two = { 'throttlingConfig.numExtractors': '2' };
    assert.deepEqual(await program.moved(['sftp', from], ['obs', to], two), {
      ROWS_READ: -1,
      ROWS_WRITTEN: -1,
      ROWS_WRITTEN_SKIPPED: -1,
      BYTES_READ: bytes,
      BYTES_WRITTEN: bytes,
      TOTAL_FILES: 4,
      FILES_READ: 4,
      FILES_WRITTEN: 4,
      FILES_SKIPPED: 0,
      TOTAL_SIZE: bytes,
    });
    assert.deepEqual(
      await store.keys(bucket),
      Object.keys(contents)
        .map((name) => `copied/${name}`)
        .toSorted(),
    );
    await writeFile(join(sftp.root, 'tree', 'new.bin'), 'new');
    const again = await program.moved(['sftp', from], ['obs', to], two);
    assert.deepEqual(
      [again['TOTAL_FILES'], again['FILES_WRITTEN'], again['FILES_SKIPPED']],
      [5, 1, 4],
    );

    const on = await program.moved(
      ['obs', { bucketName: bucket, inputDirectory: 'copied', inputFormat: 'BINARY_FILE' }],
      ['ftp', binary('/arrived', { writeToTempFile: 'true', recordMD5Result: 'true' })],
      two,
    );
    assert.equal(on['FILES_WRITTEN'], 5);
    for (const [name, content] of Object.entries(contents)) {
      const file = join(ftp.root, 'arrived', name);
      assert.ok((await readFile(file)).equals(content), name);
      const digest = createHash('md5').update(content).digest('hex');
      assert.match(await readFile(`${file}.md5`, 'utf8'), new RegExp(`^${digest}`));
    }
    const back = await program.moved(
      ['ftp', { inputDirectory: 'arrived', inputFormat: 'BINARY_FILE', md5FileSuffix: '.md5' }],
      ['sftp', binary('home', { validateMD5: 'true' })],
    );
    assert.equal(back['FILES_WRITTEN'], 5);
    assert.equal(await readFile(join(sftp.root, 'home', 'new.bin'), 'utf8'), 'new');
  });
});
