import { readFileSync, readdirSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type SaeCall, saeClient } from '../../../examples/sae-client.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { createKey, type PrintedKey } from '../../support/server.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { within } from '../../support/until.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'bin', 'longshore');
const clockPreload = pathToFileURL(join(import.meta.dirname, 'stepped-clock.ts')).href;
const startDeadlineMs = 30_000;
const answerDeadlineMs = 15_000;
/** Most characters kept of what the servers of one machine complained about. */
const maxComplaints = 200_000;

/** What a machine's servers are started with. */
export interface MachineOptions {
  readonly dataDir: string;
  /** Configuration as environment variables. */
  readonly env: Readonly<Record<string, string>>;
}

/** One life of a server process. */
interface Life {
  readonly program: Program;
  readonly spawnedAtMs: number;
  /** Resolves with the address once it listens; rejects when it ends before. */
  readonly listening: Promise<string>;
  listeningAtMs: number | null;
}

/** A data folder whose server dies and comes back. One life at a time. */
export class Machine {
  readonly dataDir: string;
  readonly #cleanup: Cleanup;
  readonly #options: MachineOptions;
  readonly #clockFile: string;
  #life: Life | null = null;
  #url: string | null = null;
  #key: PrintedKey | null = null;
  #sae: SaeCall | null = null;
  #complaints = '';

  constructor(cleanup: Cleanup, options: MachineOptions) {
    this.#cleanup = cleanup;
    this.#options = options;
    this.dataDir = options.dataDir;
    this.#clockFile = join(options.dataDir, 'chaos-clock');
  }

  /** SAE's client pointed at the present or latest life; null before the first. */
  get sae(): SaeCall | null {
    return this.#sae;
  }

  /** What all lives wrote to stderr, the latest part. */
  complaints(): string {
    return this.#complaints + (this.#life?.program.stderr() ?? '');
  }

  /** Spawns a server and does not wait. */
  spawn(): void {
    if (this.#life !== null) throw new Error(`${this.dataDir} has a server already`);
    const program = startProgram(
      this.#cleanup,
      main,
      ['up', '--data', this.dataDir, '--port', '0', '--log-level', 'warn'],
      {
        env: {
          ...this.#options.env,
          NODE_OPTIONS: `--import=${clockPreload}`,
          CHAOS_CLOCK_FILE: this.#clockFile,
        },
      },
    );
    const address = /http:\/\/127\.0\.0\.1:\d+/;
    const life: Life = {
      program,
      spawnedAtMs: performance.now(),
      listeningAtMs: null,
      listening: program
        .line((text) => address.test(text), startDeadlineMs)
        .then((line) => {
          this.#url = address.exec(line)?.[0] ?? '';
          life.listeningAtMs = performance.now();
          if (this.#key !== null) this.#sae = saeClient(this.#url, this.#key);
          return this.#url;
        }),
    };
    // A kill may come first; who waits for it hears of that.
    life.listening.catch(() => undefined);
    this.#life = life;
  }

  /** Waits until the present life listens. @throws Error with its stderr when it ended instead. */
  async listening(): Promise<void> {
    await this.#alive().listening;
  }

  /**
   * Like `listening`, for a life that may have found its database gone while it started: such a
   * server ends with the reason, and whoever looks after it starts another.
   * @throws Error when that one does not start either.
   */
  async revived(): Promise<void> {
    const life = this.#alive();
    try {
      await life.listening;
    } catch {
      await life.program.ended();
      this.#over(life.program);
      this.spawn();
      await this.listening();
    }
  }

  /** When the present life was spawned or began to listen, on `performance.now()`'s clock. */
  since(what: 'spawn' | 'listening'): number {
    const life = this.#alive();
    return what === 'spawn' ? life.spawnedAtMs : (life.listeningAtMs ?? life.spawnedAtMs);
  }

  /**
   * `kill -9`, and waits until it is gone. What it was running goes on.
   * @throws Error when it had ended by itself.
   */
  async kill(): Promise<void> {
    const { program } = this.#alive();
    program.kill('SIGKILL');
    const { code, signal } = await program.ended();
    this.#over(program);
    if (signal !== 'SIGKILL') {
      const how = signal ?? `exit ${code}`;
      throw new Error(
        `the server of ${this.dataDir} ended by itself (${how}): ${program.stderr()}`,
      );
    }
  }

  /** SIGTERM; gives the exit code. */
  async stop(): Promise<number | null> {
    const { program } = this.#alive();
    program.kill('SIGTERM');
    const { code } = await program.ended();
    this.#over(program);
    return code;
  }

  /** SIGSTOP or SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#alive().program.kill(signal);
  }

  /** Steps the clock of this and all later lives. */
  async stepClock(offsetMs: number): Promise<void> {
    const draft = `${this.#clockFile}.new`;
    await writeFile(draft, String(offsetMs));
    await rename(draft, this.#clockFile);
  }

  /** Kills the supervisor of this data folder; false when there is none at the moment. */
  killSupervisor(): boolean {
    const pid = findSupervisor(this.dataDir);
    if (pid !== null) process.kill(pid, 'SIGKILL');
    return pid !== null;
  }

  /** Makes an access key here, which `useKey` hands to the other machines of the same store. */
  async makeKey(): Promise<PrintedKey> {
    const key = await createKey(this.#cleanup, this.dataDir);
    this.useKey(key);
    return key;
  }

  useKey(key: PrintedKey): void {
    this.#key = key;
    if (this.#url !== null) this.#sae = saeClient(this.#url, key);
  }

  /** A call of the native API as the operator. @throws Error with status and answer unless 2xx. */
  async native(path: string, body?: object, method: 'POST' | 'PUT' = 'POST'): Promise<unknown> {
    const token = (await readFile(join(this.dataDir, 'operator.token'), 'utf8')).trim();
    const answer = await fetch(`${this.#url ?? ''}/api/v1${path}`, {
      method: body === undefined ? 'GET' : method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(answerDeadlineMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await within(`the answer to ${path}`, answer.text(), answerDeadlineMs);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as unknown;
  }

  #alive(): Life {
    if (this.#life === null) throw new Error(`${this.dataDir} has no server now`);
    return this.#life;
  }

  #over(program: Program): void {
    this.#complaints = (this.#complaints + program.stderr()).slice(-maxComplaints);
    this.#life = null;
  }
}

function findSupervisor(dataDir: string): number | null {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const configured = words.some((word) =>
        word.includes(`"dataDir":${JSON.stringify(dataDir)}`),
      );
      if (configured && words.some((word) => word.includes('supervisor/main'))) return Number(name);
    } catch {
      // It ended while we looked.
    }
  }
  return null;
}
