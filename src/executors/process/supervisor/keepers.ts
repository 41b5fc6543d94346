import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import process from 'node:process';
import {
  attemptsDir,
  keeperMaxAttempts,
  keeperReadyMs,
  keeperReapMs,
  wrapArgv,
} from '../protocol.ts';
import type { SupervisorConfig } from '../protocol.ts';
import type { KeeperShell } from './keeper-script.ts';

/** What a keeper says about the attempt it was given. */
export interface KeeperResult {
  readonly id: string;
  readonly pid: number;
  readonly how: 'exit' | 'signal' | 'refused';
  /** Exit code or signal name; of a refused one the reason, or 0. */
  readonly value: string;
}

/** A shell that runs one attempt after another. */
export interface Keeper {
  readonly process: ChildProcess & { readonly stdin: Writable; readonly stdout: Readable };
  attempt: string | null;
  served: number;
  /** Takes no further attempt and ends with its present one. */
  retired: boolean;
}

interface PoolEvents {
  /** An attempt ended, or could not be entered. The keeper is free again right after. */
  ended(result: KeeperResult): void;
  /** The keeper of a running attempt died: the attempt must be watched from outside. */
  orphaned(attemptId: string): void;
  /** A keeper became free. */
  free(): void;
  log(message: string): void;
}

/**
 * The keepers of one supervisor: started on demand up to `maxKeepers`, idle ones kept up to
 * `minFreeKeepers`. Each has a session of its own, so what its jobs leave behind can be found.
 */
export class KeeperPool {
  readonly #config: SupervisorConfig;
  readonly #shell: KeeperShell;
  readonly #bootId: string;
  readonly #events: PoolEvents;
  readonly #all = new Set<Keeper>();
  readonly #idle: Keeper[] = [];

