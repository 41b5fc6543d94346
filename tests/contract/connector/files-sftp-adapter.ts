import { sftpConnector } from '../../../src/connectors/sftp/connector.ts';
import { missingSshd, testSftpServer } from '../../support/sftp-server.ts';
import type { Connector } from '../../../src/ports/connector.ts';
import { contextOf, type FilesAdapter, unusedPort } from './files-adapter-remote.ts';

const missing = missingSshd();

export const adapter: FilesAdapter = {
  name: 'sftp',
  ...(missing === null ? {} : { options: { skip: missing } }),
  open: async () => {
    const server = await testSftpServer();
    const { link } = server;
    return {
      connector: sftpConnector(contextOf()) as Connector,
      link,
      bucket: '',
      badLinks: [
        { link: { ...link, password: 'wrong' }, code: 'link-credentials' },
        { link: { ...link, port: await unusedPort() }, code: 'link-unreachable' },
        { link: { ...link, host: 'nowhere.invalid' }, code: 'link-unreachable' },
        { link: { ...link, hostKeyFingerprint: 'SHA256:AAAA' }, code: 'link-unreachable' },
        { link: { ...link, privateKey: 'no key' }, code: 'link-option' },
      ],
      close: () => server.stop(),
    };
  },
};
