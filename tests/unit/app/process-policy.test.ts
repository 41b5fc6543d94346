import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, type FrozenConfig } from '../../../src/app/config.ts';
import { isLoopback, jobUser, processRefusal } from '../../../src/app/process-policy.ts';

function configOf(...flags: readonly (readonly [string, string])[]): FrozenConfig {
  return loadConfig({ flags, env: {}, file: null, cwd: '/', root: false }).config;
}

test('jobs run as processes only while nobody outside can ask, unless allowed', () => {
  const outside = ['listen.host', '0.0.0.0'] as const;
  assert.equal(processRefusal(configOf()), null);
  assert.match(processRefusal(configOf(outside)) ?? '', /0\.0\.0\.0.*process\.enabled: always/);
  assert.equal(processRefusal(configOf(outside, ['process.enabled', 'always'])), null);
  assert.match(processRefusal(configOf(['process.enabled', 'never'])) ?? '', /switched off/);
});

test('only addresses of this machine are loopback', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', '']) {
    assert.ok(!isLoopback(host), host);
  }
});

test('another job user than our own needs root', (t) => {
  assert.equal(jobUser(configOf()), null);
  if (process.getuid?.() === 0) {
    assert.equal(jobUser(configOf(['process.user', 'nobody'])), 'nobody');
    t.diagnostic('the refusal for other users needs a run without root');
  } else {
    assert.throws(() => jobUser(configOf(['process.user', 'nobody'])), /only root can run jobs/);
  }
});
