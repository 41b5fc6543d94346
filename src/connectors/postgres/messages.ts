/** Messages of PostgreSQL's protocol 3 as bytes, as far as this connector speaks them itself. */

/** First bytes of messages of the server. */
export const backend = {
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  commandComplete: 0x43,
  dataRow: 0x44,
  emptyQuery: 0x49,
  error: 0x45,
  notice: 0x4e,
  notification: 0x41,
  parameterStatus: 0x53,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** Longest message besides rows of COPY: results of small queries. */
const MAX_MESSAGE = 64 * 1024 * 1024;
const HEADER = 5;

/** What is told of the server's messages. */
export interface MessageHandler {
  /** Bytes of a row of COPY; `whole` = the last ones of this row. Memory is only lent. */
  row(chunk: Buffer, start: number, end: number, whole: boolean): void;
  /** Any other message, without its header. */
  message(type: number, body: Buffer): void;
}

/** Takes the server's bytes apart, however they are cut by the network. */
export class MessageReader {
  readonly #handler: MessageHandler;
  readonly #header = Buffer.alloc(HEADER);
  #headerBytes = 0;
  #type = 0;
  /** Of the message that is under way, bytes that are still to come. */
  #remaining = 0;
  #body: Buffer = Buffer.alloc(0);
  #bodyBytes = 0;

  constructor(handler: MessageHandler) {
    this.#handler = handler;
  }

  /** @throws Error for bytes that are not of this protocol. */
  feed(chunk: Buffer): void {
    const handler = this.#handler;
    const length = chunk.length;
    let at = 0;
    while (at < length) {
      if (this.#remaining > 0 || this.#headerBytes > 0) {
        at = this.#continue(chunk, at);
        continue;
      }
      // The way that nearly every row goes: a whole message within the chunk.
      while (at + HEADER <= length && chunk[at] === backend.copyData) {
        const end = at + 1 + lengthAt(chunk, at + 1);
        if (end > length) break;
        handler.row(chunk, at + HEADER, end, true);
        at = end;
      }
      if (at < length) at = this.#continue(chunk, at);
    }
  }

  #continue(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#remaining === 0) {
      while (this.#headerBytes < HEADER && at < chunk.length) {
        this.#header[this.#headerBytes] = chunk[at] ?? 0;
        this.#headerBytes += 1;
        at += 1;
      }
      if (this.#headerBytes < HEADER) return at;
      this.#begin();
      if (this.#remaining > 0) return at;
      if (this.#type === backend.copyData) {
        this.#headerBytes = 0;
        this.#handler.row(chunk, at, at, true);
      } else this.#end(chunk, at, at);
      return at;
    }
    const end = Math.min(chunk.length, at + this.#remaining);
    this.#remaining -= end - at;
    if (this.#type === backend.copyData) {
      const whole = this.#remaining === 0;
      if (whole) this.#headerBytes = 0;
      this.#handler.row(chunk, at, end, whole);
    } else this.#end(chunk, at, end);
    return end;
  }

  #begin(): void {
    this.#type = this.#header[0] ?? 0;
    this.#remaining = this.#header.readInt32BE(1) - 4;
    this.#bodyBytes = 0;
    if (this.#remaining < 0) throw new Error('the server sent a message of negative length');
    if (this.#type === backend.copyData) return;
    if (this.#remaining > MAX_MESSAGE) {
      throw new Error(`the server sent a message of ${this.#remaining} bytes`);
    }
    this.#body = Buffer.allocUnsafe(this.#remaining);
  }

  #end(chunk: Buffer, from: number, to: number): void {
    chunk.copy(this.#body, this.#bodyBytes, from, to);
    this.#bodyBytes += to - from;
    if (this.#remaining > 0) return;
    this.#headerBytes = 0;
    const body = this.#body;
    this.#handler.message(this.#type, body);
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  );
}

/** A simple query. */
export function queryMessage(sql: string): Buffer {
  const text = Buffer.byteLength(sql);
  const message = Buffer.allocUnsafe(text + 6);
  message.write('Q', 0, 'latin1');
  message.writeInt32BE(text + 5, 1);
  message.write(sql, 5);
  message[text + 5] = 0;
  return message;
}

/** What stands before `bytes` bytes of COPY. */
export function copyDataHeader(bytes: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER);
  header.write('d', 0, 'latin1');
  header.writeInt32BE(bytes + 4, 1);
  return header;
}

export const copyDoneMessage = Buffer.from('c\0\0\0\x04', 'latin1');
/** Ends a COPY with an error of this text, so that nothing of it stays. */
export const copyFailMessage = Buffer.from('f\0\0\0\x0dgiven up\0', 'latin1');
export const terminateMessage = Buffer.from('X\0\0\0\x04', 'latin1');

/** What a connection of its own sends to end the statement of another. */
export function cancelMessage(processId: number, secretKey: number): Buffer {
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80_877_102, 4);
  message.writeInt32BE(processId, 8);
  message.writeInt32BE(secretKey, 12);
  return message;
}

/** Fields of an error or notice by their letter. */
export function fieldsOf(body: Buffer): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) break;
    fields[String.fromCharCode(body[at] ?? 0)] = body.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return fields;
}

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  readonly typeId: number;
  /** -1 = none. */
  readonly typeModifier: number;
}

export function columnsOf(body: Buffer): readonly ResultColumn[] {
  const columns: ResultColumn[] = [];
  const count = body.readInt16BE(0);
  let at = 2;
  for (let place = 0; place < count; place += 1) {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    columns.push({
      name,
      typeId: body.readUInt32BE(end + 7),
      typeModifier: body.readInt32BE(end + 13),
    });
    at = end + 19;
  }
  return columns;
}

export function valuesOf(body: Buffer): readonly (string | null)[] {
  const values: (string | null)[] = [];
  const count = body.readInt16BE(0);
  let at = 2;
  for (let place = 0; place < count; place += 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}
