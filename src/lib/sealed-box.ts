import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';

/** Length of the master key. */
export const masterKeyBytes = 32;

/** Length of the random number that each sealing needs; never used twice with one key. */
export const sealNonceBytes = 12;

const cipher = 'aes-256-gcm';
const tagBytes = 16;
/** First byte of every box, so that the scheme can change. */
const version = 1;

/**
 * Encrypts a secret with AES-256-GCM: version (1 byte), nonce (12), tag (16), ciphertext.
 *
 * The master key lies in a file of its own, so a copy of the database alone gives no secret
 * away. `context` says what the box belongs to; a box moved elsewhere does not open.
 * @param nonce `sealNonceBytes` fresh random bytes.
 */
export function seal(
  masterKey: Uint8Array,
  plaintext: string,
  context: string,
  nonce: Uint8Array,
): Uint8Array {
  const sealing = createCipheriv(cipher, masterKey, nonce, { authTagLength: tagBytes });
  sealing.setAAD(Buffer.from(context, 'utf8'));
  const ciphertext = Buffer.concat([sealing.update(plaintext, 'utf8'), sealing.final()]);
  return Buffer.concat([Buffer.of(version), nonce, sealing.getAuthTag(), ciphertext]);
}

/**
 * Decrypts what `seal` made.
 * @throws Error when the key is another one, the context differs or the box was changed.
 */
export function open(masterKey: Uint8Array, box: Uint8Array, context: string): string {
  const bodyAt = 1 + sealNonceBytes + tagBytes;
  if (box.length < bodyAt || box[0] !== version) {
    throw new Error(`the sealed secret of ${context} has an unknown form: restore the database`);
  }
  try {
    const opening = createDecipheriv(cipher, masterKey, box.subarray(1, 1 + sealNonceBytes), {
      authTagLength: tagBytes,
    });
    opening.setAAD(Buffer.from(context, 'utf8'));
    opening.setAuthTag(box.subarray(1 + sealNonceBytes, bodyAt));
    return opening.update(box.subarray(bodyAt), undefined, 'utf8') + opening.final('utf8');
  } catch (cause) {
    throw new Error(
      `the sealed secret of ${context} does not open: the master key is not the one it was ` +
        'sealed with, or the database was changed; restore the master key file that belongs to it',
      { cause },
    );
  }
}

/**
 * Reads the master key, creating the file with mode 0600 on first use. The file appears whole
 * or not at all, whoever else creates it at the same time.
 * @throws Error with what to do when others can read the file or it holds no key.
 */
export function loadOrCreateMasterKey(path: string): Uint8Array {
  try {
    return readMasterKey(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  createMasterKey(path);
  return readMasterKey(path);
}

function createMasterKey(path: string): void {
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  // "wx" is O_CREAT | O_EXCL: never write a key through a file or link put there by others.
  const fd = openSync(draft, 'wx', 0o600);
  try {
    writeSync(fd, randomBytes(masterKeyBytes));
    fsyncSync(fd);
    linkSync(draft, path);
  } catch (error) {
    // Another process was first: its key counts.
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    closeSync(fd);
    rmSync(draft, { force: true });
  }
}

function readMasterKey(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw new Error(`master key ${path} is not a file: name another path`);
    if ((status.mode & 0o077) !== 0) {
      const mode = (status.mode & 0o777).toString(8);
      throw new Error(
        `master key ${path} is open to other users (mode ${mode}): run chmod 600 on it, and ` +
          'replace all access keys if someone may have read it',
      );
    }
    const key = Buffer.alloc(masterKeyBytes);
    if (status.size !== masterKeyBytes || readSync(fd, key, 0, key.length, 0) !== key.length) {
      throw new Error(
        `master key ${path} holds ${status.size} bytes instead of ${masterKeyBytes}: restore it ` +
          'from a backup; without it every access key has to be made anew',
      );
    }
    return key;
  } finally {
    closeSync(fd);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Seals texts into documents and opens them again: boxes as base64. */
export interface TextBox {
  seal(text: string, purpose: string): string;
  /** @throws Error when it was sealed with another key or for another purpose, or is damaged. */
  unseal(sealed: string, purpose: string): string;
}

/** @param nonce gives `sealNonceBytes` fresh random bytes. */
export function createTextBox(masterKey: Uint8Array, nonce: () => Uint8Array): TextBox {
  return {
    seal: (text, purpose) =>
      Buffer.from(seal(masterKey, text, purpose, nonce())).toString('base64'),
    unseal: (sealed, purpose) => open(masterKey, Buffer.from(sealed, 'base64'), purpose),
  };
}
