import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileConnector } from '../../../src/connectors/files/connector.ts';
import { localConnector } from '../../../src/connectors/local/connector.ts';
import type { Connector, ConnectorContext } from '../../../src/ports/connector.ts';
import type { FileStore } from '../../../src/ports/file-store.ts';
import { openStore, type FilesAdapter } from './files-adapter.ts';

export const adapter: FilesAdapter = {
  name: 'local',
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'));
    const share = join(folder, 'share');
    await mkdir(share);
    const context: ConnectorContext = {
      databaseRoot: null,
      shares: { data: share, gone: join(folder, 'gone'), '\\\\nas\\dir': share },
      refuses: () => null,
      nowMs: Date.now,
    };
    return {
      connector: localConnector(context) as Connector,
      link: { kind: 'local', share: 'data' },
      bucket: '',
      badLinks: [
        { link: { kind: 'local', share: 'unknown' }, code: 'link-unreachable' },
        { link: { kind: 'local', share: 'gone' }, code: 'link-unreachable' },
      ],
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

/**
 * The same files behind a store that cannot go on with one, as object stores are: output grows on
 * this machine and is uploaded at the end.
 */
export const uploadingAdapter: FilesAdapter = {
  name: 'local as an object store',
  open: async () => {
    const under = await adapter.open();
    const scratchRoot = await mkdtemp(join(tmpdir(), 'longshore-test-'));
    const context: ConnectorContext = {
      databaseRoot: null,
      shares: {},
      refuses: () => null,
      nowMs: Date.now,
      scratchRoot,
    };
    const connector = fileConnector<'local'>('local', context, {
      test: (options, signal) => under.connector.test(options, signal),
      open: async () => withoutAppend(await openStore(under)),
    });
    return {
      ...under,
      connector: connector as Connector,
      close: async () => {
        await under.close();
        assert.deepEqual(await readdir(scratchRoot), [], 'every run clears its folder');
        await rm(scratchRoot, { recursive: true });
      },
    };
  },
};

function withoutAppend(store: FileStore): FileStore {
  return {
    hasFolders: store.hasFolders,
    stat: (path) => store.stat(path),
    list: (path, signal) => store.list(path, signal),
    read: (path, range, signal) => store.read(path, range, signal),
    write: (path, content, options) => store.write(path, content, options),
    append: () => Promise.resolve(null),
    rename: (from, to) => store.rename(from, to),
    remove: (path) => store.remove(path),
    removeTree: (path, signal) => store.removeTree(path, signal),
    makeFolder: (path) => store.makeFolder(path),
    close: () => store.close(),
  };
}
