import { after, before, describe } from 'node:test';
import { type TestEngine, testPodman } from '../../support/docker.ts';
import { needs } from '../../support/tools.ts';
import { containerHarness } from './container-harness.ts';
import { executorContract } from './suite.ts';

describe('containers on Podman', needs('podman'), () => {
  let engine: TestEngine;
  before(async () => {
    engine = await testPodman();
  });
  after(() => engine.stop());
  executorContract('container on Podman', () => containerHarness(engine));
});
