/** What every database must do as a source and as a target, from the comments of `ports/connector.ts`. */
import { after, before, describe } from 'node:test';
import type { DatabaseAdapter, DatabaseUnderTest } from './database-adapter.ts';
import { databaseLoads } from './database-loads.ts';
import { databaseReads } from './database-reads.ts';
import { databaseTargets } from './database-targets.ts';

/** Runs the suite on a database. */
export function databaseContract(adapter: DatabaseAdapter): void {
  describe(`connector contract: ${adapter.name}`, () => {
    let opened: DatabaseUnderTest | null = null;
    before(async () => {
      opened = await adapter.open();
    });
    after(() => opened?.close());
    const database = (): DatabaseUnderTest => {
      if (opened === null) throw new Error('the database is not open');
      return opened;
    };
    databaseReads(database);
    databaseLoads(database);
    databaseTargets(database);
  });
}
