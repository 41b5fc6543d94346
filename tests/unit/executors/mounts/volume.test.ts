import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import type { Mount } from '../../../../src/domain/template.ts';
import { createMountProvider } from '../../../../src/executors/mounts/provider.ts';
import type { AttemptMount } from '../../../../src/ports/executor.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const signal = new AbortController().signal;

const volume = (
  inside: string,
  {
    readOnly = false,
    id = 'nas-1',
    host = '',
  }: { readOnly?: boolean; id?: string; host?: string } = {},
): AttemptMount & Mount => ({
  mountPath: '/data',
  readOnly,
  source: { kind: 'volume', id, host, path: inside },
});

describe('volumes', () => {
  test('are found by id, else by mount target', async (t) => {
    const folder = await temporaryFolder(t);
    const provider = createMountProvider({
      volumes: [
        { id: 'nas-1', folder },
        { host: 'nas.example', folder: '/etc' },
      ],
      buckets: [],
    });
    const paths = async (mount: AttemptMount): Promise<readonly string[]> =>
      (await provider.prepare([mount], folder, signal)).binds.map(({ hostPath }) => hostPath);
    assert.deepEqual(await paths(volume('/', { host: 'nas.example' })), [folder]);
    assert.deepEqual(await paths(volume('/', { id: 'other', host: 'nas.example' })), ['/etc']);
    assert.deepEqual(await paths(volume('', { id: '', host: 'nas.example' })), ['/etc']);
  });

  test('that nobody mapped are refused with the line that maps them', () => {
    const provider = createMountProvider({ volumes: [{ id: 'empty' }], buckets: [] });
    assert.equal(
      provider.refuses([volume('/')], 'container'),
      'volume "nas-1" is not mapped to anything of this machine; add to the configuration: volumes: [{id: "nas-1", folder: "/path/of/it"}]',
    );
    assert.match(
      provider.refuses([volume('/', { id: '', host: 'h.example' })], 'process') ?? '',
      /volumes: \[\{host: "h\.example", folder/,
    );
    assert.match(
      provider.refuses([volume('/', { id: 'empty' })], 'process') ?? '',
      /without a folder and without an export/,
    );
    const configMap: Mount = {
      mountPath: '/x',
      readOnly: true,
      source: { kind: 'config-map', configMapId: 1, key: null },
    };
    assert.equal(provider.refuses([configMap], 'process'), null);
  });

  test('that are exports are mounted by containers and refused for processes', async (t) => {
    const folder = await temporaryFolder(t);
    const provider = createMountProvider({
      volumes: [{ id: 'nas-1', nfs: 'nfs.example:/export/' }],
      buckets: [],
    });
    assert.equal(provider.refuses([volume('/')], 'container'), null);
    assert.match(
      provider.refuses([volume('/')], 'process') ?? '',
      /the export nfs\.example:\/export\/, which only containers can mount; mount it on this machine/,
    );
    assert.deepEqual(
      await provider.prepare([volume('/a/b/', { readOnly: true })], folder, signal),
      {
        binds: [],
        nfs: [
          { server: 'nfs.example', exportPath: '/export/a/b', mountPath: '/data', readOnly: true },
        ],
      },
    );
    await assert.rejects(provider.prepare([volume('a/../..')], folder, signal), /without "\.\."/);
  });

  test('get a missing path made like the folder above it, unless they are read-only', async (t) => {
    const folder = await temporaryFolder(t);
    fs.mkdirSync(path.join(folder, 'team'));
    fs.chmodSync(path.join(folder, 'team'), 0o770);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) fs.chownSync(path.join(folder, 'team'), 65_534, 65_534);
    const provider = createMountProvider({ volumes: [{ id: 'nas-1', folder }], buckets: [] });
    await assert.rejects(
      provider.prepare([volume('/team/new/deep', { readOnly: true })], folder, signal),
      /the path "\/team\/new\/deep" does not exist in volume "nas-1"; create it/,
    );
    const { binds } = await provider.prepare([volume('/team/new/deep')], folder, signal);
    const made = path.join(folder, 'team/new/deep');
    assert.deepEqual(binds, [{ hostPath: made, mountPath: '/data', readOnly: false }]);
    const { mode, uid } = fs.statSync(made);
    assert.equal(mode & 0o777, 0o770);
    if (isRoot) assert.equal(uid, 65_534);
    // And once more, as the next attempt finds it.
    assert.equal(
      (await provider.prepare([volume('/team/new/deep')], folder, signal)).binds[0]?.hostPath,
      made,
    );
  });

  test('do not lead out of their folder', async (t) => {
    const outside = await temporaryFolder(t);
    const folder = await temporaryFolder(t);
    fs.symlinkSync(outside, path.join(folder, 'link'));
    fs.symlinkSync('.', path.join(folder, 'self'));
    fs.symlinkSync('/nowhere', path.join(folder, 'dangling'));
    const provider = createMountProvider({ volumes: [{ id: 'nas-1', folder }], buckets: [] });
    for (const inside of ['/link', '/link/new', 'dangling', 'self/link']) {
      await assert.rejects(
        provider.prepare([volume(inside)], folder, signal),
        /leads out of volume "nas-1"/,
        inside,
      );
    }
    assert.deepEqual(fs.readdirSync(outside), []);
    const { binds } = await provider.prepare([volume('self/self/in')], folder, signal);
    assert.equal(binds[0]?.hostPath, path.join(folder, 'in'));
  });

  test('whose folder is gone say so', async (t) => {
    const folder = await temporaryFolder(t);
    const provider = createMountProvider({
      volumes: [{ id: 'nas-1', folder: path.join(folder, 'gone') }],
      buckets: [],
    });
    await assert.rejects(
      provider.prepare([volume('/')], folder, signal),
      /the folder .*gone of volume "nas-1" cannot be used \(ENOENT\)/,
    );
  });
});
