import { badFile } from './errors.ts';

const BLOCK_BYTES = 512;
/** Longest extended header that is read. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** A regular file in a tar archive. */
export interface TarFile {
  readonly name: string;
  readonly bytes: number;
  /** What is not read of it is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The regular files of a tar archive (ustar, with the long names and sizes of GNU and PAX).
 * `shown` names the archive in errors.
 * @throws TransferError `file-format` when it breaks off or is no archive.
 */
export async function* readTarFiles(
  archive: AsyncIterable<Uint8Array>,
  shown: string,
): AsyncGenerator<TarFile> {
  const source = new Pieces(archive, shown);
  try {
    yield* filesIn(source, shown);
  } finally {
    await source.close();
  }
}

async function* filesIn(source: Pieces, shown: string): AsyncGenerator<TarFile> {
  let name: string | null = null;
  let givenBytes: number | null = null;
  for (;;) {
    const header = await source.exactly(BLOCK_BYTES);
    if (header === null || header.every((byte) => byte === 0)) return;
    checkSum(header, shown);
    const type = String.fromCharCode(header[156] ?? 0);
    const bytes: number = givenBytes ?? sizeIn(header, shown);
    if ('xgLK'.includes(type)) {
      if (bytes > MAX_HEADER_BYTES)
        throw badFile(shown, `a header of ${bytes} bytes in the archive`);
      const body = await source.exactly(padded(bytes));
      if (body === null) throw badFile(shown, 'the archive breaks off within a header');
      if (type === 'L') name = body.toString('utf8', 0, bytes).replace(/\0+$/, '');
      if (type === 'x') {
        const records = paxRecords(body.toString('utf8', 0, bytes));
        name = records.get('path') ?? name;
        const size = Number(records.get('size') ?? Number.NaN);
        if (Number.isSafeInteger(size)) givenBytes = size;
      }
      continue;
    }
    const isFile = type === '0' || type === '\0' || type === '7';
    const found: string = name ?? nameIn(header);
    name = null;
    givenBytes = null;
    let left = isFile ? bytes : 0;
    if (isFile) {
      async function* content(): AsyncGenerator<Uint8Array> {
        while (left > 0) {
          const piece = await source.some(left);
          if (piece === null) throw badFile(shown, `the archive breaks off within ${found}`);
          left -= piece.length;
          yield piece;
        }
      }
      yield { name: found, bytes, content: content() };
    }
    let skip = left + (isFile ? padded(bytes) - bytes : 0);
    while (skip > 0) {
      const piece = await source.some(skip);
      if (piece === null) throw badFile(shown, `the archive breaks off within ${found}`);
      skip -= piece.length;
    }
  }
}

/** Takes a stream in pieces of wanted sizes. */
class Pieces {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #shown: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(archive: AsyncIterable<Uint8Array>, shown: string) {
    this.#iterator = archive[Symbol.asyncIterator]();
    this.#shown = shown;
  }

  /** At most `max` bytes; null at the end. */
  async some(max: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) return null;
      this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const piece = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Null at the end. */
  async exactly(bytes: number): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    for (let left = bytes; left > 0;) {
      const piece = await this.some(left);
      if (piece === null) {
        if (pieces.length === 0) return null;
        throw badFile(this.#shown, 'the archive breaks off');
      }
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

function checkSum(header: Buffer, shown: string): void {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  const given = Number.parseInt(
    header.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(),
    8,
  );
  if (sum !== given) throw badFile(shown, 'it is not a tar archive, or damaged');
}

function nameIn(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textIn(header, 345, 155) : '';
  const name = textIn(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textIn(header: Buffer, at: number, length: number): string {
  const end = header.indexOf(0, at);
  return header.toString('utf8', at, end < 0 ? at + length : Math.min(end, at + length));
}

function sizeIn(header: Buffer, shown: string): number {
  const binary = ((header[124] ?? 0) & 0x80) !== 0;
  const size = binary
    ? Number(header.readBigUInt64BE(128))
    : Number.parseInt(textIn(header, 124, 12).trim() || '0', 8);
  if (!Number.isSafeInteger(size) || size < 0)
    throw badFile(shown, 'the archive has a broken size');
  return size;
}

function paxRecords(text: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  // Lengths count bytes; what they cover ends in LF, and names and sizes hold none.
  for (const line of text.split('\n')) {
    const found = /^\d+ ([^=]+)=(.*)$/s.exec(line);
    if (found?.[1] !== undefined) records.set(found[1], found[2] ?? '');
  }
  return records;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}
