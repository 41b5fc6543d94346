import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { readEnding, readMark } from '../../../../src/executors/attempts/folder.ts';
import { wrapArgv } from '../../../../src/executors/mounts/namespace-argv.ts';
import {
  namespaceMode,
  namespaceProblem,
  prepareNamespace,
} from '../../../../src/executors/mounts/namespace.ts';
import { findKeeperShell } from '../../../../src/executors/process/supervisor/keeper-script.ts';
import {
  carriesFolder,
  processTable,
  processesOf,
  sendSignal,
} from '../../../../src/executors/process/supervisor/processes.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { needs } from '../../../support/tools.ts';
import { until, within } from '../../../support/until.ts';

const user = namespaceMode() === 'root' ? { uid: 65_534, gid: 65_534 } : null;
const problem = await namespaceProblem(user);
if (problem !== null && process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(problem);
const options = problem === null ? needs('bash', 'setsid') : { skip: problem };

/** A keeper as the supervisor starts it, but in a mount namespace of its own. */
async function keeper(t: TestContext) {
  const base = await temporaryFolder(t);
  fs.chmodSync(base, 0o711);
  const files = [{ path: '/etc/longshore-app/conf', content: 'laid down' }];
  const namespace = await prepareNamespace(
    { binds: [], files, hostAliases: [], keep: [base] },
    await temporaryFolder(t),
  );
  const shell = findKeeperShell(true);
  assert.ok(typeof shell !== 'string', String(shell));
  const argv = [...shell.argv, shell.script, 'keeper', base, 'boot'];
  const [program, ...args] = wrapArgv(namespace, user, argv);
  const notices = path.join(base, '.notices');
  const write = fs.openSync(notices, 'a');
  const read = fs.openSync(notices, 'r');
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', write, read],
  });
  fs.closeSync(write);
  fs.closeSync(read);
  const { stdin, stdout } = child;
  assert.ok(stdin && stdout && child.pid !== undefined);
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await within('the keeper says something', lines.next());
    return next.done === true ? 'ended' : next.value;
  };
  assert.equal(await line(), 'ready', fs.readFileSync(notices, 'utf8'));
  const run = (id: string, script: string): string => {
    const folder = path.join(base, id);
    fs.mkdirSync(path.join(folder, 'work'), { recursive: true });
    const environment = `export LONGSHORE_ATTEMPT_FOLDER='${folder}'\n`;
    fs.writeFileSync(
      path.join(folder, 'command'),
      `${environment}exec $LONGSHORE_SETSID sh -c '${script}'\n`,
    );
    if (user !== null) {
      for (const at of ['work', 'command', '.']) {
        fs.chownSync(path.join(folder, at), user.uid, user.gid);
      }
    }
    stdin.write(`${id}\n`);
    return folder;
  };
  return { pid: child.pid, kill: () => child.kill('SIGKILL'), line, run };
}

describe('a keeper in a mount namespace', options, () => {
  test('tells how attempts ended, and they find their files', async (t) => {
    const { line, run } = await keeper(t);
    const folder = run('exits', 'cat /etc/longshore-app/conf; id -u; pwd; exit 137');
    assert.match(await line(), /^exits \d+ exit 137$/);
    const work = path.join(folder, 'work');
    assert.equal(
      fs.readFileSync(path.join(folder, 'stdout'), 'utf8'),
      `laid down${user?.uid ?? process.getuid?.()}\n${work}\n`,
    );
    assert.equal(readEnding(folder)?.exitCode, 137);
    const killed = run('signalled', 'kill -KILL $$');
    assert.match(await line(), /^signalled \d+ signal SIGKILL$/);
    assert.equal(readEnding(killed)?.signal, 'SIGKILL');
  });

  test('has attempts that are found and signalled from outside', async (t) => {
    const { pid: session, kill, line, run } = await keeper(t);
    const folder = run('runs', 'setsid sleep 600 & echo up; exec sleep 600');
    const mark = await until('its mark and its word', () => {
      const up = fs.statSync(path.join(folder, 'stdout'), { throwIfNoEntry: false })?.size === 3;
      return up ? readMark(folder) : null;
    });
    await until('it carries its folder', () => carriesFolder(mark.pid, folder));
    const found = await until('both of its processes', async () => {
      const all = processesOf(await processTable(), { folder, pid: mark.pid, session });
      return all.length === 2 && all.every((entry) => entry.folder === folder) ? all : null;
    });
    assert.ok(!found.some(({ pid }) => pid === session), 'the keeper itself is spared');
    assert.ok(sendSignal(-mark.pid, 'SIGTERM'));
    assert.equal(await line(), `runs ${mark.pid} signal SIGTERM`);

    // Without its keeper too: one that left the group is known by its folder.
    kill();
    const left = processesOf(await processTable(), { folder, pid: null, session: null });
    assert.equal(left.length, 1);
    for (const { pid } of left) assert.ok(sendSignal(pid, 'SIGKILL'));
    await until('nothing is left', async () => {
      const rest = processesOf(await processTable(), { folder, pid: null, session: null });
      return rest.length === 0;
    });
  });
});
