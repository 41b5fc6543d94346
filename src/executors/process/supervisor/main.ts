/**
 * The supervisor: a small process per data directory that starts attempts, survives the server
 * and ends by itself when nobody needs it. Started by `launch.ts`; its configuration is its one
 * argument, a JSON text without secrets.
 */
import fs from 'node:fs';
import { flushCompileCache } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { attemptsDir, fingerprint } from '../protocol.ts';
import type { SupervisorConfig } from '../protocol.ts';
import { Attempts } from './attempts.ts';
import { findKeeperShell } from './keeper-script.ts';
import { readBootId } from './processes.ts';
import { SupervisorSocket } from './socket.ts';

const config = JSON.parse(process.argv[2] ?? '{}') as SupervisorConfig;
const log = (message: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${process.pid} ${message}\n`);
};

// A terminal's or service manager's signals are meant for the server.
for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
process.on('uncaughtException', (error) => {
  // Keepers go on alone; the server starts a new supervisor, which adopts.
  log(`fatal: ${error.stack ?? error.message}`);
  process.exit(70);
});

const bootId = readBootId();
const shell = findKeeperShell(config.jobUser !== null);
const words = typeof shell === 'string' ? 'none' : shell.words;
const socket = new SupervisorSocket(config, log);
const attempts =
  typeof shell === 'string'
    ? null
    : new Attempts({
        config,
        shell,
        bootId,
        rebooted: noteBoot(bootId),
        report: (reply) => socket.send(reply),
        log,
      });
const probed = attempts ? attempts.probe() : Promise.resolve(String(shell));

await socket.listen({
  hello: async () => ({
    t: 'hello',
    config: fingerprint(config),
    pid: process.pid,
    keepers: words,
    problem: await probed,
  }),
  request: (request) => {
    if (request.t === 'start') attempts?.start(request);
    else if (request.t === 'stop') attempts?.stop(request.id);
    else if (request.t === 'adopt') attempts?.adopt(request.id, request.started);
    else if (request.t === 'only') void attempts?.stopOthers(request.ids);
    else if (request.t === 'retire') socket.leave('retired for a newer one');
  },
  busy: () => (attempts?.size ?? 0) > 0,
});
log(`ready, keepers: ${words}`);
// Now, because it may be killed; the next supervisor then needs no stripper of types.
flushCompileCache();

/** Whether the machine was restarted since the note was last written; renews the note. */
function noteBoot(current: string): boolean {
  const note = path.join(attemptsDir(config.dataDir), '.boot');
  let before: string | null = null;
  try {
    before = fs.readFileSync(note, 'latin1').trim();
  } catch {
    // The first supervisor here.
  }
  if (before !== current) fs.writeFileSync(note, `${current}\n`, { mode: 0o600 });
  return before !== null && before !== current;
}
