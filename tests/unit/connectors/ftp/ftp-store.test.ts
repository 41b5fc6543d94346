import assert from 'node:assert/strict';
import { chown, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { ftpConnector } from '../../../../src/connectors/ftp/connector.ts';
import type { LinkOptions } from '../../../../src/domain/transfer/link.ts';
import type { FileStore } from '../../../../src/ports/file-store.ts';
import { contextOf } from '../../../contract/connector/files-adapter-remote.ts';
import { missingVsftpd, type TestFtpServer, testVsftpd } from '../../../support/vsftpd.ts';
import { within } from '../../../support/until.ts';

type FtpLink = Extract<LinkOptions, { kind: 'ftp' }>;

const MIB = 1024 * 1024;
const never = new AbortController().signal;
const missing = missingVsftpd();

function open(link: FtpLink): Promise<FileStore> {
  const files = ftpConnector(contextOf()).files;
  if (files === undefined) throw new Error('the connector has no files');
  return files(link, '', never);
}

describe('FTP', missing === null ? {} : { skip: missing }, () => {
  let server: TestFtpServer;

  before(async () => {
    server = await testVsftpd();
  });
  after(() => server?.stop());

  test('several files are read at the same time, and one is left early', async (t) => {
    const store = await open(server.link);
    t.after(() => store.close());
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await writeFile(join(server.root, name), Buffer.alloc(MIB, name));
    const sizes = await Promise.all(
      names.map(async (name) => {
        let bytes = 0;
        for await (const piece of store.read(name, { start: 0, end: null }, never)) {
          bytes += piece.length;
          if (name === 'c') break;
          assert.equal(piece[0], name.charCodeAt(0));
        }
        return bytes;
      }),
    );
    assert.deepEqual([sizes[0], sizes[1], sizes[3]], [MIB, MIB, MIB]);
    assert.equal((await store.stat('a'))?.bytes, MIB);
  });

  test('no path is a command', async (t) => {
    const store = await open(server.link);
    t.after(() => store.close());
    for (const path of ['x\r\nDELE a', 'x\nQUIT']) {
      await assert.rejects(store.stat(path), { code: 'path-missing' });
    }
  });

  test('no error tells the password', async () => {
    await assert.rejects(open({ ...server.link, password: 'the-password' }), (error: Error) => {
      assert.doesNotMatch(`${error.message}${String(error.cause)}`, /the-password/);
      return true;
    });
  });

  test('a folder that may not be written is told', async (t) => {
    const store = await open(server.link);
    t.after(() => store.close());
    await store.makeFolder('shut');
    await chown(join(server.root, 'shut'), 0, 0);
    async function* content(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
    }
    await assert.rejects(store.write('shut/f', content(), { signal: never }), {
      code: 'write-failed',
      message: /shut\/f/,
    });
  });

  test('a server that dies is told, and leaves nothing under a final name', async (t) => {
    const own = await testVsftpd();
    t.after(() => own.stop());
    const store = await open(own.link);
    t.after(() => store.close());
    await writeFile(join(own.root, 'there.bin'), 'before');
    async function* killing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(MIB);
      await own.kill();
      for (let count = 0; count < 100; count += 1) yield Buffer.alloc(MIB);
    }
    await assert.rejects(
      within('the write fails', store.write('there.bin', killing(), { signal: never })),
      { name: 'TransferError', transient: true },
    );
    assert.equal(await readFile(join(own.root, 'there.bin'), 'utf8'), 'before');
    const names = await readdir(own.root);
    assert.ok(names.every((name) => name === 'there.bin' || name.startsWith('.longshore-')));
  });

  test('a server that dies while a file is read is told', async (t) => {
    const own = await testVsftpd();
    t.after(() => own.stop());
    const store = await open(own.link);
    t.after(() => store.close());
    await writeFile(join(own.root, 'big.bin'), Buffer.alloc(64 * MIB));
    const read = async (): Promise<void> => {
      let killed = false;
      for await (const _ of store.read('big.bin', { start: 0, end: null }, never)) {
        if (!killed) await own.kill();
        killed = true;
      }
    };
    await assert.rejects(
      within('the read fails', read()),
      (error: Error & { transient: boolean }) => {
        assert.deepEqual([error.name, error.transient], ['TransferError', true]);
        return true;
      },
    );
  });

  test('TLS protects both connections; a certificate that nobody vouches for is refused', async (t) => {
    const secure = await testVsftpd({ tls: true });
    t.after(() => secure.stop());
    await assert.rejects(open(secure.link), { code: 'link-unreachable', message: /certificate/ });
    await assert.rejects(open({ ...secure.link, tls: false }), { name: 'TransferError' });
    const trusted = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...trusted, secure.certificate]);
    t.after(() => tls.setDefaultCACertificates(trusted));
    const store = await open(secure.link);
    t.after(() => store.close());
    async function* content(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(300_000, 's');
    }
    await store.write('in/secret.txt', content(), { signal: never });
    let bytes = 0;
    for await (const piece of store.read('in/secret.txt', { start: 0, end: null }, never)) {
      bytes += piece.length;
    }
    assert.equal(bytes, 300_000);
    const found: string[] = [];
    for await (const { path } of store.list('', never)) found.push(path);
    assert.deepEqual(found, ['in/secret.txt']);
  });
});
