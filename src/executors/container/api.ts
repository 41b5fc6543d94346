import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type EngineClient, EngineError } from './client.ts';
import { FrameReader } from './frames.ts';
import { linesOf } from './lines.ts';
import { maxHookWordsBytes } from './limits.ts';

/** Labels of our containers: whose they are, and which attempt each is. */
export const labels = {
  host: 'io.longshore.host',
  attempt: 'io.longshore.attempt',
  fence: 'io.longshore.fence',
} as const;

/** How the identity of a data folder is written on its containers: short, and fit for a name. */
export function hostLabelOf(hostId: string): string {
  return createHash('sha256').update(hostId).digest('hex').slice(0, 16);
}

/** What a container is doing. */
export interface ContainerState {
  readonly id: string;
  /** `created`: made and never started. `over`: it ran and has ended. */
  readonly phase: 'created' | 'running' | 'over';
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Why it could not be started, in the engine's words; usually empty. */
  readonly error: string;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
}

/** One of our containers in the engine's list. */
export interface ListedContainer {
  readonly id: string;
  readonly attemptId: string;
  readonly phase: ContainerState['phase'];
}

/** A change of one of our containers. */
export interface ContainerEvent {
  readonly action: string;
  readonly attemptId: string;
}

/** What lies at a path of a container. */
export interface PathStat {
  readonly size: number;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly changed: string;
  /** Where a link leads to. */
  readonly target: string;
}

/** Names of the parts of Go's file mode. */
const modeFolder = 2 ** 31;
const modeLink = 2 ** 27;
const modeOther = 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21;

/** How far back events are asked for when following them begins. */
const eventsOverlapSeconds = 2;

/** The calls of the Docker API that this executor makes. Each throws what `EngineClient` throws. */
export class EngineApi {
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Whether followed output is complete up to where it ends. Podman drops lines at the end. */
  get followsExactly(): boolean {
    return !/podman/i.test(this.#client.engine);
  }

  /** CPUs of the machine that the engine runs on. */
  async cpus(signal: AbortSignal): Promise<number> {
    const info = (await this.#client.call('GET', '/info', { signal })) as { NCPU?: number };
    return info.NCPU ?? 0;
  }

  async create(name: string, body: object): Promise<string> {
    const path = `/containers/create?name=${encodeURIComponent(name)}`;
    return ((await this.#client.call('POST', path, { body })) as { readonly Id: string }).Id;
  }

  async start(container: string): Promise<void> {
    await this.#client.call('POST', `${at(container)}/start`);
  }

  /** Harmless when it does not run any more. */
  async kill(container: string, signal: string): Promise<void> {
    try {
      await this.#client.call('POST', `${at(container)}/kill?signal=${signal}`);
    } catch (error) {
      // 404 and 409 (Podman: also 500): there is nothing that a signal could reach.
      if (!(error instanceof EngineError)) throw error;
    }
  }

  /** Null when there is no such container. */
  async inspect(container: string): Promise<ContainerState | null> {
    try {
      return stateOf(await this.#client.call('GET', `${at(container)}/json`));
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * Removes it with its anonymous volumes. @returns false when it runs and `force` is false.
   * One that is not there is removed.
   */
  async remove(container: string, force: boolean): Promise<boolean> {
    try {
      await this.#client.call('DELETE', `${at(container)}?v=true&force=${String(force)}`);
      return true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.status === 404) return true;
      if (error.status === 409 && /already in progress/.test(error.message)) return true;
      if (!force && (await this.inspect(container))?.phase === 'running') return false;
      throw error;
    }
  }

  /** All containers of a host, running or not. */
  async list(hostLabel: string, signal: AbortSignal): Promise<readonly ListedContainer[]> {
    const filters = filter({ label: [`${labels.host}=${hostLabel}`] });
    const path = `/containers/json?all=true&filters=${filters}`;
    const rows = (await this.#client.call('GET', path, { signal })) as readonly {
      readonly Id: string;
      readonly State?: string;
      readonly Labels?: Readonly<Record<string, string>>;
    }[];
    return rows.map(({ Id, State, Labels }) => ({
      id: Id,
      attemptId: Labels?.[labels.attempt] ?? '',
      phase: phaseOf(State ?? ''),
    }));
  }

  /** Ends of containers of a host as they happen, until the connection does. */
  async *events(hostLabel: string, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
    const filters = filter({
      type: ['container'],
      event: ['die', 'destroy'],
      label: [`${labels.host}=${hostLabel}`],
    });
    // Podman does not say when it has begun to listen. What ends meanwhile is told again: an end
    // that is heard twice changes nothing.
    const since = Math.floor(Date.now() / 1000) - eventsOverlapSeconds;
    const answer = await this.#client.stream('GET', `/events?since=${since}&filters=${filters}`, {
      signal,
      // Podman answers only with the first event.
      timeoutMs: 2 ** 31 - 1,
    });
    for await (const line of linesOf(answer)) {
      const event = JSON.parse(line) as {
        readonly Action?: string;
        readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
      };
      const attemptId = event.Actor?.Attributes?.[labels.attempt];
      if (attemptId !== undefined) yield { action: event.Action ?? '', attemptId };
    }
  }

  /** Output with a stamp before each frame; `follow` goes on until the container ends. */
  async logs(
    container: string,
    query: { readonly follow: boolean; readonly sinceSeconds: number },
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const since = query.sinceSeconds > 0 ? `&since=${query.sinceSeconds}` : '';
    const words = `stdout=true&stderr=true&timestamps=true&follow=${String(query.follow)}${since}`;
    return this.#client.stream('GET', `${at(container)}/logs?${words}`, { signal });
  }

  /** Runs a command inside a running container. @returns its exit code and its last words. */
  async exec(
    container: string,
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly words: string }> {
    const made = (await this.#client.call('POST', `${at(container)}/exec`, {
      body: { Cmd: argv, AttachStdout: true, AttachStderr: true, Tty: false },
      signal,
    })) as { readonly Id: string };
    const output = await this.#client.stream('POST', `/exec/${made.Id}/start`, {
      body: { Detach: false, Tty: false },
      signal,
    });
    const reader = new FrameReader();
    let words = Buffer.alloc(0);
    for await (const chunk of output as AsyncIterable<Buffer>) {
      for (const { payload } of reader.push(chunk)) {
        words = Buffer.concat([words, payload]).subarray(-maxHookWordsBytes);
      }
    }
    const state = (await this.#client.call('GET', `/exec/${made.Id}/json`, { signal })) as {
      readonly ExitCode?: number | null;
    };
    return { exitCode: state.ExitCode ?? -1, words: words.toString('utf8').trim() };
  }

