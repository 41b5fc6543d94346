import { createKey, dataFolder, type PrintedKey, startServer } from '../../support/server.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { assertRefused } from '../scenario.ts';
import type { Sdk } from '../sdk.ts';
import { at } from './step.ts';
import { compare, type Language } from './walk.ts';

/** How a test starts its driver: the server's host and port, and a key. */
export type StartDriver = (host: string, key: PrintedKey) => Sdk;

/**
 * Goes through every operation with one SDK against a server of its own, and has errors shown that
 * come before them: a user without permission, a key that does not exist.
 */
export async function compareOnServer(
  cleanup: Cleanup,
  language: Language,
  start: StartDriver,
): Promise<void> {
  const dataDir = await dataFolder(cleanup);
  const server = await startServer(cleanup, dataDir);
  const { host } = new URL(server.url);
  await compare(start(host, await createKey(cleanup, dataDir)), language);

  const refused = async (key: PrintedKey, code: string, status: number): Promise<void> => {
    const answer = await start(host, key).call('ListNamespaces', { RegionId: at.RegionId });
    assertRefused('ListNamespaces', answer, code, status);
  };
  const nobody = await createKey(cleanup, dataDir, ['--user', 'nobody']);
  await refused(nobody, 'NoPermission', 403);
  await refused({ id: 'stranger', secret: 'x' }, 'InvalidAccessKeyId.NotFound', 404);
}
