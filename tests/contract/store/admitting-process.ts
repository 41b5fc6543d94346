/**
 * Accepts runs as fast as it can until it is killed, and prints the id of each one after the store
 * has acknowledged it: what is printed must be there afterwards.
 *
 *   admitting-process.ts <url of a module that exports `adapter`> <place>
 */
import { defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import type { StoreAdapter } from './adapter.ts';
import { baseSpec, t0 } from './fixtures.ts';

const AT_ONCE = 8;
/** Ends by itself should nobody kill it. */
const MAX_RUNS = 200_000;

const [adapterUrl = '', place = ''] = process.argv.slice(2);
const { adapter } = (await import(adapterUrl)) as { readonly adapter: StoreAdapter };
const store = adapter.makeStore(place, { ...defaultAdmissionLimits, unfinishedRuns: MAX_RUNS });
await store.open();

const templateId = `template-${process.pid}`;
await store.createTemplate(
  {
    id: templateId,
    dialect: 'sae',
    namespace: 'cn-hangzhou',
    name: 'durable',
    spec: baseSpec,
    document: {},
    notActedOn: [],
    refersTo: null,
    schedule: null,
  },
  { changeId: `change-${process.pid}`, atMs: t0, by: 'alice', note: '' },
);

let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < MAX_RUNS) {
      next += 1;
      const runId = `manual-${process.pid}-${next}`;
      const result = await store.admit({
        runId,
        templateId,
        dialect: 'sae',
        trigger: 'manual',
        idempotencyKey: `key-${next}`,
        nowMs: t0,
        notBeforeMs: t0,
        scheduledAtMs: null,
        by: 'alice',
        override: null,
      });
      if (result.kind !== 'created') throw new Error(`expected a new run, got ${result.kind}`);
      process.stdout.write(`${runId}\n`);
    }
  }),
);
