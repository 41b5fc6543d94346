import { test } from 'node:test';
import { survives } from './suite.ts';

test('SQLite: kills, freezes and clock steps lose no accepted run and start nothing twice', async (t) => {
  const { seed, faults, submitted, requests, seconds } = await survives(t, 'sqlite');
  t.diagnostic(JSON.stringify({ seed, faults, submitted, requests, seconds }));
});
