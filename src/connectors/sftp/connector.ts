import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import { fileConnector } from '../files/connector.ts';
import { checkHost } from '../files/remote.ts';
import { openSftpStore } from './sftp-store.ts';

/** Files of SFTP servers (cdm.md §4.3, sftp-connector). Paths are those of the server's root. */
export function sftpConnector(context: ConnectorContext): Connector<'sftp'> {
  return fileConnector<'sftp'>('sftp', context, {
    test: async (options, signal) => {
      checkHost(context, options.host);
      const store = await openSftpStore(options, signal);
      try {
        await store.stat('');
      } finally {
        await store.close();
      }
    },
    open: async (options, _bucket, signal) => {
      checkHost(context, options.host);
      return openSftpStore(options, signal);
    },
  });
}
