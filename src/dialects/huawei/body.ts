import type { IncomingMessage } from 'node:http';
import { gatewayErrors } from './errors.ts';

/** Largest request body (cdm.md §2.1). */
export const bodyLimitBytes = 12 * 1024 * 1024;

/** Most bytes of a refused body that are read and dropped, and for how long. */
const dropLimitBytes = 4 * bodyLimitBytes;
const dropTimeLimitMs = 5_000;

/** Deepest nesting of a JSON body. */
const depthLimit = 64;

const noBody = new Uint8Array(0);

/**
 * Reads a whole body as it was sent, of a GET too: signatures cover these bytes (cdm.md §2.1).
 * @param limitBytes most that is read.
 * @throws WireError 413 APIGW.0201; Error when the client went away.
 */
export async function readBody(message: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  if (Number(message.headers['content-length'] ?? 0) > limitBytes) {
    throw gatewayErrors.bodyTooLarge(limitBytes);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const settle = (error: Error | null): void => {
      message.off('data', take).off('end', onEnd).off('error', settle).off('close', onClose);
      if (error === null) resolve();
      else reject(error);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limitBytes) {
        message.pause();
        settle(gatewayErrors.bodyTooLarge(limitBytes));
      } else chunks.push(chunk);
    };
    const onEnd = (): void => settle(null);
    const onClose = (): void =>
      settle(message.complete ? null : gatewayErrors.badRequest('the body was cut off'));
    message.on('data', take).on('end', onEnd).on('error', settle).on('close', onClose);
    if (message.readableEnded) settle(null);
  });
  return bytes === 0 ? noBody : Buffer.concat(chunks, bytes);
}

/**
 * Reads what is left of a refused body, within bounds: a client that is still sending would
 * otherwise meet a closed connection before it reads the answer.
 */
export function dropBody(message: IncomingMessage): Promise<void> {
  if (message.readableEnded || message.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let left = dropLimitBytes;
    const done = (): void => {
      clearTimeout(late);
      message.off('data', count).off('end', done).off('close', done);
      resolve();
    };
    const count = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) done();
    };
    const late = setTimeout(done, dropTimeLimitMs);
    message.on('data', count).on('end', done).on('close', done).resume();
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A body as a value without members that are null; nothing, `null` and `{}` are one (§2.1).
 * Undefined when it is not JSON, not UTF-8, or nested too deep.
 */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {};
  try {
    const text = utf8.decode(bytes);
    if (text.trim() === '') return {};
    return withoutNulls(JSON.parse(text), 0) ?? {};
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
}

class TooDeep extends Error {}

function withoutNulls(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthLimit) throw new TooDeep();
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth + 1));
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member !== null) members.push([name, withoutNulls(member, depth + 1)]);
  }
  // Makes own members of names such as __proto__, which an assignment would not.
  return Object.fromEntries(members);
}
