import { posix } from 'node:path';

/** The absolute path without `.`, `..`, doubled slashes and a slash at its end. */
export function normalPath(path: string): string {
  const clean = posix.normalize(path.startsWith('/') ? path : `/${path}`);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** Whether the path is the folder or lies in it. Both are normal paths. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}
