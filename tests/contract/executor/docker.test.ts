import { after, before, describe } from 'node:test';
import { type TestEngine, testDocker } from '../../support/docker.ts';
import { needs } from '../../support/tools.ts';
import { containerHarness } from './container-harness.ts';
import { executorContract } from './suite.ts';

describe('containers on Docker', needs('dockerd'), () => {
  let engine: TestEngine;
  before(async () => {
    engine = await testDocker();
  });
  after(() => engine.stop());
  executorContract('container on Docker', () => containerHarness(engine));
});
