import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodePayload,
  encodeControl,
  encodeMessage,
} from '../../../../../src/executors/worker/schedulerx/akka.ts';
import {
  decode,
  encode,
  type Shape,
} from '../../../../../src/executors/worker/schedulerx/codec.ts';
import {
  frame,
  FrameReader,
  WireError,
} from '../../../../../src/executors/worker/schedulerx/frames.ts';
import * as messages from '../../../../../src/executors/worker/schedulerx/messages.ts';

/** Payloads of frames that the official Go worker sent. */
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8'),
) as Readonly<Record<string, string>>;

function recordedPayload(name: string): Buffer {
  return Buffer.from(recorded[name] ?? assert.fail(`no frame ${name}`), 'hex');
}

function recordedMessage(
  name: string,
): Extract<ReturnType<typeof decodePayload>, { kind: 'message' }> {
  const received = decodePayload(recordedPayload(name));
  assert.equal(received.kind, 'message');
  return received;
}

describe('frames', () => {
  test('come out whole, however the stream is cut', () => {
    const payload = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(payload, { maxLength: 10 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 50 }),
        (payloads, cuts) => {
          const reader = new FrameReader(300);
          let rest = Buffer.concat(payloads.map(frame));
          const out: Buffer[] = [];
          for (const cut of [...cuts, rest.length]) {
            out.push(...reader.push(rest.subarray(0, cut)));
            rest = rest.subarray(cut);
          }
          assert.deepEqual(
            out.map((bytes) => bytes.toString('hex')),
            payloads.map((bytes) => Buffer.from(bytes).toString('hex')),
          );
        },
      ),
    );
  });

  test('that are empty or too long are refused before they are read', () => {
    assert.throws(() => new FrameReader(10).push(Buffer.from([0, 0, 0, 0])), WireError);
    assert.throws(() => new FrameReader(10).push(Buffer.from([0, 0, 0, 11])), WireError);
    assert.throws(() => new FrameReader(10).push(Buffer.from('GET / HTTP/1.1\r\n')), WireError);
    assert.equal(new FrameReader(10).push(frame(Buffer.alloc(10))).length, 1);
  });
});

