import { fileCopySuite } from './files-copies.ts';
import { adapter } from './files-s3-adapter.ts';
import { fileSourceSuite } from './files-sources.ts';
import { fileStoreSuite } from './files-stores.ts';
import { fileTargetSuite } from './files-targets.ts';

fileStoreSuite(adapter);
fileSourceSuite(adapter);
fileTargetSuite(adapter);
fileCopySuite(adapter);
