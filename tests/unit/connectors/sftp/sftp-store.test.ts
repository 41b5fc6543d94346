import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sftpConnector } from '../../../../src/connectors/sftp/connector.ts';
import type { LinkOptions } from '../../../../src/domain/transfer/link.ts';
import type { FileStore } from '../../../../src/ports/file-store.ts';
import { contextOf } from '../../../contract/connector/files-adapter-remote.ts';
import { cuttingProxy } from '../../../support/cutting-proxy.ts';
import { missingSshd, testSftpServer, type TestSftpServer } from '../../../support/sftp-server.ts';
import { within } from '../../../support/until.ts';

type SftpLink = Extract<LinkOptions, { kind: 'sftp' }>;

const MIB = 1024 * 1024;
const never = new AbortController().signal;
const missing = missingSshd();

describe('SFTP', missing === null ? {} : { skip: missing }, () => {
  let server: TestSftpServer;

  before(async () => {
    server = await testSftpServer();
  });
  after(() => server?.stop());

  const open = (changes: Partial<SftpLink> = {}): Promise<FileStore> => {
    const files = sftpConnector(contextOf()).files;
    if (files === undefined) throw new Error('the connector has no files');
    return files({ ...server.link, ...changes }, '', never);
  };

  test('a private key opens it; a wrong fingerprint tells the one that was shown', async () => {
    const { privateKey, link } = server;
    const store = await open({ password: '', privateKey });
    assert.equal((await store.stat(''))?.folder, true);
    await store.close();
    await assert.rejects(open({ hostKeyFingerprint: 'SHA256:other' }), (error: Error) => {
      assert.ok(error.message.includes(link.hostKeyFingerprint));
      return true;
    });
  });

  test('no error tells the password or the key', async () => {
    for (const changes of [{ password: 'the-password' }, { privateKey: 'the-key' }, { port: 1 }]) {
      await assert.rejects(open(changes), (error: Error) => {
        assert.equal(error.name, 'TransferError');
        assert.doesNotMatch(`${error.message}${String(error.cause)}`, /the-password|the-key|p'ass/);
        return true;
      });
    }
  });

  test('a lost connection is taken up where it broke', async (t) => {
    const content = pattern(9 * MIB);
    await writeFile(join(server.root, 'cut.bin'), content);
    const proxy = await cuttingProxy(t, server.port);
    const store = await open({ port: proxy.port });
    t.after(() => store.close());
    proxy.cutAfter(3 * MIB, 2);
    const hash = createHash('sha256');
    for await (const piece of store.read('cut.bin', { start: 0, end: null }, never))
      hash.update(piece);
    assert.equal(hash.digest('hex'), createHash('sha256').update(content).digest('hex'));
    assert.ok(proxy.connections() >= 3);
  });

  test('a file that is cut while a lost connection is taken up is told', async (t) => {
    const place = join(server.root, 'changing.bin');
    await writeFile(place, pattern(9 * MIB));
    const proxy = await cuttingProxy(t, server.port);
    const store = await open({ port: proxy.port });
    t.after(() => store.close());
    proxy.cutAfter(4 * MIB, 1);
    let changed = false;
    const read = async (): Promise<void> => {
      for await (const _ of store.read('changing.bin', { start: 0, end: null }, never)) {
        if (!changed) await writeFile(place, pattern(8 * MIB));
        changed = true;
      }
    };
    await assert.rejects(read(), { code: 'read-failed', message: /changed/ });
  });

  test('a link that leads out or in a circle ends', async (t) => {
    const store = await open();
    t.after(() => store.close());
    await store.makeFolder('circle/a');
    await symlink('/etc', join(server.root, 'circle/out'));
    await symlink('nowhere', join(server.root, 'circle/dangling'));
    await writeFile(join(server.root, 'circle/a/f'), 'x');
    const found: string[] = [];
    for await (const { path } of store.list('circle', never)) found.push(path);
    assert.deepEqual(found, ['circle/a/f']);
    await store.removeTree('circle', never);
    assert.equal(await store.stat('circle'), null);
    assert.ok((await readFile('/etc/passwd', 'utf8')).length > 0);
  });

  test('a server that dies while a file is written leaves nothing under its name', async (t) => {
    const own = await testSftpServer();
    t.after(() => own.stop());
    const files = sftpConnector(contextOf()).files;
    const store = await files?.(own.link, '', never);
    if (store === undefined) throw new Error('no files');
    t.after(() => store.close());
    await writeFile(join(own.root, 'there.bin'), 'before');
    async function* killing(): AsyncGenerator<Uint8Array> {
      yield pattern(MIB);
      await own.kill();
      for (let count = 0; count < 100; count += 1) yield pattern(MIB);
    }
    await assert.rejects(
      within('the write fails', store.write('there.bin', killing(), { signal: never })),
      (error: Error & { code: string; transient: boolean }) => {
        assert.deepEqual([error.name, error.transient], ['TransferError', true]);
        assert.match(error.message, /there\.bin/);
        return true;
      },
    );
    assert.equal(await readFile(join(own.root, 'there.bin'), 'utf8'), 'before');
    const names = await readdir(own.root);
    assert.ok(names.every((name) => name === 'there.bin' || name.startsWith('.longshore-')));
    await assert.rejects(store.stat('there.bin'), { code: 'link-unreachable' });
    await rm(join(own.root, 'there.bin'));
  });
});

function pattern(bytes: number): Buffer {
  const content = Buffer.allocUnsafe(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE(at, at);
  return content;
}
