import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import { fileConnector } from '../files/connector.ts';
import { checkHost } from '../files/remote.ts';
import { openFtpStore } from './ftp-store.ts';

/** Files of FTP servers (cdm.md §4.3, ftp-connector). Paths are those of the server's root. */
export function ftpConnector(context: ConnectorContext): Connector<'ftp'> {
  return fileConnector<'ftp'>('ftp', context, {
    test: async (options) => {
      checkHost(context, options.host);
      const store = await openFtpStore(options);
      try {
        await store.stat('');
      } finally {
        await store.close();
      }
    },
    open: async (options) => {
      checkHost(context, options.host);
      return openFtpStore(options);
    },
  });
}
