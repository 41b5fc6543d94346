import { TextDecoder } from 'node:util';
import { badDefinition } from './errors.ts';

/** Whether bytes of this encoding are UTF-8 as they stand. */
export function isUtf8Label(label: string): boolean {
  return decoderFor(label).encoding === 'utf-8';
}

/** A decoder that puts U+FFFD where bytes are no text. @throws TransferError `invalid-definition` */
export function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(webLabel(label));
  } catch (error) {
    if (error instanceof RangeError) {
      throw badDefinition(`the encoding ${label} is not known; use e.g. UTF-8 or GBK`);
    }
    throw error;
  }
}

/** The content in UTF-8; U+FFFD where bytes were no text of the encoding. */
export async function* toUtf8(
  content: AsyncIterable<Uint8Array>,
  label: string,
): AsyncGenerator<Buffer> {
  const decoder = decoderFor(label);
  for await (const piece of content) {
    const text = decoder.decode(piece, { stream: true });
    if (text !== '') yield Buffer.from(text);
  }
  const rest = decoder.decode();
  if (rest !== '') yield Buffer.from(rest);
}

/** Turns texts into bytes of an encoding. */
export interface TextEncoding {
  encode(text: string): Buffer;
  /** First character that the encoding lacks; null = none. */
  unknownIn(text: string): string | null;
}

/** @throws TransferError `invalid-definition` for an encoding that is not known or cannot be written. */
export function encoderFor(label: string): TextEncoding {
  const { encoding } = decoderFor(label);
  if (encoding === 'utf-8') return { encode: (text) => Buffer.from(text), unknownIn: () => null };
  if (encoding === 'utf-16le') {
    return { encode: (text) => Buffer.from(text, 'utf16le'), unknownIn: () => null };
  }
  if (encoding === 'utf-16be') {
    return { encode: (text) => Buffer.from(text, 'utf16le').swap16(), unknownIn: () => null };
  }
  const bytesOf = tableOf(encoding);
  return {
    encode: (text) => {
      const parts: number[] = [];
      for (const char of text) parts.push(...(bytesOf.get(char) ?? [QUESTION_MARK]));
      return Buffer.from(parts);
    },
    unknownIn: (text) => {
      for (const char of text) if (!bytesOf.has(char)) return char;
      return null;
    },
  };
}

const QUESTION_MARK = 0x3f;
const tables = new Map<string, ReadonlyMap<string, readonly number[]>>();

/** Bytes by character, made by decoding everything of one or two bytes. */
function tableOf(encoding: string): ReadonlyMap<string, readonly number[]> {
  const known = tables.get(encoding);
  if (known !== undefined) return known;
  if (encoding.startsWith('iso-2022') || encoding === 'replacement') {
    throw badDefinition(`files cannot be written in ${encoding}; use e.g. UTF-8 or GBK`);
  }
  const table = new Map<string, readonly number[]>();
  const decoder = new TextDecoder(encoding, { fatal: true });
  const add = (...bytes: readonly number[]): void => {
    let text: string;
    try {
      text = decoder.decode(Uint8Array.from(bytes));
    } catch {
      return;
    }
    if ([...text].length === 1 && !table.has(text)) table.set(text, bytes);
  };
  for (let first = 0; first < 256; first += 1) add(first);
  for (let first = 0x80; first < 256; first += 1) {
    for (let second = 0x30; second < 256; second += 1) add(first, second);
  }
  tables.set(encoding, table);
  return table;
}

/** Names as the vendor and Java write them, e.g. `UTF_8`, `ISO_8859_1`. */
function webLabel(label: string): string {
  return label.trim().replaceAll('_', '-');
}
