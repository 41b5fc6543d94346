import { s3Connector } from '../../../src/connectors/s3/connector.ts';
import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import { startObjectServer } from '../../support/s3.ts';
import { needs } from '../../support/tools.ts';
import type { Connector } from '../../../src/ports/connector.ts';
import { Closing, contextOf, type FilesAdapter, unusedPort } from './files-adapter-remote.ts';

export const adapter: FilesAdapter = {
  name: 's3',
  options: needs('moto_server'),
  open: async () => {
    const closing = new Closing();
    const server = await startObjectServer(closing);
    await server.makeBucket('files');
    const link: Extract<LinkOptions, { kind: 's3' }> = {
      kind: 's3',
      endpoint: server.endpoint,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'test',
      sessionToken: '',
      pathStyle: true,
      connectTimeoutMs: 5_000,
      socketTimeoutMs: 20_000,
    };
    return {
      connector: s3Connector(contextOf()) as Connector,
      link,
      bucket: 'files',
      badLinks: [
        {
          link: { ...link, endpoint: `http://127.0.0.1:${await unusedPort()}` },
          code: 'link-unreachable',
        },
        { link: { ...link, endpoint: 'http://nowhere.invalid' }, code: 'link-unreachable' },
        { link: { ...link, endpoint: 'obs.example.com' }, code: 'link-option' },
      ],
      close: () => closing.close(),
    };
  },
};
