import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { readEnding, readMark } from '../../../../src/executors/attempts/folder.ts';
import {
  bashKeeper,
  setsidKeeper,
} from '../../../../src/executors/process/supervisor/keeper-script.ts';
import type { KeeperShell } from '../../../../src/executors/process/supervisor/keeper-script.ts';

/** Runs the commands through one keeper, one after the other; gives its lines. */
async function runKeeper(
  shell: KeeperShell,
  base: string,
  commands: readonly { readonly id: string; readonly command: string }[],
): Promise<string[]> {
  const notices = path.join(base, 'notices');
  const write = fs.openSync(notices, 'a');
  const read = fs.openSync(notices, 'r');
  const [program, ...args] = shell.argv;
  const child = spawn(program, [...args, shell.script, 'keeper', base, 'boot'], {
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', write, read],
    timeout: 60_000,
  });
  fs.closeSync(write);
  fs.closeSync(read);
  const { stdin, stdout } = child;
  assert.ok(stdin && stdout);
  for (const { id, command } of commands) {
    fs.mkdirSync(path.join(base, id, 'work'), { recursive: true });
    fs.writeFileSync(path.join(base, id, 'command'), command);
    stdin.write(`${id}\n`);
  }
  stdin.end();
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdout })) lines.push(line);
  return lines;
}

const shells = [
  { name: 'bash', shell: bashKeeper('/bin/bash') ?? bashKeeper('/usr/bin/bash') },
  { name: 'sh with setsid', shell: setsidKeeper() },
];

for (const { name, shell } of shells) {
  const skip = shell === null ? `no ${name} here` : false;
  describe(`keeper: ${name}`, { skip }, () => {
    test('tells exits from signals and leaves its files', async () => {
      assert.ok(shell);
      const base = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-keeper-'));
      const exec = (script: string): string => `exec $LONGSHORE_SETSID sh -c '${script}'\n`;
      try {
        const signals = ['TERM', 'KILL', 'PIPE', 'SEGV', 'USR1', 'HUP', 'ABRT'] as const;
        // The setsid keeper's jobs ignore SIGINT, as its words say.
        const all = name === 'bash' ? [...signals, 'INT' as const, 'QUIT' as const] : signals;
        const cases = all.flatMap((signal) => [
          { id: `s-${signal}`, command: exec(`kill -${signal} $$`) },
          {
            id: `e-${signal}`,
            command: exec(`exit ${128 + os.constants.signals[`SIG${signal}`]}`),
          },
          { id: `n-${signal}`, command: exec('exit 3') },
        ]);
        const lines = await runKeeper(shell, base, cases);
        assert.equal(lines[0], 'ready');
        assert.equal(lines.length, cases.length + 1);
        for (const { id } of cases) {
          const ending = readEnding(path.join(base, id));
          const [kind, signal] = id.split('-') as [string, (typeof all)[number]];
          const expected =
            kind === 's'
              ? [null, `SIG${signal}`]
              : [kind === 'n' ? 3 : 128 + os.constants.signals[`SIG${signal}`], null];
          assert.deepEqual([ending?.exitCode, ending?.signal], expected, id);
          const mark = readMark(path.join(base, id));
          assert.ok(mark && mark.pid > 0 && mark.bootId === 'boot');
          assert.ok(Math.abs(mark.atMs - Date.now()) < 60_000);
        }
      } finally {
        fs.rmSync(base, { recursive: true, force: true });
      }
    });

    test('a fenced attempt never runs; a missing folder is refused', async () => {
      assert.ok(shell);
      const base = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-keeper-'));
      try {
        fs.mkdirSync(path.join(base, 'fenced'));
        fs.writeFileSync(path.join(base, 'fenced', 'process'), 'pid 0 boot boot\n');
        const lines = await runKeeper(shell, base, [
          { id: 'fenced', command: 'echo ran\n' },
          { id: 'clean', command: 'exec $LONGSHORE_SETSID env\n' },
        ]);
        assert.equal(lines.length, 3);
        assert.equal(fs.readFileSync(path.join(base, 'fenced', 'stdout'), 'utf8'), '');
        assert.equal(fs.readFileSync(path.join(base, 'clean', 'stdout'), 'utf8'), '');
        fs.rmSync(path.join(base, 'clean'), { recursive: true });
      } finally {
        fs.rmSync(base, { recursive: true, force: true });
      }
    });

    test('hundreds of deaths by signal in a row are all told right', async () => {
      assert.ok(shell);
      const base = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-keeper-'));
      try {
        const cases = Array.from({ length: 300 }, (_, index) => ({
          id: `k-${index}`,
          command: "exec $LONGSHORE_SETSID sh -c 'kill -9 $$'\n",
        }));
        const lines = await runKeeper(shell, base, cases);
        const wrong = lines.slice(1).filter((line) => !line.endsWith(' signal SIGKILL'));
        assert.deepEqual(wrong, []);
        assert.equal(lines.length, 301);
      } finally {
        fs.rmSync(base, { recursive: true, force: true });
      }
    });
  });
}
