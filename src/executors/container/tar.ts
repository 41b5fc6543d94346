/** A file, folder or link in a tar archive. */
export interface TarEntry {
  /** Path as the archive has it. */
  readonly name: string;
  readonly kind: 'file' | 'other';
  readonly size: number;
  /** The content; what is not read is passed over. */
  readonly content: AsyncIterable<Buffer>;
}

const blockBytes = 512;
/** Longest name that a header may announce. */
const maxNameBytes = 64 * 1024;

/**
 * Reads a tar archive as engines send it: ustar with the extensions for long names and sizes.
 * @throws Error when it breaks off or is none.
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new ByteSource(chunks);
  let longName: string | null = null;
  let longSize: number | null = null;
  for (;;) {
    const header = await source.take(blockBytes);
    if (header === null || header.every((byte) => byte === 0)) return;
    const type = String.fromCharCode(header[156] ?? 0);
    const size: number = longSize ?? numberIn(header, 124, 12);
    if (type === 'x' || type === 'L' || type === 'K' || type === 'g') {
      if (size > maxNameBytes) throw new Error(`a tar header of ${size} bytes is too long`);
      const body = await source.take(padded(size));
      if (body === null) throw new Error('the tar archive breaks off');
      const text = body.toString('utf8', 0, size);
      if (type === 'L') longName = text.replace(/\0+$/, '');
      if (type !== 'x') continue;
      const fields = paxFields(body.subarray(0, size));
      longName = fields.get('path') ?? longName;
      const given = Number(fields.get('size') ?? Number.NaN);
      longSize = Number.isSafeInteger(given) ? given : longSize;
      continue;
    }
    const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textIn(header, 345, 155) : '';
    const short = textIn(header, 0, 100);
    const name: string = longName ?? (prefix === '' ? short : `${prefix}/${short}`);
    const isFile = type === '0' || type === '\0' || type === '7';
    const contentBytes = isFile ? size : 0;
    let left = contentBytes;
    async function* content(): AsyncGenerator<Buffer> {
      while (left > 0) {
        const piece = await source.some(left);
        if (piece === null) throw new Error('the tar archive breaks off');
        left -= piece.length;
        yield piece;
      }
    }
    yield { name, kind: isFile ? 'file' : 'other', size: contentBytes, content: content() };
    await source.skip(left + padded(contentBytes) - contentBytes);
    longName = null;
    longSize = null;
  }
}

class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At most `bytes` of what comes next; null at the end. */
  async some(bytes: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Exactly `bytes`; null at the end. @throws Error when it ends within. */
  async take(bytes: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0;) {
      const piece = await this.some(left);
      if (piece === null) {
        if (parts.length === 0) return null;
        throw new Error('the tar archive breaks off');
      }
      parts.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(parts);
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0;) {
      const piece = await this.some(left);
      if (piece === null) return;
      left -= piece.length;
    }
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}

function textIn(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** Octal digits, or for large values the bytes themselves behind a set highest bit. */
function numberIn(header: Buffer, from: number, length: number): number {
  if (((header[from] ?? 0) & 0x80) === 0) {
    const value = Number.parseInt(textIn(header, from, length).trim() || '0', 8);
    if (Number.isSafeInteger(value)) return value;
    throw new Error('the tar archive has a broken header');
  }
  let value = 0;
  for (const byte of header.subarray(from + 1, from + length)) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new Error('the tar archive has a broken header');
  return value;
}

/** Lines of `<length> <key>=<value>\n`; lengths count bytes. */
function paxFields(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 12), 10);
    if (!(length > 0)) break;
    const line = body.toString('utf8', at, at + length - 1);
    const equals = line.indexOf('=');
    fields.set(line.slice(line.indexOf(' ') + 1, equals), line.slice(equals + 1));
    at += length;
  }
  return fields;
}
