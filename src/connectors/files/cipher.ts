import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { FileCipher } from '../../domain/transfer/definition.ts';
import { badDefinition, badFile } from './errors.ts';

/** Bytes by which an encrypted file is longer: the tag at its end. */
export const TAG_BYTES = 16;

const METHOD = 'aes-256-gcm';

/** The content encrypted by AES-256-GCM, followed by its tag (cdm.md §5.9). */
export async function* encrypted(
  content: AsyncIterable<Uint8Array>,
  cipher: FileCipher,
): AsyncGenerator<Uint8Array> {
  const { key, iv } = keyOf(cipher);
  const encryption = createCipheriv(METHOD, key, iv);
  for await (const piece of content) yield encryption.update(piece);
  const rest = encryption.final();
  yield Buffer.concat([rest, encryption.getAuthTag()]);
}

/**
 * The content of an encrypted file. A wrong key is not found out (cdm.md §5.9): the tag at the
 * end is cut off and not looked at.
 */
export async function* decrypted(
  content: AsyncIterable<Uint8Array>,
  cipher: FileCipher,
  shown: string,
): AsyncGenerator<Uint8Array> {
  const { key, iv } = keyOf(cipher);
  const decryption = createDecipheriv(METHOD, key, iv);
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of content) {
    const all = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    const ready = Math.max(all.length - TAG_BYTES, 0);
    held = all.subarray(ready);
    if (ready > 0) yield decryption.update(all.subarray(0, ready));
  }
  if (held.length < TAG_BYTES) {
    throw badFile(shown, `it is shorter than the ${TAG_BYTES} bytes of an encrypted file's tag`);
  }
}

function keyOf({ key, iv }: FileCipher): { readonly key: Buffer; readonly iv: Buffer } {
  // What they are is never told.
  if (!/^[0-9a-f]{64}$/i.test(key)) throw badDefinition('the key is not 64 hexadecimal digits');
  if (!/^[0-9a-f]{32}$/i.test(iv)) {
    throw badDefinition('the initialisation vector is not 32 hexadecimal digits');
  }
  return { key: Buffer.from(key, 'hex'), iv: Buffer.from(iv, 'hex') };
}
