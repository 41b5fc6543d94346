import net from 'node:net';
import { encode } from './codec.ts';
import { WorkerConnection, type WorkerMessage } from './connection.ts';
import { describeRefusal, idProblem, KeyMemory, memberOf, readHeartbeat } from './enrollment.ts';
import { maxCheckedHeartbeats, maxConnections, maxHeldReports, type Timing } from './limits.ts';
import { reply } from './messages.ts';
import type { Member, Registry } from './registry.ts';
import type { WorkerGroups } from '../../../ports/workers.ts';

/** The part of the logger this executor uses. */
export interface SchedulerxWorkerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ListenerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly groups: WorkerGroups;
  readonly registry: Registry;
  readonly timing: Timing;
  nowMs(): number;
  readonly log: SchedulerxWorkerLog;
  /** A worker told what it is master of. */
  heartbeat(member: Member): void;
  /** A worker that gave its key told something else. @throws WireError when it cannot be read. */
  message(connection: WorkerConnection, message: WorkerMessage): void;
}

/** What is known of a connection beside itself. */
interface Session {
  /** Checks of heartbeats, one after the other. */
  checking: Promise<void>;
  waiting: number;
  /** Reports from before the first heartbeat. */
  held: WorkerMessage[];
}

/** The TCP side: takes connections, checks heartbeats, hands on what workers tell. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #keys: KeyMemory;
  readonly #sessions = new Map<WorkerConnection, Session>();
  #server: net.Server | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#keys = new KeyMemory(options.groups, options.timing);
  }

  /** Port it listens on; null while it does not. */
  get port(): number | null {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  }

  /** Begins to listen. @throws Error when the address cannot be had. */
  async open(): Promise<void> {
    const server = net.createServer({ noDelay: true }, (socket) => this.#accept(socket));
    server.maxConnections = maxConnections;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...this.#options.listen, backlog: 511 }, () => resolve());
    });
    server.removeAllListeners('error');
    server.on('error', (error) => this.#options.log.warn({ err: error }, 'taking a worker failed'));
    this.#server = server;
  }

  /** Ends all connections; workers come back by themselves. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const connection of this.#sessions.keys()) connection.reset('the server stops');
    await closed;
  }

  #accept(socket: net.Socket): void {
    const connection = new WorkerConnection(
      socket,
      {
        message: (from, message) => this.#receive(from, message),
        closed: (from, reason) => {
          this.#sessions.delete(from);
          const { workerId, ip } = from;
          if (workerId !== null) {
            this.#options.log.info({ workerId, ip, reason }, 'connection of a worker closed');
          }
        },
      },
      this.#options.timing,
    );
    this.#sessions.set(connection, { checking: Promise.resolve(), waiting: 0, held: [] });
  }

  #receive(connection: WorkerConnection, message: WorkerMessage): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    if (message.type !== 'WorkerHeartBeatRequest') {
      const known = connection.workerId !== null && session.held.length === 0;
      if (known) this.#options.message(connection, message);
      // What ended while the server was away may be told before the first heartbeat, and once only.
      else if (session.held.length < maxHeldReports) session.held.push(message);
      return;
    }
    if (session.waiting >= maxCheckedHeartbeats) return;
    session.waiting += 1;
    session.checking = session.checking
      .then(() => this.#check(connection, session, message))
      .catch((error: unknown) => {
        connection.reset(`its heartbeat cannot be read: ${(error as Error).message}`);
      })
      .finally(() => {
        session.waiting -= 1;
      });
  }

  async #check(
    connection: WorkerConnection,
    session: Session,
    message: WorkerMessage,
  ): Promise<void> {
    const { registry, log, nowMs } = this.#options;
    const beat = readHeartbeat(message.body);
    const { workerId = '', groupId = '' } = beat;
    const answer = (success: boolean, text: string): void => {
      if (message.sender === '') return;
      const body = encode(reply, { success, message: text });
      connection.send('WorkerHeartBeatResponse', body, message.sender);
    };
    const problem = idProblem(workerId);
    if (problem !== null) {
      answer(false, problem);
      return connection.end(problem);
    }
    let checked: Awaited<ReturnType<KeyMemory['check']>>;
    try {
      checked = await this.#keys.check(beat);
    } catch (error) {
      log.warn({ err: error, workerId, groupId }, 'the key of a worker could not be checked');
      return answer(false, 'the server cannot check the appKey now; the next heartbeat is tried');
    }
    if (!connection.open) return;
    if (typeof checked === 'string') {
      const refusal = describeRefusal(checked, groupId);
      log.warn({ workerId, ip: connection.ip, refusal }, 'a worker was turned away');
      answer(false, refusal);
      return connection.end(refusal);
    }
    if (connection.workerId !== null && connection.workerId !== workerId) {
      return connection.reset('another worker id than before');
    }
    const known = registry.get(checked.number, workerId);
    const member = memberOf(beat, checked, connection, nowMs());
    registry.put(member);
    if (known === null) {
      const { address, label, version } = member.info;
      log.info({ group: groupId, address, label, version }, 'a worker registered');
    }
    connection.trust(workerId);
    connection.heard();
    answer(true, '');
    // A worker of several groups sends a heartbeat for each: its reports wait for all of them.
    const ready = session.waiting === 1 ? session.held.splice(0) : [];
    for (const held of ready) this.#options.message(connection, held);
    this.#options.heartbeat(member);
  }
}
