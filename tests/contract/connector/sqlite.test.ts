import { databaseContract } from './databases.ts';
import { adapter } from './sqlite-adapter.ts';

databaseContract(adapter);
