import { ftpConnector } from '../../../src/connectors/ftp/connector.ts';
import { missingVsftpd, testVsftpd } from '../../support/vsftpd.ts';
import type { Connector } from '../../../src/ports/connector.ts';
import { contextOf, type FilesAdapter, unusedPort } from './files-adapter-remote.ts';

const missing = missingVsftpd();

export const adapter: FilesAdapter = {
  name: 'ftp',
  ...(missing === null ? {} : { options: { skip: missing } }),
  open: async () => {
    const server = await testVsftpd();
    const { link } = server;
    return {
      connector: ftpConnector(contextOf()) as Connector,
      link,
      bucket: '',
      badLinks: [
        { link: { ...link, password: 'wrong' }, code: 'link-credentials' },
        { link: { ...link, port: await unusedPort() }, code: 'link-unreachable' },
        { link: { ...link, host: 'nowhere.invalid' }, code: 'link-unreachable' },
        { link: { ...link, passive: false }, code: 'link-option' },
      ],
      close: () => server.stop(),
    };
  },
};
