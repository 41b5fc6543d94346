import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandProblem, renderCommandFiles } from '../../../../src/executors/process/command.ts';
import { graceOf } from '../../../../src/executors/process/protocol.ts';
import type { AttemptStart } from '../../../../src/ports/executor.ts';

function attempt(argv: readonly string[], env: Record<string, string>, graceMs = 1): AttemptStart {
  return {
    attemptId: 'x.0.1',
    fence: 1,
    env,
    spec: {
      task: {
        artifact: { kind: 'image', image: 'longshore/host' },
        argv,
        env: {},
        identityEnv: {},
        postStart: null,
        preStop: ['true'],
      },
      replicas: 1,
      shards: null,
      concurrency: 'allow',
      retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
      timeoutMs: null,
      graceMs,
      timezone: 'UTC',
      resources: { cpuMillis: 0, memoryMib: 0 },
    },
  };
}

const identity = { folder: '/f', user: 'u' };

test('any text comes through the shell unchanged', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-command-'));
  const file = path.join(folder, 'command');
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
  try {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), text, text, (words, plain, special) => {
        const env = { A: plain, 'a-b': special };
        const { command } = renderCommandFiles(
          attempt(['sh', '-c', 'printf "%s\\0" "$A" "$@"', 'x', ...words], env),
          identity,
        );
        fs.writeFileSync(file, command);
        const output = execFileSync('/bin/sh', [file], { env: {}, encoding: 'utf8' });
        assert.deepEqual(output.split('\0'), [plain, ...words, '']);
      }),
      { numRuns: 40 },
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('the grace is kept for whoever stops the attempt', () => {
  const { command, postStart, preStop } = renderCommandFiles(
    attempt(['true'], { FAKE: '\n# graceMs=9' }, 1234),
    identity,
  );
  assert.equal(graceOf(command), 1234);
  assert.equal(postStart, null);
  assert.equal(graceOf(preStop ?? ''), 1234);
  assert.equal(graceOf('nothing'), 0);
});

test('a program name with = is no variable', () => {
  const { command } = renderCommandFiles(attempt(['a=b'], { LC_ALL: 'C' }), identity);
  assert.match(command, /env 'LC_ALL=C' \/bin\/sh -c 'exec "\$@"' sh 'a=b'\n$/);
});

test('what cannot be run is told', () => {
  assert.equal(commandProblem([['true'], null], { A: 'x' }), null);
  assert.match(commandProblem([['a\0']], {}) ?? '', /zero byte/);
  assert.match(commandProblem([['a']], { 'a=b': '' }) ?? '', /variable name "a=b"/);
  assert.match(commandProblem([['a']], { '': '' }) ?? '', /variable name ""/);
  assert.match(commandProblem([['a']], { A: '\0' }) ?? '', /variable A contains a zero byte/);
  assert.match(commandProblem([['x'.repeat(2 ** 20 + 1)]], {}) ?? '', /at most 1048576/);
});
