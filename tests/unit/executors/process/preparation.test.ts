import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobSpec, Task } from '../../../../src/domain/template.ts';
import type { PackageRequest } from '../../../../src/executors/packages/contract.ts';
import { needsPreparation, prepareStart } from '../../../../src/executors/process/preparation.ts';
import { JobFileSystems } from '../../../../src/executors/process/file-system.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { Preparing } from '../../../../src/executors/process/preparing.ts';
import type { AttemptStart } from '../../../../src/ports/executor.ts';

const signal = new AbortController().signal;

function start(task: Partial<Task>, more: Partial<AttemptStart> = {}): AttemptStart {
  const spec: JobSpec = {
    task: {
      artifact: { kind: 'image', image: 'longshore/host' },
      argv: ['true'],
      env: {},
      identityEnv: {},
      postStart: null,
      preStop: null,
      ...task,
    },
    replicas: 1,
    shards: null,
    concurrency: 'allow',
    retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
    timeoutMs: null,
    graceMs: 1,
    timezone: 'UTC',
    resources: { cpuMillis: 0, memoryMib: 0 },
  };
  return { attemptId: 'x.0.1', fence: 1, spec, env: { A: 'template' }, ...more };
}

const artifact = {
  kind: 'package',
  format: 'php',
  url: 'http://h/a.zip',
  version: '',
  runtime: 'php',
  php: { config: null, location: null },
} as const;

const script = { kind: 'script', language: 'shell', text: 'a\r\nb\n' } as const;
const stdout = { source: { kind: 'stdout' }, into: null } as const;
const file = (path: string) => ({ source: { kind: 'file', path }, into: null }) as const;

test('a plain start needs no preparation; packages, scripts, files, mounts, hosts and collecting do', () => {
  assert.equal(needsPreparation(start({})), false);
  assert.equal(
    needsPreparation(start({ mounts: [], hostAliases: [] }, { files: [], mounts: [] })),
    false,
  );
  assert.equal(needsPreparation(start({ collect: [stdout] })), false);
  assert.ok(needsPreparation(start({ artifact })));
  assert.ok(needsPreparation(start({ artifact: script })));
  assert.ok(needsPreparation(start({ collect: [stdout, file('/tmp/a.log')] })));
  assert.ok(needsPreparation(start({}, { files: [{ path: '/a', content: '' }] })));
  assert.ok(needsPreparation(start({ hostAliases: [{ hostName: 'h', ip: '127.0.0.1' }] })));
});

const fileSystems = new JobFileSystems(null, '/nowhere');

test('what needs a file system of its own is refused in words', () => {
  const collect = [stdout, file('/tmp/a.log')];
  assert.equal(fileSystems.refuses(start({ collect }).spec), null);
  const hostAliases = [{ hostName: 'h', ip: '127.0.0.1' }];
  assert.equal(fileSystems.refuses(start({ hostAliases }).spec), 'not opened yet');
});

test('scripts and what is collected are start files', async () => {
  const collect = [stdout, file('/tmp/a.log'), file('/tmp/*.txt'), file('/tmp/a.log')];
  const wanted = start({ artifact: script, argv: ['x y'], collect });
  const made = await prepareStart(wanted, null, fileSystems, '/attempts/x.0.1', signal);
  assert.deepEqual(made.start.spec.task.argv, ['/bin/sh', '/attempts/x.0.1/start/script', 'x y']);
  assert.deepEqual(made.files, [
    { name: 'script', content: 'a\nb\n' },
    { name: 'collect', content: '["/tmp/a.log","/tmp/*.txt"]' },
  ]);
  assert.equal(made.note, '');
});

test('volumes without a provider are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const own = new JobFileSystems(null, folder);
  await own.open(null);
  const source = { kind: 'volume', id: 'n', host: '', path: '/' } as const;
  const mounts = [{ mountPath: '/data', readOnly: true, source }];
  assert.notEqual(own.refuses(start({ mounts }).spec), null);
});

test('a package gives arguments, variables below those of the template, files and a note', async () => {
  const requests: PackageRequest[] = [];
  const packages = {
    open: () => Promise.resolve(),
    refuses: () => null,
    release: () => {},
    prepare: (request: PackageRequest) => {
      requests.push(request);
      return Promise.resolve({
        folder: '/p',
        mountPath: '/p',
        image: null,
        files: [{ path: `${request.startFolder}/start.sh`, content: 'x' }],
        argv: ['/bin/sh', 'start.sh'],
        env: { A: 'runtime', B: 'runtime' },
        note: 'another one',
      });
    },
  };
  const made = await prepareStart(
    start({ artifact }),
    packages,
    fileSystems,
    '/attempts/x.0.1',
    signal,
  );
  assert.equal(requests[0]?.startFolder, '/attempts/x.0.1/start');
  assert.equal(requests[0]?.attemptId, 'x.0.1');
  assert.deepEqual(made.start.spec.task.argv, ['/bin/sh', 'start.sh']);
  assert.deepEqual(made.start.env, { A: 'template', B: 'runtime' });
  assert.deepEqual(made.files, [
    { name: 'start.sh', content: 'x' },
    { name: 'note', content: 'another one' },
  ]);
  assert.equal(made.note, 'another one');
  await assert.rejects(
    prepareStart(start({ artifact }), null, fileSystems, '/a', signal),
    /runs no packages/,
  );
});

test('one event for each preparation, none after a stop', async () => {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const seen: string[] = [];
  const preparing = new Preparing(async (attempt, stopped) => {
    const gate = Promise.withResolvers<void>();
    gates.set(attempt.attemptId, gate);
    stopped.addEventListener('abort', () => gate.reject(stopped.reason as Error));
    await gate.promise;
    return { start: attempt, note: '' };
  });
  const begin = (attemptId: string): void =>
    preparing.begin(start({}, { attemptId }), {
      ready: () => seen.push(`${attemptId} ready`),
      failed: (message) => seen.push(`${attemptId} failed: ${message}`),
    });
  for (const id of ['good', 'bad', 'stopped', 'left']) begin(id);
  assert.ok(preparing.stop('stopped'));
  assert.ok(!preparing.stop('stopped') && !preparing.has('stopped') && !preparing.stop('unknown'));
  gates.get('good')?.resolve();
  gates.get('bad')?.reject(new Error('no such package'));
  await new Promise(setImmediate);
  preparing.stopAll();
  await new Promise(setImmediate);
  assert.deepEqual(seen, ['good ready', 'bad failed: no such package']);
});
