import { maxGraceMs, maxMessageBytes } from './limits.ts';

// Server and supervisor share what is written here and nothing else: messages, folders, bounds.
export * from '../attempts/folder.ts';
export * from '../mounts/namespace-argv.ts';
export * from './limits.ts';

/** Everything a supervisor is told when it is started; it answers with a fingerprint of it. */
export interface SupervisorConfig {
  /** Changes whenever messages or folders change; part of the fingerprint. */
  readonly protocol: number;
  readonly dataDir: string;
  readonly socketPath: string;
  /** Who the jobs run as; null = the supervisor's own user. */
  readonly jobUser: JobUser | null;
  readonly maxKeepers: number;
  readonly minFreeKeepers: number;
  readonly maxLogBytes: number;
  /** Time without a server and without attempts after which the supervisor ends. */
  readonly idleMs: number;
}

/** A user of this machine. */
export interface JobUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Version of messages and folders. */
export const protocolVersion = 5;

/**
 * Folder inside an attempt's own with the files its program is started from. It is the server's:
 * the job reads it, and what it holds is not trusted either, because the folder around it is the
 * job's.
 */
export const startFolderName = 'start';

/** A file of the start folder. */
export interface StartFile {
  /** One path segment. */
  readonly name: string;
  readonly content: string;
}

/** Tells a job which attempt it is. */
export const idVariable = 'LONGSHORE_ATTEMPT_ID';
/**
 * Tells a job its attempt's folder, and marks every process of the attempt so that one that left
 * its group is still found. The folder and not the id, which another data directory may hold too.
 */
export const folderVariable = 'LONGSHORE_ATTEMPT_FOLDER';
/** Set by the fallback keeper to `setsid`; empty under bash, which makes the group itself. */
export const launcherVariable = 'LONGSHORE_SETSID';

/** The line of a command file that keeps the grace for whoever stops the attempt. */
export function graceLine(graceMs: number): string {
  return `# graceMs=${graceMs}`;
}

/** The grace a command file was started with; 0 when it does not say. */
export function graceOf(command: string): number {
  const match = /^# graceMs=(\d{1,10})$/m.exec(command);
  return Math.min(Number(match?.[1] ?? 0), maxGraceMs);
}

/** Server to supervisor. The first message of a connection is `hello`. */
export type Request =
  | { readonly t: 'hello' }
  | {
      readonly t: 'start';
      readonly id: string;
      readonly command: string;
      readonly postStart: string | null;
      readonly preStop: string | null;
      /** Absent = no start folder. */
      readonly files?: readonly StartFile[];
      /** Folder with the prepared mounts; absent = the file system of this machine as it is. */
      readonly namespace?: string;
    }
  | { readonly t: 'stop'; readonly id: string }
  /** `started`: the store knows that it ran, so a missing folder means lost, not refused. */
  | { readonly t: 'adopt'; readonly id: string; readonly started: boolean }
  /** Stop every attempt that runs here and is not named: nobody owns it any more. */
  | { readonly t: 'only'; readonly ids: readonly string[] }
  /** End now; keepers finish their attempts by themselves and a newer supervisor adopts them. */
  | { readonly t: 'retire' };

/** Supervisor to server. */
export type Reply =
  | {
      readonly t: 'hello';
      readonly config: string;
      readonly pid: number;
      /** Which keepers it uses, in words. */
      readonly keepers: string;
      /** Why attempts cannot be started, with the fix; empty when they can. */
      readonly problem: string;
    }
  /** A newer server took over; this connection ends. */
  | { readonly t: 'replaced' }
  | { readonly t: 'started'; readonly id: string; readonly pid: number; readonly atMs: number }
  | {
      readonly t: 'ended';
      readonly id: string;
      readonly pid: number | null;
      readonly startedAtMs: number;
      readonly atMs: number;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly stopped: boolean;
      readonly message: string;
    }
  | {
      readonly t: 'lost' | 'refused';
      readonly id: string;
      readonly atMs: number;
      readonly message: string;
      /** Of `refused`: only a crash kept it from starting, and another attempt may start at once. */
      readonly again?: boolean;
    };

/** Same text = same supervisor; otherwise the running one is replaced. */
export function fingerprint(config: SupervisorConfig): string {
  return JSON.stringify(config);
}

/**
 * Splits a byte stream into JSON lines.
 * `push` gives the complete messages; null when the stream is no such thing or a line too long.
 */
export class MessageReader<Message extends { readonly t: string }> {
  #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): Message[] | null {
    const end = chunk.lastIndexOf(10);
    if (end < 0) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      return this.#bytes > maxMessageBytes ? null : [];
    }
    const text = Buffer.concat([...this.#chunks, chunk.subarray(0, end)]).toString('utf8');
    const rest = chunk.subarray(end + 1);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    try {
      return text.split('\n').map((line) => checked<Message>(JSON.parse(line)));
    } catch {
      return null;
    }
  }
}

function checked<Message extends { readonly t: string }>(value: unknown): Message {
  if (typeof value !== 'object' || value === null || !('t' in value)) {
    throw new TypeError('not a message');
  }
  return value as Message;
}

/** Gathers messages and writes them once per turn of the event loop. */
export class MessageWriter<Message> {
  readonly #write: (text: string) => void;
  #lines: string[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  send(message: Message): void {
    if (this.#lines.length === 0) setImmediate(() => this.flush());
    this.#lines.push(JSON.stringify(message));
  }

  /** Writes what is gathered now. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#write(text);
  }
}
