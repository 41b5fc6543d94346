import { adapter } from './files-sftp-adapter.ts';
import { fileSourceSuite } from './files-sources.ts';
import { fileStoreSuite } from './files-stores.ts';

fileStoreSuite(adapter);
fileSourceSuite(adapter);