  async hasImage(image: string): Promise<boolean> {
    try {
      await this.#client.call(
        'GET',
        `/images/${image.split('/').map(encodeURIComponent).join('/')}/json`,
      );
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return false;
      throw error;
    }
  }

  /** Pulls an image. @throws Error with the registry's reason. */
  async pull(
    name: string,
    version: string,
    auth: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/images/create?fromImage=${encodeURIComponent(name)}&tag=${encodeURIComponent(version)}`;
    const answer = await this.#client.stream('POST', path, {
      signal,
      // Podman answers when it is done; `signal` ends it.
      timeoutMs: 2 ** 31 - 1,
      ...(auth === null ? {} : { headers: { 'x-registry-auth': auth } }),
    });
    let problem = '';
    for await (const line of linesOf(answer)) {
      const { error } = JSON.parse(line) as { readonly error?: unknown };
      if (typeof error === 'string' && error !== '') problem = error;
    }
    if (problem !== '') throw new EngineError(500, problem);
  }

  /** What lies at a path of a container, running or not; null when nothing does. */
  async stat(container: string, path: string, signal: AbortSignal): Promise<PathStat | null> {
    const answer = await this.#archive('HEAD', container, path, signal);
    if (answer === null) return null;
    answer.resume();
    const header = answer.headers['x-docker-container-path-stat'];
    if (typeof header !== 'string') return null;
    const value = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as {
      readonly size?: number;
      readonly mode?: number;
      readonly mtime?: string;
      readonly linkTarget?: string;
    };
    const { size = 0, mode = 0, mtime = '', linkTarget = '' } = value;
    return { size, kind: kindOf(mode), changed: mtime, target: linkTarget };
  }

  /** A path of a container as a tar archive; null when nothing is there. */
  archive(container: string, path: string, signal: AbortSignal): Promise<IncomingMessage | null> {
    return this.#archive('GET', container, path, signal);
  }

  async #archive(
    method: 'GET' | 'HEAD',
    container: string,
    path: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage | null> {
    try {
      const url = `${at(container)}/archive?path=${encodeURIComponent(path)}`;
      return await this.#client.stream(method, url, { signal });
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return null;
      throw error;
    }
  }
}

function at(container: string): string {
  return `/containers/${encodeURIComponent(container)}`;
}

function filter(value: object): string {
  return encodeURIComponent(JSON.stringify(value));
}

function kindOf(mode: number): PathStat['kind'] {
  const has = (bits: number): boolean => (BigInt(mode) & BigInt(bits)) !== 0n;
  if (has(modeFolder)) return 'folder';
  if (has(modeLink)) return 'link';
  return has(modeOther) ? 'other' : 'file';
}

function stateOf(answer: unknown): ContainerState {
  const { Id, State } = answer as {
    readonly Id: string;
    readonly State: {
      readonly Status?: string;
      readonly ExitCode?: number;
      readonly OOMKilled?: boolean;
      readonly Error?: string;
      readonly StartedAt?: string;
      readonly FinishedAt?: string;
    };
  };
  const startedAtMs = timeOf(State.StartedAt);
  const listed = phaseOf(State.Status ?? '');
  const phase = listed === 'over' && startedAtMs === null ? 'created' : listed;
  return {
    id: Id,
    phase,
    exitCode: State.ExitCode ?? 0,
    outOfMemory: State.OOMKilled ?? false,
    error: State.Error ?? '',
    startedAtMs,
    finishedAtMs: timeOf(State.FinishedAt),
  };
}

/** Docker's and Podman's words; what is paused, restarting or being removed is not over yet. */
function phaseOf(status: string): ContainerState['phase'] {
  if (['created', 'configured', 'initialized'].includes(status)) return 'created';
  return ['exited', 'dead', 'stopped'].includes(status) ? 'over' : 'running';
}

/** Engines write the year 1 for "never". */
function timeOf(text: string | undefined): number | null {
  const timeMs = Date.parse(text ?? '');
  return Number.isFinite(timeMs) && timeMs > 0 ? timeMs : null;
}
