import { test } from 'node:test';
import { missingPostgres } from '../../support/postgres.ts';
import { survives } from './suite.ts';

const skip = missingPostgres() ?? false;

test(
  'two servers on PostgreSQL: kills, freezes, takeovers and crashes of the database lose no accepted run and start nothing twice',
  { skip },
  async (t) => {
    const { seed, faults, submitted, requests, seconds } = await survives(t, 'postgres');
    t.diagnostic(JSON.stringify({ seed, faults, submitted, requests, seconds }));
  },
);
