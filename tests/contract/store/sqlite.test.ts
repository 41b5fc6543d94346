import { adapter } from './sqlite-adapter.ts';
import { storeContract } from './suite.ts';

storeContract(adapter, new URL('sqlite-adapter.ts', import.meta.url).href);