describe('messages', () => {
  const shapes = Object.entries(messages) as readonly [string, Shape][];

  test('survive their own encoding', () => {
    const int = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const arbitraries = {
      int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      int64: int,
      int64s: fc.array(int, { minLength: 1 }),
      fixed64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      bool: fc.boolean(),
      string: fc.string({ unit: 'grapheme' }),
      strings: fc.array(fc.string(), { minLength: 1 }),
      bytes: fc.uint8Array(),
      bytesList: fc.array(fc.uint8Array(), { minLength: 1 }),
    };
    for (const [name, shape] of shapes) {
      const fields = Object.entries(shape).map(([field, [, kind]]) => [field, arbitraries[kind]]);
      const record = fc.record(
        Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>,
        {
          requiredKeys: [],
          noNullPrototype: true,
        },
      );
      fc.assert(
        fc.property(record, (value) => {
          const bytes = encode(shape, value as never);
          assert.deepEqual(decode(shape, bytes), value, name);
        }),
        { numRuns: 30 },
      );
    }
  });

  test('of garbage are a WireError or fields, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [
          decodePayload,
          ...shapes.map(
            ([, shape]) =>
              (from: Uint8Array) =>
                decode(shape, from),
          ),
        ]) {
          try {
            read(bytes);
          } catch (error) {
            assert.ok(error instanceof WireError, String(error));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of recorded frames with flipped bytes too', () => {
    const payloads = Object.keys(recorded).map(recordedPayload);
    fc.assert(
      fc.property(
        fc.constantFrom(...payloads),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        (payload, flips) => {
          const bytes = Buffer.from(payload);
          for (const [at, value] of flips) bytes[at % bytes.length] = value;
          try {
            decodePayload(bytes);
          } catch (error) {
            assert.ok(error instanceof WireError, String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('repeated numbers may be packed; numbers beyond 2^53 and missing fields are refused', () => {
    const packed = Buffer.from([0x2a, 0x03, 0x01, 0x96, 0x01]);
    assert.deepEqual(decode(messages.heartbeat, packed).jobInstanceIds, [1, 150]);
    const shape = { id: [1, 'int64'] } as const;
    assert.throws(() => decode(shape, Buffer.from('08ffffffffffffffff7f', 'hex')), WireError);
    assert.throws(() => decodePayload(Buffer.alloc(0)), /payload is missing/);
  });

  test('a field of another wire type is skipped', () => {
    const text = { id: [1, 'string'] } as const;
    const number = { id: [1, 'int64'] } as const;
    assert.deepEqual(decode(number, encode(text, { id: 'x' })), {});
    assert.deepEqual(decode(text, encode(number, { id: 5 })), {});
  });
});

describe('the envelope', () => {
  test('of our own messages can be read, with sender, recipient and file of the message', () => {
    const outgoing = {
      type: 'ServerSubmitJobInstanceRequest',
      body: new Uint8Array([1, 2]),
      recipient: 'akka.tcp://w@h:1/user/x',
      sender: 'akka.tcp://server@h:2/temp/$0',
    };
    const bytes = encodeMessage(outgoing);
    assert.deepEqual(decodePayload(bytes), { kind: 'message', ...outgoing });
    const text = Buffer.from(bytes).toString('latin1');
    assert.match(text, /com\.alibaba\.schedulerx\.protocol\.Server\$ServerSubmit/);
    const other = encodeMessage({ ...outgoing, type: 'WorkerHeartBeatResponse' });
    assert.match(Buffer.from(other).toString('latin1'), /protocol\.Worker\$WorkerHeartBeat/);
  });

  test('of a handshake tells who it is', () => {
    const origin = { system: 's', hostname: 'h', port: 65_535 };
    assert.deepEqual(decodePayload(encodeControl(1, origin, 2n ** 63n)), {
      kind: 'control',
      command: 1,
      origin,
    });
    assert.deepEqual(decodePayload(encodeControl(3)), {
      kind: 'control',
      command: 3,
      origin: null,
    });
  });
});

describe('frames of the official Go worker', () => {
  test('handshake', () => {
    const received = decodePayload(recordedPayload('associate'));
    assert.ok(received.kind === 'control' && received.command === 1);
    assert.match(received.origin?.system ?? '', /^\d{12}_\d+_\d+$/);
    assert.equal(received.origin?.hostname, '127.0.0.1');
  });

  test('heartbeats', () => {
    const message = recordedMessage('heartbeat');
    assert.equal(message.type, 'WorkerHeartBeatRequest');
    assert.match(message.sender, /^akka\.tcp:\/\/\d{12}_\d+_\d+@127\.0\.0\.1:\d+\/temp\/\$/);
    const { metricsJson, rpcPort, workerId, ...rest } = decode(messages.heartbeat, message.body);
    assert.deepEqual(rest, {
      groupId: 'app.group',
      version: 'v1.0.7',
      starter: 'go',
      appGroupId: 7,
      source: 'unknown',
      label: 'one',
      online: true,
      appKey: 'Key123',
    });
    assert.ok(Object.hasOwn(JSON.parse(metricsJson ?? '') as object, 'cpuLoad5'));
    assert.ok((rpcPort ?? 0) > 0 && workerId !== undefined);
    const busy = decode(messages.heartbeat, recordedMessage('heartbeatWithInstance').body);
    assert.deepEqual(busy.jobInstanceIds, [4_194_304_012]);
  });

  test('answers go to the path that asked; that to a kill is upside down', () => {
    const accepted = recordedMessage('submitAccepted');
    assert.equal(accepted.type, 'ServerSubmitJobInstanceResponse');
    assert.match(accepted.recipient, /^akka\.tcp:\/\/server@127\.0\.0\.1:\d+\/temp\/\$0$/);
    assert.deepEqual(decode(messages.reply, accepted.body), { success: true });
    assert.deepEqual(decode(messages.reply, recordedMessage('killDone').body), {
      success: false,
      message: '4194304013 killed from server',
    });
    assert.deepEqual(decode(messages.reply, recordedMessage('killUnknown').body), {
      success: true,
      message: '4194304017 is not exist',
    });
  });

  test('reports', () => {
    const read = (name: string): unknown => {
      const { status, result } = decode(messages.status, recordedMessage(name).body);
      return { status, result };
    };
    assert.deepEqual(read('succeeded'), { status: 4, result: 'hello P I' });
    assert.deepEqual(read('failed'), { status: 5, result: 'it broke' });
    assert.deepEqual(read('unregistered'), { status: 5, result: 'jobName=nope is unregistered' });
    assert.deepEqual(read('killed'), { status: 5, result: 'killed' });
    const message = recordedMessage('broadcastProgress');
    assert.equal(message.sender, '');
    const { progress } = decode(messages.progress, message.body);
    const { workerProgress } = JSON.parse(progress ?? '') as { workerProgress: unknown[] };
    assert.equal(workerProgress.length, 2);
  });
});
