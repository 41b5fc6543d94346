import { randomBytes } from 'node:crypto';
import { chmod, open, rename, rm } from 'node:fs/promises';

/** Only the owner may read or write. */
const privateMode = 0o600;

/**
 * Writes a file that only its owner may read. It appears whole or not at all, and survives a
 * power cut once this resolves.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const handle = await open(partial, 'wx', privateMode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Makes sure that the file exists and is the owner's alone, leaving its content as it is. */
export async function ensurePrivateFile(path: string): Promise<void> {
  const handle = await open(path, 'a', privateMode);
  await handle.close();
  await chmod(path, privateMode);
}