  constructor(config: SupervisorConfig, shell: KeeperShell, bootId: string, events: PoolEvents) {
    this.#config = config;
    this.#shell = shell;
    this.#bootId = bootId;
    this.#events = events;
    setInterval(() => this.#reap(), keeperReapMs).unref();
  }

  /** Starts the first keeper. Resolves with why keepers cannot work, or '' when they can. */
  probe(): Promise<string> {
    return new Promise((resolve) => {
      const late = setTimeout(
        () => resolve(`no answer from ${this.#shell.words} in ${keeperReadyMs} ms`),
        keeperReadyMs,
      );
      this.#spawn((problem) => {
        clearTimeout(late);
        resolve(problem);
      });
    });
  }

  /**
   * Gives the attempt to a keeper; null when all are busy or none can be started. With prepared
   * mounts it is one of its own, which lives inside them.
   */
  run(attemptId: string, namespace: string | null = null): Keeper | null {
    const keeper =
      namespace === null ? (this.#idle.pop() ?? this.#spawn(() => {})) : this.#single(namespace);
    if (keeper === null) return null;
    keeper.attempt = attemptId;
    keeper.served += 1;
    keeper.process.stdin.write(`${attemptId}\n`);
    if (namespace !== null) this.retire(keeper);
    return keeper;
  }

  /** Whether `run` would find or start a keeper. */
  get available(): boolean {
    return this.#idle.length > 0 || this.#all.size < this.#config.maxKeepers;
  }

  /** Lets the keeper end with its attempt, so that its session is never used again. */
  retire(keeper: Keeper): void {
    if (keeper.retired) return;
    keeper.retired = true;
    keeper.process.stdin.end();
  }

  #single(namespace: string): Keeper | null {
    if (this.#all.size >= this.#config.maxKeepers) {
      // An idle one makes room; its end calls for the attempt again.
      const idle = this.#idle.pop();
      if (idle) this.retire(idle);
      return null;
    }
    return this.#spawn(() => {}, namespace);
  }

  #spawn(ready: (problem: string) => void, namespace: string | null = null): Keeper | null {
    if (this.#all.size >= this.#config.maxKeepers) return null;
    try {
      const keeper: Keeper = {
        process: this.#fork(namespace),
        attempt: null,
        served: 0,
        retired: false,
      };
      this.#all.add(keeper);
      this.#listen(keeper, ready, namespace !== null);
      return keeper;
    } catch (error) {
      // Out of processes, files or disk: attempts wait until the reaper's next round.
      const why = `a keeper could not be started: ${(error as Error).message}`;
      this.#events.log(why);
      ready(why);
      return null;
    }
  }

  #fork(namespace: string | null): Keeper['process'] {
    const user = this.#config.jobUser;
    const notices = openNotices(this.#config.dataDir);
    const { argv, script } = this.#shell;
    const base = attemptsDir(this.#config.dataDir);
    const keeper = [...argv, script, 'keeper', base, this.#bootId] as const;
    const mode = process.getuid?.() === 0 ? 'root' : 'user';
    const [program, ...args] =
      namespace === null ? keeper : wrapArgv({ folder: namespace, mode }, user, keeper);
    const child = spawn(program, args, {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', notices.write, notices.read],
      // Clears the supplementary groups too. Mounts are made before the user is changed.
      ...(user === null || namespace !== null ? {} : { uid: user.uid, gid: user.gid }),
    });
    fs.closeSync(notices.write);
    fs.closeSync(notices.read);
    const { stdin, stdout } = child;
    if (!stdin || !stdout) {
      child.on('error', () => {});
      throw new Error('no pipes left');
    }
    return Object.assign(child, { stdin, stdout });
  }

  #listen(keeper: Keeper, ready: (problem: string) => void, wrapped: boolean): void {
    let rest = '';
    let isReady = false;
    keeper.process.stdout.setEncoding('latin1');
    keeper.process.stdout.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'ready') {
          isReady = true;
          ready('');
          if (keeper.attempt === null) this.#release(keeper);
        } else if (line === 'unreachable') ready(this.#unreachable());
        else if (wrapped && !isReady && line.startsWith('refused ')) {
          this.#refused(keeper, line.slice('refused '.length));
        } else this.#result(keeper, line);
      }
    });
    const gone = (why: string): void => {
      if (!this.#all.delete(keeper)) return;
      ready(`a keeper (${this.#shell.words}) ended at once: ${why}`);
      const at = this.#idle.indexOf(keeper);
      if (at >= 0) this.#idle.splice(at, 1);
      if (keeper.attempt !== null) {
        this.#events.log(`keeper of ${keeper.attempt} is gone: ${why}`);
        this.#events.orphaned(keeper.attempt);
      }
      this.#events.free();
    };
    keeper.process.stdin.on('error', () => {});
    keeper.process.on('error', (error) => gone(error.message));
    keeper.process.on('close', (code, signal) => gone(`status ${code ?? signal}`));
  }

  #result(keeper: Keeper, line: string): void {
    const [id = '', pid, how, value = ''] = line.split(' ');
    if (id !== keeper.attempt) return;
    keeper.attempt = null;
    // The keeper is ready for the next before this one is told: no pause between attempts.
    if (keeper.served >= keeperMaxAttempts) this.retire(keeper);
    if (!keeper.retired) this.#release(keeper);
    const known = how === 'signal' || how === 'refused' ? how : 'exit';
    this.#events.ended({ id, pid: Number(pid), how: known, value });
  }

  /** The mounts could not be made: nothing of the attempt ran. */
  #refused(keeper: Keeper, why: string): void {
    const id = keeper.attempt;
    if (id === null) return;
    keeper.attempt = null;
    this.#events.ended({ id, pid: 0, how: 'refused', value: why });
  }

  #release(keeper: Keeper): void {
    this.#idle.push(keeper);
    this.#events.free();
  }

  #reap(): void {
    const surplus = this.#idle.length - this.#config.minFreeKeepers;
    for (const keeper of this.#idle.splice(0, Math.max(0, surplus))) this.retire(keeper);
    // Attempts may wait because a keeper could not be started; try again.
    this.#events.free();
  }

  #unreachable(): string {
    const name = this.#config.jobUser?.name ?? 'this user';
    return (
      `${name} cannot enter ${attemptsDir(this.#config.dataDir)}; ` +
      'give every folder above it the x permission for others (chmod o+x), or choose another data directory'
    );
  }
}

/**
 * A file for the shell's own messages: written by fd 2, read back by fd 3, without a name so
 * that jobs cannot open it.
 */
function openNotices(dataDir: string): { readonly write: number; readonly read: number } {
  const file = path.join(dataDir, `.notices-${randomUUID()}`);
  const { O_CREAT, O_EXCL, O_WRONLY, O_APPEND } = fs.constants;
  const write = fs.openSync(file, O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0o600);
  const read = fs.openSync(file, 'r');
  fs.unlinkSync(file);
  return { write, read };
}
