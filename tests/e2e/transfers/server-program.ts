/**
 * A server with the engine, the embedded store and the executors of the real one, and a way to ask
 * the engine over loopback: `node server-program.ts <settings as JSON>`.
 */
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { systemClock, systemIds, systemRandom } from '../../../src/app/clock.ts';
import { loadConfig } from '../../../src/app/config.ts';
import { loadOrCreateHostId, prepareDataDir } from '../../../src/app/data-dir.ts';
import { createExecutors } from '../../../src/app/executors.ts';
import { lockDataDir } from '../../../src/app/server-lock.ts';
import { createStore } from '../../../src/app/stores.ts';
import { createRunHomes } from '../../../src/app/transfer-homes.ts';
import { createTransfers } from '../../../src/app/transfers.ts';
import type { TransferDefinition } from '../../../src/domain/transfer/definition.ts';
import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import type { TransferArtifact } from '../../../src/domain/template.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { createCatalog } from '../../../src/engine/catalog.ts';
import { createEngine } from '../../../src/engine/create.ts';
import { createLinks } from '../../../src/engine/links.ts';
import {
  createTextBox,
  loadOrCreateMasterKey,
  sealNonceBytes,
} from '../../../src/lib/sealed-box.ts';

const { config } = loadConfig({
  flags: Object.entries(JSON.parse(process.argv[2] ?? '{}') as Record<string, string>),
  env: {},
  file: null,
  cwd: '/',
  root: process.getuid?.() === 0,
});
const log = pino({ level: 'warn' }, pino.destination(2));
const nowMs = (): number => systemClock.nowMs();

const paths = await prepareDataDir(config.dataDir);
await lockDataDir(config.dataDir);
const store = await createStore(config, paths.database);
await store.open();
const masterKey = loadOrCreateMasterKey(paths.masterKey);
const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
const hostId = await loadOrCreateHostId(config.dataDir);
const seal = (text: string, purpose: string): string => box.seal(text, purpose);
const unseal = (text: string, purpose: string): string => box.unseal(text, purpose);
const random = (length: number): Buffer => randomBytes(length);
const running = createEngine({
  store,
  host: hostId,
  leaseTtlMs: config.store.leaseTtlMs,
  executors: createExecutors(config, {
    hostId,
    homes: config.store.url === null ? null : createRunHomes(store, hostId, nowMs),
    nowMs,
    log,
  }),
  access: await createAccess({ store, masterKey, clock: systemClock, randomBytes: random }),
  catalog: createCatalog({ store, masterKey, randomBytes: random }),
  unseal,
  clock: systemClock,
  ids: systemIds,
  random: systemRandom,
  log,
  dataJobs: {
    links: createLinks({ store, nowMs, seal, unseal }),
    transfers: createTransfers(config, nowMs, log),
  },
});
await running.start();
const { engine } = running;

const linkNamespace = 'tests';
const artifactOf = (definition: TransferDefinition): TransferArtifact => ({
  kind: 'transfer',
  linkNamespace,
  definition,
  variables: {},
  environment: {},
  timezone: 'UTC',
  version: '1',
});

type Call = (input: never) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  link: ({ name, options }: { name: string; options: LinkOptions }) =>
    engine.links.change(
      linkNamespace,
      name,
      () => ({ options, enabled: true, document: {} }),
      'tester',
    ),
  plan: (definition: TransferDefinition) => engine.dataJobs.plan(artifactOf(definition), 30_000),
  async submit({
    definition,
    graceMs = 20_000,
    backoffMs = 100,
  }: {
    definition: TransferDefinition;
    graceMs?: number;
    backoffMs?: number;
  }) {
    const { template } = await engine.templates.create(
      {
        dialect: 'native',
        namespace: 'tests',
        name: `${definition.name}-${systemIds.uuid()}`,
        document: {},
        notActedOn: [],
        refersTo: null,
        schedule: null,
        spec: {
          task: {
            artifact: artifactOf(definition),
            argv: [],
            env: {},
            identityEnv: {},
            postStart: null,
            preStop: null,
          },
          replicas: definition.extractors * definition.concurrentTables,
          shards: null,
          concurrency: 'forbid',
          // Only crashes count: errors are tried again by the worker itself.
          retry: { limit: 100, backoffMs, backoffMaxMs: 5 * backoffMs },
          timeoutMs: null,
          graceMs,
          timezone: 'UTC',
          resources: { cpuMillis: 100, memoryMib: 100 },
        },
      },
      'tester',
    );
    const { run } = await engine.runs.submit({
      templateId: template.id,
      dialect: 'native',
      trigger: 'manual',
      idPrefix: 'run-',
      idSuffix: '',
      idempotencyKey: null,
      notBeforeMs: null,
      by: 'tester',
      override: null,
    });
    return run.id;
  },
  run: (id: string) => engine.runs.get(id),
  instances: (id: string) => engine.runs.instances(id),
  events: (id: string) => engine.runs.events(id),
  report: (id: string) => engine.dataJobs.report(id),
  stop: (id: string) => engine.runs.stop(id, 'tester'),
  quarantine: ({ id, after, limit }: { id: string; after: number; limit: number }) =>
    engine.dataJobs.quarantine(id, { after, limit }),
  async log(attemptId: string) {
    const chunk = await engine.runs.readLog(attemptId, 'stdout', 0, 1024 * 1024);
    const errors = await engine.runs.readLog(attemptId, 'stderr', 0, 1024 * 1024);
    return [chunk, errors].map((one) => Buffer.from(one?.bytes ?? []).toString()).join('');
  },
};

const server = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { call, input } = JSON.parse(Buffer.concat(chunks).toString()) as {
      call: string;
      input: never;
    };
    try {
      const result = (await calls[call]?.(input)) ?? null;
      response.end(JSON.stringify({ result }));
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      response.end(JSON.stringify({ error: message, code }));
    }
  })();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`listening ${address.port}\n`);
});
process.once('SIGTERM', () => {
  void running
    .close()
    .then(() => store.close())
    .then(() => process.exit(0));
});
