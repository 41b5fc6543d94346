import { failures } from './errors.ts';

/**
 * The text, when it is no longer than so many UTF-8 bytes and has no NUL, which no store keeps.
 * @throws WireError business failure.
 */
export function boundedText(name: string, text: string, maxBytes: number): string {
  if (text.includes('\0')) throw failures.unfit(name, 'it holds a NUL character');
  if (Buffer.byteLength(text) > maxBytes) {
    throw failures.unfit(name, `it is longer than ${maxBytes} bytes`);
  }
  return text;
}
