import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * Environment for a Node process of our own, so that it shares the compiled sources this process
 * keeps: it starts in half the time, and without Node's stripper of types some 35 MB smaller.
 * Empty when this process keeps none.
 */
export function compileCacheEnv(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir();
  // Node names the folder of its own version; a child adds that again.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
