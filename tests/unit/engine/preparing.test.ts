/** Starts that wait for what they refer to, over a real store. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/app/clock.ts';
import { createCatalog } from '../../../src/engine/catalog.ts';
import { noLinks } from '../../../src/engine/data-jobs.ts';
import { Preparing } from '../../../src/engine/preparing.ts';
import type { AttemptReport, AttemptStart } from '../../../src/ports/executor.ts';
import type { ClaimedAttempt, Store } from '../../../src/ports/store.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until, within } from '../../support/until.ts';

const atMs = 1_700_000_000_000;

async function openStore(cleanup: Cleanup): Promise<Store> {
  const store = createSqliteStore({ path: join(await temporaryFolder(cleanup), 'longshore.db') });
  await store.open();
  return store;
}

/** Secrets under this master key. */
function catalogOf(store: Store, masterKey: Uint8Array) {
  return createCatalog({ store, masterKey, randomBytes });
}

/** A Secret to pull with. */
async function pullSecret(store: Store, masterKey: Uint8Array): Promise<number> {
  const { id } = await catalogOf(store, masterKey).createSecret(
    {
      dialect: 'sae',
      namespace: 'cn-hangzhou',
      name: 'registry',
      type: 'kubernetes.io/dockerconfigjson',
      createdAtMs: atMs,
    },
    { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') },
  );
  return id;
}

/** An attempt that is to be prepared. */
function claimed(pullSecretId: number): ClaimedAttempt {
  const run = {
    id: 'r',
    templateId: 't',
    templateRevision: 1,
    dialect: 'sae',
    namespace: 'cn-hangzhou',
    trigger: 'manual',
    idempotencyKey: null,
    state: 'running',
    hold: null,
    stopCause: null,
    replicas: 1,
    active: 1,
    succeeded: 0,
    failed: 0,
    message: '',
    verdict: null,
    createdAtMs: atMs,
    notBeforeMs: atMs,
    scheduledAtMs: null,
    startedAtMs: atMs,
    endedAtMs: null,
    deadlineAtMs: null,
    spec: {
      task: {
        artifact: { kind: 'image', image: 'team/app:1', pullSecretId },
        argv: [],
        env: {},
        identityEnv: {},
        postStart: null,
        preStop: null,
      },
      replicas: 1,
      shards: null,
      concurrency: 'allow',
      retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
      timeoutMs: null,
      graceMs: 0,
      timezone: 'UTC',
      resources: { cpuMillis: 0, memoryMib: 0 },
    },
    document: {},
    notActedOn: [],
    templateName: 'test',
    traceparent: null,
  } as const;
  return { attemptId: 'r.0.1', executor: 'container', fence: 1, index: 0, number: 1, run };
}

/** Prepares what refers to Secrets, and tells what became of it. */
function preparingWith(store: Store, masterKey: Uint8Array) {
  const reports: AttemptReport[] = [];
  const starts: AttemptStart[] = [];
  const faults: string[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (_fields: object, message: string) => void faults.push(message),
  };
  const unseal = () => assert.fail('nothing is sealed into this definition');
  const preparing = new Preparing(
    { clock: systemClock, log },
    { catalog: catalogOf(store, masterKey), links: noLinks, unseal },
    (made) => void reports.push(...made),
  );
  const lease = { certain: () => Promise.resolve(true) };
  return {
    preparing,
    reports,
    starts,
    faults,
    begin: (attempt: ClaimedAttempt) =>
      preparing.begin([attempt], lease, (made) => void starts.push(...made)),
  };
}

test('an attempt gets what its Secret says', async (t) => {
  const store = await openStore(t);
  t.after(() => store.close());
  const masterKey = randomBytes(32);
  const { preparing, starts, begin } = preparingWith(store, masterKey);
  begin(claimed(await pullSecret(store, masterKey)));
  await within('it is handed over', preparing.settled());
  assert.deepEqual(
    starts.map(({ attemptId, registryConfig }) => [attemptId, registryConfig]),
    [['r.0.1', '{"auths":{}}']],
  );
});

test('a Secret that was sealed with another master key refuses the attempt, with the remedy', async (t) => {
  const store = await openStore(t);
  t.after(() => store.close());
  const { preparing, reports, starts, begin } = preparingWith(store, randomBytes(32));
  begin(claimed(await pullSecret(store, randomBytes(32))));
  await within('it is refused', preparing.settled());
  assert.deepEqual(starts, []);
  const [report] = reports;
  assert.equal(report?.kind, 'refused');
  assert.match(
    report?.kind === 'refused' ? report.message : '',
    /the Secret \(ID: 1\) cannot be opened: .*master key.*restore/,
  );
});

test('a store that is away is asked again, until the server ends', async (t) => {
  const store = await openStore(t);
  const masterKey = randomBytes(32);
  const id = await pullSecret(store, masterKey);
  await store.close();
  const { preparing, reports, starts, faults, begin } = preparingWith(store, masterKey);
  begin(claimed(id));
  await until('it was tried twice', () => faults.length >= 2);
  await within('it does not hold the server up', preparing.settled(), 5_000);
  // The next life finds that it never started.
  assert.deepEqual([starts, reports], [[], []]);
});
