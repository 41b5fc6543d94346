import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localConnector } from '../../../src/connectors/local/connector.ts';
import type { ConnectorContext } from '../../../src/ports/connector.ts';
import type { FilesAdapter } from './files-adapter.ts';

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
      connector: localConnector(context),
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
