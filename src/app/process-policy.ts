import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import type { FrozenConfig } from './config/schema.ts';

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Why jobs may not run as processes of this machine, in words with the fix; null when they may.
 * Whoever can submit such a job runs programs here, so it takes an explicit yes on a network.
 */
export function processRefusal(config: Pick<FrozenConfig, 'listen' | 'process'>): string | null {
  switch (config.process.enabled) {
    case 'always':
      return null;
    case 'never':
      return 'jobs as processes of this machine are switched off (process.enabled: never); set it to auto or always';
    case 'auto':
      return isLoopback(config.listen.host)
        ? null
        : `jobs as processes of this machine are off because the server listens on ${config.listen.host}, not on loopback alone; listen on 127.0.0.1, or allow it with process.enabled: always`;
  }
}

/**
 * The user that jobs run as; null = the server's own.
 * @throws Error when the server may not become that user.
 */
export function jobUser(config: Pick<FrozenConfig, 'process'>): string | null {
  const wanted = config.process.user;
  const own = userInfo().username;
  if (wanted === '' || wanted === own) {
    return null;
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `process.user is ${wanted}, but only root can run jobs as another user than its own (${own}); run the server as root or remove the setting`,
    );
  }
  return wanted;
}
