import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ScriptArtifact } from '../../../../src/domain/template.ts';
import {
  ranScript,
  scriptProblem,
  scriptResult,
  scriptStart,
} from '../../../../src/executors/process/script.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const script = (text: string, language: ScriptArtifact['language'] = 'shell'): ScriptArtifact => ({
  kind: 'script',
  language,
  text,
});

const interpreters: readonly (readonly [ScriptArtifact, readonly string[]])[] = [
  [script('echo'), ['/bin/sh']],
  [script('#!/bin/sh\necho'), ['/bin/sh']],
  [script('#!/bin/sh -e\necho'), ['/bin/sh', '-e']],
  [script('#!/bin/bash\necho'), ['bash']],
  [script('#!/bin/bash\r\necho'), ['bash']],
  [script('#! /usr/local/bin/bash -eu -x\necho'), ['bash', '-eu', '-x']],
  [script('#!/usr/bin/env bash\necho'), ['bash']],
  [script('#!/usr/bin/env -S bash -e\necho'), ['bash', '-e']],
  [script('#!/usr/bin/env bashful\necho'), ['/bin/sh']],
  [script('#!/usr/bin/perl\necho'), ['/bin/sh']],
  [script('echo\n#!/bin/bash\n'), ['/bin/sh']],
  [script('print(1)', 'python'), ['python3', '-u']],
];

for (const [artifact, expected] of interpreters) {
  test(`${JSON.stringify(artifact.text)} is run by ${expected.join(' ')}`, () => {
    const { argv, file } = scriptStart(artifact, ['one'], '/s');
    assert.deepEqual(argv, [...expected, '/s/script', 'one']);
    assert.equal(file.name, 'script');
    assert.doesNotMatch(file.content, /\r\n/);
  });
}

test('what cannot be run is refused in words', async (t) => {
  const folder = await temporaryFolder(t);
  const problem = (artifact: ScriptArtifact, PATH: string = folder): string | null =>
    scriptProblem(artifact, { PATH });
  assert.equal(problem(script('echo')), null);
  assert.match(problem(script('print(1)', 'python')) ?? '', /has no python3; install it/);
  assert.match(
    problem(script('#!/bin/bash\n')) ?? '',
    /has no bash; install it, or begin .*\/bin\/sh/,
  );
  assert.match(problem(script(' \n')) ?? '', /is empty/);
  const [fits, long] = [script('#'.repeat(1024 * 1024)), script('#'.repeat(1024 * 1024 + 1))];
  assert.equal(problem(fits), null);
  assert.match(problem(long) ?? '', /1048577 bytes, at most 1048576/);
  await writeFile(join(folder, 'python3'), '');
  assert.match(problem(script('print(1)', 'python')) ?? '', /no python3/, 'it is not executable');
  await writeFile(join(folder, 'python3'), '', { mode: 0o700, flag: 'w' });
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'python3'), '', { mode: 0o755 });
  assert.equal(problem(script('print(1)', 'python'), `/nowhere:${folder}/bin`), null);
  assert.match(problem(script('print(1)', 'python'), 'bin') ?? '', /no python3/, 'not absolute');
});

test('the result is the last line that is not blank', async (t) => {
  const folder = await temporaryFolder(t);
  const result = async (stdout: string | Buffer): Promise<string> => {
    await writeFile(join(folder, 'stdout'), stdout);
    return scriptResult(folder);
  };
  assert.equal(scriptResult(folder), '', 'nothing was ever printed');
  assert.equal(await result(''), '');
  assert.equal(await result('\n \n'), '');
  assert.equal(await result('one\ntwo\n'), 'two');
  assert.equal(await result('one\ntwo'), 'two');
  assert.equal(await result('one\r\n two \r\n\n \t\n'), 'two');
  assert.equal(await result(`${'x\n'.repeat(100_000)}last\n`), 'last');
  const long = await result(`a${'港'.repeat(1_000)}\n`);
  assert.equal(long, `a${'港'.repeat(333)}`);
  assert.equal(Buffer.byteLength(long), 1_000);
  assert.equal(Buffer.byteLength(await result('y'.repeat(1_000_000))), 1_000);
});

test('a later server knows that a script ran', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(ranScript(folder), false);
  await mkdir(join(folder, 'start'));
  await writeFile(join(folder, 'start', 'script'), '');
  assert.equal(ranScript(folder), true);
});
