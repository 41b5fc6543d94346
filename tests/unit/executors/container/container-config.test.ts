import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobSpec } from '../../../../src/domain/template.ts';
import {
  commandProblem,
  type ContainerParts,
  containerConfig,
} from '../../../../src/executors/container/container-config.ts';
import { endOf } from '../../../../src/executors/container/ending.ts';
import { findSocket } from '../../../../src/executors/container/socket.ts';

const spec: JobSpec = {
  task: {
    artifact: { kind: 'image', image: 'app:1' },
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
  graceMs: 1_000,
  timezone: 'UTC',
  resources: { cpuMillis: 0, memoryMib: 0 },
};
const parts: ContainerParts = {
  start: { attemptId: 'r.0.1', fence: 4, spec, env: { A: '1' } },
  hostLabel: 'here',
  image: 'app:1',
  argv: [],
  env: { A: '0', B: '2' },
  binds: [],
  nfs: [],
  network: '',
  maxLogBytes: 1,
  pidsLimit: 4096,
  ulimits: [],
  cpus: 4,
};

interface Body {
  Entrypoint?: readonly string[];
  Cmd?: readonly string[];
  Env: readonly string[];
  HostConfig: Record<string, unknown>;
}

test('a command replaces entry point and arguments, none leaves both', () => {
  const own = containerConfig(parts) as Body;
  assert.deepEqual([own.Entrypoint, own.Cmd], [undefined, undefined]);
  const given = containerConfig({ ...parts, argv: ['echo', 'x'] }) as Body;
  assert.deepEqual([given.Entrypoint, given.Cmd], [['echo', 'x'], []]);
  assert.deepEqual(given.Env, ['A=1', 'B=2', 'LONGSHORE_ATTEMPT_ID=r.0.1']);
});

test('processes are limited, unless the operator says no', () => {
  assert.equal((containerConfig(parts) as Body).HostConfig['PidsLimit'], 4096);
  const unlimited = containerConfig({ ...parts, pidsLimit: 0 }) as Body;
  assert.equal(unlimited.HostConfig['PidsLimit'], -1);
});

test('limits are those of the spec, as far as the machine goes; none without', () => {
  assert.equal((containerConfig(parts) as Body).HostConfig['NanoCpus'], undefined);
  const limited = { ...spec, resources: { cpuMillis: 16_000, memoryMib: 1 } };
  const { HostConfig } = containerConfig({
    ...parts,
    network: 'host',
    start: { ...parts.start, spec: limited },
  }) as Body;
  assert.equal(HostConfig['NanoCpus'], 4e9);
  assert.equal(HostConfig['Memory'], 6 * 1024 * 1024);
  assert.equal(HostConfig['MemorySwap'], 6 * 1024 * 1024);
  assert.equal(HostConfig['NetworkMode'], 'host');
});

test('mounts keep their rights; an NFS export is a volume of the engine', () => {
  const { HostConfig } = containerConfig({
    ...parts,
    binds: [{ hostPath: '/x', mountPath: '/data/inner', readOnly: true }],
    nfs: [{ server: 'nas', exportPath: '/e/p', mountPath: '/data', readOnly: false }],
  }) as Body;
  assert.deepEqual(HostConfig['Mounts'], [
    {
      Type: 'volume',
      Target: '/data',
      ReadOnly: false,
      VolumeOptions: {
        NoCopy: true,
        DriverConfig: {
          Name: 'local',
          Options: { type: 'nfs', o: 'addr=nas,rw', device: ':/e/p' },
        },
      },
    },
    { Type: 'bind', Source: '/x', Target: '/data/inner', ReadOnly: true },
  ]);
});

test('an exit code is a signal only where one was sent', () => {
  const plain = { outOfMemory: false, error: '' };
  const stop = { atMs: 0, cause: 'asked', message: '' } as const;
  const of = (exitCode: number, stopped: boolean, outOfMemory = false): unknown[] => {
    const end = endOf({ ...plain, exitCode, outOfMemory }, stopped ? stop : null, 64);
    return [end.exitCode, end.signal, end.stopped];
  };
  assert.deepEqual(of(137, false), [137, null, false]);
  assert.deepEqual(of(137, false, true), [null, 'SIGKILL', false]);
  assert.deepEqual(of(137, true), [null, 'SIGKILL', true]);
  assert.deepEqual(of(143, true), [null, 'SIGTERM', true]);
  assert.deepEqual(of(143, false), [143, null, false]);
  assert.deepEqual(of(0, true), [0, null, true]);
  const hook = { ...stop, cause: 'post-start', message: 'PostStart hook failed: exit 1' } as const;
  const failed = endOf({ ...plain, exitCode: 143 }, hook, 0);
  assert.deepEqual([failed.stopped, failed.message], [false, 'PostStart hook failed: exit 1']);
});

test('commands and variables that cannot be handed over are refused in words', () => {
  assert.equal(commandProblem([['a'], null], { A: 'b' }, 10), null);
  assert.match(commandProblem([['a\0']], {}, 10) ?? '', /zero byte/);
  assert.match(commandProblem([], { 'A=B': '' }, 10) ?? '', /variable name "A=B"/);
  assert.match(commandProblem([], { A: '\0' }, 10) ?? '', /variable A contains a zero byte/);
  assert.match(commandProblem([['12345678901']], {}, 10) ?? '', /11 bytes, at most 10 fit/);
});

test('the socket is the one that DOCKER_HOST names', () => {
  assert.equal(findSocket({ DOCKER_HOST: 'unix:///run/own.sock' }), '/run/own.sock');
  assert.match(findSocket({ DOCKER_HOST: 'tcp://10.0.0.1:2375' }), /\.sock$/);
});
