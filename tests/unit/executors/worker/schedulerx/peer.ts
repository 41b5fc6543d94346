import { once } from 'node:events';
import net from 'node:net';
import {
  commands,
  decodePayload,
  encodeControl,
  encodeMessage,
} from '../../../../../src/executors/worker/schedulerx/akka.ts';
import {
  decode,
  encode,
  type Fields,
} from '../../../../../src/executors/worker/schedulerx/codec.ts';
import type { WorkerMessage } from '../../../../../src/executors/worker/schedulerx/connection.ts';
import { frame, FrameReader } from '../../../../../src/executors/worker/schedulerx/frames.ts';
import {
  heartbeat,
  progress,
  reply,
  status,
  submit,
} from '../../../../../src/executors/worker/schedulerx/messages.ts';
import { within } from '../../../../support/until.ts';

export const group = { number: 7, name: 'app.group', alias: '', namespace: 'ns-1' };
export const appKey = 'Key+123';

/** A worker that does what a test tells it to: another program's side of a real connection. */
export class Peer {
  readonly socket: net.Socket;
  readonly workerId: string;
  readonly messages: WorkerMessage[] = [];
  associated = false;
  /** Instances that heartbeats name. */
  instances: number[] = [];
  #wake: (() => void)[] = [];
  #paths = 0;

  private constructor(socket: net.Socket, workerId: string) {
    this.socket = socket;
    this.workerId = workerId;
    const frames = new FrameReader(1024 * 1024);
    socket.on('error', () => {});
    socket.on('close', () => this.#changed());
    socket.on('data', (chunk: Buffer) => {
      for (const payload of frames.push(chunk)) {
        const received = decodePayload(payload);
        if (received.kind === 'message') this.messages.push(received);
        else if (received.command === commands.associate) this.associated = true;
      }
      this.#changed();
    });
  }

  static async connect(port: number, workerId = '127000000001_1_1'): Promise<Peer> {
    const socket = net.connect(port, '127.0.0.1');
    await within('the worker connects', once(socket, 'connect'));
    const peer = new Peer(socket, workerId);
    const address = { system: workerId, hostname: '127.0.0.1', port: socket.localPort ?? 0 };
    peer.raw(frame(encodeControl(commands.associate, address, 5n)));
    await peer.until('the handshake is answered', () => peer.associated);
    return peer;
  }

  /** Connects and registers. */
  static async enter(port: number, workerId?: string, label = ''): Promise<Peer> {
    const peer = await Peer.connect(port, workerId);
    await peer.beat({ label });
    return peer;
  }

  raw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  get address(): string {
    return `${this.workerId}@127.0.0.1:${this.socket.localPort}`;
  }

  /** Sends a heartbeat and waits for its answer. */
  async beat(fields: Fields<typeof heartbeat> = {}): Promise<Fields<typeof reply>> {
    const before = this.of('WorkerHeartBeatResponse').length;
    this.send(
      'WorkerHeartBeatRequest',
      encode(heartbeat, {
        groupId: group.name,
        version: 'v1.0.7',
        workerId: this.workerId,
        metricsJson: '{"cpuLoad1":0.5}',
        jobInstanceIds: this.instances,
        starter: 'go',
        appGroupId: group.number,
        online: true,
        appKey,
        rpcPort: 4000,
        ...fields,
      }),
    );
    const answers = await this.until('the heartbeat is answered', () => {
      const all = this.of('WorkerHeartBeatResponse');
      return all.length > before ? all : null;
    });
    return decode(reply, answers.at(-1)?.body ?? new Uint8Array());
  }

  /** The next submit that was not taken yet, with a way to answer it. */
  async submitted(): Promise<
    Fields<typeof submit> & { readonly answer: (success: boolean, message?: string) => void }
  > {
    const message = await this.take('ServerSubmitJobInstanceRequest');
    return { ...decode(submit, message.body), answer: (...args) => this.answer(message, ...args) };
  }

  answer(to: WorkerMessage, success: boolean, message = ''): void {
    const type = to.type.replace('Request', 'Response');
    this.send(type, encode(reply, { success, message }), to.sender);
  }

  tell(jobInstanceId: number, code: number, result = '', deliveryId = 1): void {
    const body = encode(status, { jobId: 42, jobInstanceId, status: code, result, deliveryId });
    this.send('WorkerReportJobInstanceStatusRequest', body);
  }

  tellProgress(jobInstanceId: number, text: string): void {
    const body = encode(progress, { jobId: 42, jobInstanceId, progress: text });
    this.send('WorkerReportJobInstanceProgressRequest', body);
  }

  send(type: string, body: Uint8Array, recipient = 'akka.tcp://server@127.0.0.1/'): void {
    const sender = `akka.tcp://${this.workerId}@127.0.0.1/temp/$${this.#paths++}`;
    this.raw(frame(encodeMessage({ type, body, recipient, sender })));
  }

  of(type: string): readonly WorkerMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** Waits for a message and removes it. */
  take(type: string): Promise<WorkerMessage> {
    return this.until(`${type} arrives`, () => {
      const index = this.messages.findIndex((message) => message.type === type);
      return index < 0 ? null : this.messages.splice(index, 1)[0];
    });
  }

  async until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
    for (;;) {
      const seen = look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      const changed = new Promise<void>((resolve) => void this.#wake.push(resolve));
      await within(what, changed);
    }
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
