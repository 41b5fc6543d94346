import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';
import { startProgram } from '../../support/program.ts';
import { programOnPath } from './shells.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'bin', 'longshore');

function leaves(command: Command): Command[] {
  const children = command.commands as readonly Command[];
  return children.length === 0 ? [command] : children.flatMap(leaves);
}

test('every command says what it is for; every one that prints facts takes --json', async () => {
  // These print what is text by nature, or run until they are stopped.
  const textual = ['up', 'docs', 'completion'];
  for (const command of leaves(await createProgram())) {
    assert.notEqual(command.description(), '', command.name());
    if (textual.includes(command.name())) continue;
    assert.ok(
      command.options.some(({ long }) => long === '--json'),
      `${command.parent?.name()} ${command.name()} has --json`,
    );
  }
});

for (const [args, code, words] of [
  [['--help'], 0, /Exit codes/],
  [['--version'], 0, /^\d+\.\d+\.\d+/],
  [['rnus'], 2, /Did you mean runs\?/],
  [['keys', 'create'], 2, /--user/],
  [['config', 'print', '--set', 'nonsense'], 2, /--set nonsense is not key=value/],
  [['runs', '--server', 'nowhere'], 2, /nowhere is not an address/],
  [
    ['runs', '--server', 'http://127.0.0.1:1', '--key', 'a:b'],
    3,
    /cannot reach .*\n.*longshore up/,
  ],
] as const) {
  test(`longshore ${args.join(' ')} exits ${code} with words`, async (t) => {
    const program = startProgram(t, main, args, { env: { LONGSHORE_SERVER: '' } });
    assert.equal((await program.ended()).code, code, program.stderr());
    const printed = program.lines.join('\n');
    assert.match(printed + program.stderr(), words);
    if (code !== 0) assert.equal(printed, '', 'standard output carries results only');
  });
}

test('config print tells values and where they are from, and names no unknown key silently', async (t) => {
  const env = { LONGSHORE_LISTEN_PORT: '8481' };
  const program = startProgram(t, main, ['config', 'print', '--host', '127.0.0.2'], { env });
  assert.equal((await program.ended()).code, 0, program.stderr());
  const text = program.lines.join('\n');
  assert.match(text, /port: 8481/);
  assert.match(text, /# listen\.port: from LONGSHORE_LISTEN_PORT/);
  assert.match(text, /# listen\.host: from flag/);
  const json = startProgram(t, main, ['config', 'print', '--json'], { env });
  await json.ended();
  const config = JSON.parse(json.lines.join('\n')) as { listen: { port: number } };
  assert.equal(config.listen.port, 8481);
});

test('doctor names what it looked at, with a fix for what is wrong', async (t) => {
  const data = join(import.meta.filename, 'below-a-file');
  const program = startProgram(t, main, ['doctor', '--json', '--data', data]);
  assert.equal((await program.ended()).code, 1);
  const { facts } = JSON.parse(program.lines.join('\n')) as {
    facts: { name: string; status: string; fix: string }[];
  };
  for (const name of ['node', 'bash', 'setsid', 'clock', 'data folder', 'port']) {
    assert.ok(
      facts.some((fact) => fact.name === name),
      name,
    );
  }
  const folder = facts.find(({ name }) => name === 'data folder');
  assert.equal(folder?.status, 'failed');
  for (const { status, fix, name } of facts) assert.equal(fix === '', status === 'ok', name);
});

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const missing = programOnPath(shell) ? false : `needs ${shell}`;
  test(`the completion script is sound ${shell}`, { skip: missing }, async (t) => {
    const program = startProgram(t, main, ['completion', shell]);
    assert.equal((await program.ended()).code, 0, program.stderr());
    const script = program.lines.join('\n');
    await promisify(execFile)(shell, [
      ...(shell === 'fish' ? ['--no-execute', '-c'] : ['-n', '-c']),
      script,
    ]);
    if (shell !== 'bash') return;
    const complete = async (words: string): Promise<string[]> => {
      const list = words.split(' ');
      const ask = `${script}\nCOMP_WORDS=(${list.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${list.length - 1}; _longshore; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await promisify(execFile)('bash', ['-c', ask])).stdout.trim().split('\n');
    };
    assert.deepEqual(await complete('longshore templ'), ['templates']);
    assert.deepEqual(
      (await complete('longshore keys ')).filter((word) => !word.startsWith('-')).toSorted(),
      ['create', 'delete', 'disable', 'enable', 'list'],
    );
    assert.deepEqual(await complete('longshore runs show --js'), ['--json']);
  });
}
