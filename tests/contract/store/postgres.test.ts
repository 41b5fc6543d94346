import { test } from 'node:test';
import { missingPostgres } from '../../support/postgres.ts';
import { storeContract } from './suite.ts';

const missing = missingPostgres();
if (missing === null) {
  const { adapter } = await import('./postgres-adapter.ts');
  storeContract(adapter, new URL('postgres-adapter.ts', import.meta.url).href);
} else {
  test('store contract: postgres', { skip: missing }, () => undefined);
}
