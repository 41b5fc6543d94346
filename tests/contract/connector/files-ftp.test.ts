import { adapter } from './files-ftp-adapter.ts';
import { fileSourceSuite } from './files-sources.ts';
import { fileStoreSuite } from './files-stores.ts';

fileStoreSuite(adapter);
fileSourceSuite(adapter);
