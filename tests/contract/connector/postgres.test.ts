import { test } from 'node:test';
import { missingPostgres } from '../../support/postgres.ts';
import { databaseContract } from './databases.ts';

const missing = missingPostgres();
if (missing === null) {
  const { adapter } = await import('./postgres-adapter.ts');
  databaseContract(adapter);
} else {
  test('connector contract: postgres', { skip: missing }, () => undefined);
}
