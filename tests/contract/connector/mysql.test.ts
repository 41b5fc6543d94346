import { test } from 'node:test';
import { missingMariadb } from '../../support/mariadb.ts';
import { databaseContract } from './databases.ts';
import { mariadbAdapter } from './mysql-adapter.ts';

const missing = missingMariadb();
if (missing === null) {
  databaseContract(mariadbAdapter(true));
  databaseContract(mariadbAdapter(false));
} else {
  test('connector contract: mysql', { skip: missing }, () => undefined);
}
