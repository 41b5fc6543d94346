/** The envelope of Akka's classic remoting that messages travel in (workers.md §2.2). */
import { decode, encode, required } from './codec.ts';
import { WireError } from './frames.ts';

const protocolMessage = { payload: [1, 'bytes'], instruction: [2, 'bytes'] } as const;
const controlMessage = { commandType: [1, 'int32'], handshakeInfo: [2, 'bytes'] } as const;
const handshakeInfo = { origin: [1, 'bytes'], uid: [2, 'fixed64'], cookie: [3, 'string'] } as const;
const addressData = {
  system: [1, 'string'],
  hostname: [2, 'string'],
  port: [3, 'int32'],
  protocol: [4, 'string'],
} as const;
const container = { ack: [1, 'bytes'], envelope: [2, 'bytes'] } as const;
const remoteEnvelope = {
  recipient: [1, 'bytes'],
  message: [2, 'bytes'],
  sender: [4, 'bytes'],
  seq: [5, 'fixed64'],
} as const;
const actorRef = { path: [1, 'string'] } as const;
const serializedMessage = {
  message: [1, 'bytes'],
  serializerId: [2, 'int32'],
  messageManifest: [3, 'bytes'],
} as const;
const selectionEnvelope = {
  enclosedMessage: [1, 'bytes'],
  serializerId: [2, 'int32'],
  messageManifest: [4, 'bytes'],
} as const;

/** Serializers that workers use. */
const serializers = { protobuf: 2, selection: 6 } as const;

/** What a control message asks for. */
export const commands = {
  associate: 1,
  disassociate: 2,
  heartbeat: 3,
  shuttingDown: 4,
  quarantined: 5,
} as const;

/** Who speaks, as a handshake tells it. */
export interface Origin {
  readonly system: string;
  readonly hostname: string;
  readonly port: number;
}

/** What is in a frame. */
export type Received =
  | { readonly kind: 'control'; readonly command: number; readonly origin: Origin | null }
  | {
      readonly kind: 'message';
      /** Name of the message without its package, e.g. `WorkerHeartBeatRequest`. */
      readonly type: string;
      readonly body: Uint8Array;
      /** Paths of actors; `sender` is empty when no answer is wanted. */
      readonly recipient: string;
      readonly sender: string;
    };

/** A message to send. */
export interface Outgoing {
  readonly type: string;
  readonly body: Uint8Array;
  readonly recipient: string;
  readonly sender: string;
}

/** Reads a frame's payload. @throws WireError when it is none. */
export function decodePayload(payload: Uint8Array): Received {
  const message = decode(protocolMessage, payload);
  if (message.instruction !== undefined) {
    const control = decode(controlMessage, message.instruction);
    const command = required(control.commandType, 'commandType');
    return { kind: 'control', command, origin: originOf(control.handshakeInfo) };
  }
  const { envelope } = decode(container, required(message.payload, 'payload'));
  const remote = decode(remoteEnvelope, required(envelope, 'envelope'));
  const inner = decode(serializedMessage, required(remote.message, 'message'));
  const paths = { recipient: pathOf(remote.recipient), sender: pathOf(remote.sender) };
  const body = required(inner.message, 'message');
  if (inner.serializerId === serializers.protobuf) {
    return { kind: 'message', type: typeOf(inner.messageManifest), body, ...paths };
  }
  if (inner.serializerId !== serializers.selection) {
    throw new WireError(`serializer ${inner.serializerId}; only 2 and 6 can be read`);
  }
  const selection = decode(selectionEnvelope, body);
  if (selection.serializerId !== serializers.protobuf) {
    throw new WireError(`a selection with serializer ${selection.serializerId}; only 2 is read`);
  }
  return {
    kind: 'message',
    type: typeOf(selection.messageManifest),
    body: required(selection.enclosedMessage, 'enclosedMessage'),
    ...paths,
  };
}

/** Payload of a control message; with an origin it is a handshake. */
export function encodeControl(command: number, origin?: Origin, uid = 0n): Uint8Array {
  const info =
    origin &&
    encode(handshakeInfo, { origin: encode(addressData, { ...origin, protocol: 'tcp' }), uid });
  return encode(protocolMessage, {
    instruction: encode(controlMessage, {
      commandType: command,
      ...(info === undefined ? {} : { handshakeInfo: info }),
    }),
  });
}

/** Payload of a message. */
export function encodeMessage({ type, body, recipient, sender }: Outgoing): Uint8Array {
  // Named after the file that holds the message, not after who sends it.
  const file = type.startsWith('Server') ? 'Server' : 'Worker';
  const message = encode(serializedMessage, {
    message: body,
    serializerId: serializers.protobuf,
    messageManifest: Buffer.from(`com.alibaba.schedulerx.protocol.${file}$${type}`),
  });
  const envelope = encode(remoteEnvelope, {
    recipient: encode(actorRef, { path: recipient }),
    message,
    sender: encode(actorRef, { path: sender }),
  });
  return encode(protocolMessage, { payload: encode(container, { envelope }) });
}

function originOf(info: Uint8Array | undefined): Origin | null {
  if (info === undefined) return null;
  const { origin } = decode(handshakeInfo, info);
  const address = decode(addressData, origin ?? new Uint8Array());
  return {
    system: address.system ?? '',
    hostname: address.hostname ?? '',
    port: address.port ?? 0,
  };
}

function pathOf(reference: Uint8Array | undefined): string {
  return reference === undefined ? '' : (decode(actorRef, reference).path ?? '');
}

function typeOf(manifest: Uint8Array | undefined): string {
  const text = Buffer.from(manifest ?? []).toString('latin1');
  const type = /\$(\w{1,100})$/.exec(text)?.[1];
  if (type === undefined) {
    throw new WireError(`the manifest ${JSON.stringify(text.slice(0, 100))} names no message`);
  }
  return type;
}
