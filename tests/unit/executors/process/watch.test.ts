import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { folderVariable } from '../../../../src/executors/process/protocol.ts';
import { settleMs } from '../../../../src/executors/process/limits.ts';
import { newAttempt } from '../../../../src/executors/process/supervisor/attempt.ts';
import { hasProc } from '../../../../src/executors/process/supervisor/processes.ts';
import { inspect } from '../../../../src/executors/process/supervisor/watch.ts';

const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-watch-'));
after(() => fs.rmSync(dataDir, { recursive: true, force: true }));

/** An attempt of an earlier supervisor that died before it wrote the start time. */
async function leftBehind(id: string, env: (folder: string) => NodeJS.ProcessEnv) {
  const attempt = newAttempt(dataDir, id, false);
  attempt.watched = true;
  fs.mkdirSync(attempt.folder, { recursive: true });
  const child = spawn('sleep', ['60'], { env: env(attempt.folder) });
  await once(child, 'spawn');
  fs.writeFileSync(path.join(attempt.folder, 'process'), `pid ${child.pid} boot b\n`);
  return { attempt, child, pid: child.pid ?? 0 };
}

test(
  'a process without a known start time is recognised by its folder, and its start time kept',
  { skip: hasProc ? false : 'no /proc here' },
  async () => {
    const { attempt, child, pid } = await leftBehind('a.0.1', (folder) => ({
      PATH: process.env['PATH'],
      [folderVariable]: folder,
    }));
    try {
      assert.equal(inspect(attempt, 'b', 0).kind, 'running');
      assert.equal(attempt.pid, pid);
      const text = fs.readFileSync(path.join(attempt.folder, 'process'), 'utf8');
      assert.match(text, /^pid \d+ boot b\nstart \d+\n$/);
      assert.equal(inspect(attempt, 'b', 1).kind, 'running');
      assert.equal(fs.readFileSync(path.join(attempt.folder, 'process'), 'utf8'), text);
    } finally {
      child.kill('SIGKILL');
    }
    await once(child, 'exit');
    assert.equal(inspect(attempt, 'b', 2).kind, 'waiting');
    assert.equal(inspect(attempt, 'b', 2 + settleMs).kind, 'lost');
  },
);

test(
  'a process that took over the pid is not mistaken for the attempt',
  { skip: hasProc ? false : 'no /proc here' },
  async () => {
    const { attempt, child } = await leftBehind('b.0.1', () => ({ PATH: process.env['PATH'] }));
    try {
      assert.equal(inspect(attempt, 'b', 0).kind, 'waiting');
      assert.equal(inspect(attempt, 'b', settleMs).kind, 'lost');
      assert.equal(child.exitCode, null);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
