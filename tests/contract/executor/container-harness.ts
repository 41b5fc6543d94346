import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostLabelOf } from '../../../src/executors/container/api.ts';
import {
  type ContainerExecutorOptions,
  createContainerExecutor,
} from '../../../src/executors/container/executor.ts';
import type { Executor } from '../../../src/ports/executor.ts';
import { type TestEngine, testImage } from '../../support/docker.ts';
import type { ExecutorHarness } from './harness.ts';

export interface ContainerHarness extends ExecutorHarness {
  readonly dataDir: string;
  readonly hostId: string;
  /** What the executors warned of. */
  readonly warnings: readonly string[];
}

/** The part of an engine that a harness needs. */
type HarnessEngine = Pick<TestEngine, 'kind' | 'socket' | 'network' | 'ulimits' | 'clean'> &
  Partial<Pick<TestEngine, 'api'>>;

/** A harness on a real engine, with a data folder and an identity of its own. */
export async function containerHarness(
  engine: HarnessEngine,
  overrides: Partial<ContainerExecutorOptions> = {},
): Promise<ContainerHarness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'longshore-executor-'));
  const hostId = randomUUID();
  const executors: Executor[] = [];
  const warnings: string[] = [];
  return {
    dataDir,
    hostId,
    warnings,
    artifact: { kind: 'image', image: testImage },
    foreignArtifact: { kind: 'image', image: 'longshore/host' },
    traits: {
      addedVariables: [
        'HOME',
        'HOSTNAME',
        'PATH',
        'LONGSHORE_ATTEMPT_ID',
        ...(engine.kind === 'podman' ? ['container', 'TERM'] : []),
      ],
      firstProcess: true,
      hookOutput: false,
      many: 40,
    },
    create: (limits) => {
      const executor = createContainerExecutor({
        hostId,
        socket: engine.socket,
        enabled: 'always',
        pullPolicy: 'if-not-present',
        pullTimeoutMs: 30_000,
        network: engine.network,
        ulimits: engine.ulimits,
        maxConcurrent: limits?.maxConcurrent ?? 8,
        maxLogBytes: limits?.maxLogBytes ?? 4 * 1024 * 1024,
        packages: noPackages,
        mounts: noMounts,
        nowMs: Date.now,
        log: {
          info: () => {},
          warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
        },
        ...overrides,
        dataDir,
      });
      executors.push(executor);
      return executor;
    },
    runs: async (attemptId) => {
      const name = `longshore-${hostLabelOf(hostId)}-${attemptId}`;
      return (await engine.api?.inspect(name))?.phase === 'running';
    },
    killHelper: null,
    dispose: async () => {
      for (const executor of executors) await executor.close();
      await engine.clean(hostId);
      await rm(dataDir, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}

/** For tests without packages. */
export const noPackages: ContainerExecutorOptions['packages'] = {
  open: () => Promise.resolve(),
  refuses: () => 'this test has no packages',
  prepare: () => assert.fail('no package is expected'),
  release: () => {},
};

/** For tests without mounts. */
export const noMounts: ContainerExecutorOptions['mounts'] = {
  refuses: () => 'this test has no mounts',
  prepare: () => assert.fail('no mount is expected'),
  finish: () => Promise.resolve(),
};
