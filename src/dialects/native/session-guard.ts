import { ProblemError } from './problem.ts';

/** Header of everything that the console sends: no page of another origin can set it. */
export const consoleHeader = 'x-longshore-console';

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** What tells where a request comes from. */
export interface RequestOrigin {
  readonly method: string;
  /** Hosts that are this server, each with its port: the one addressed, and the configured one. */
  readonly hosts: readonly string[];
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly consoleHeader: string | undefined;
}

/**
 * Refuses what a foreign page could have a browser send with its user's cookie. SameSite=Strict
 * holds most of it back; this holds for pages of other ports and of sibling domains too.
 * @throws ProblemError `foreign-origin`.
 */
export function guardOrigin(request: RequestOrigin): void {
  if (safeMethods.includes(request.method)) return;
  const { secFetchSite, origin, hosts } = request;
  if (request.consoleHeader !== '1') refuse(`the header ${consoleHeader}: 1 is missing`);
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin') {
    refuse(`the browser says that the request comes from another origin (${secFetchSite})`);
  }
  if (origin !== undefined && !hosts.some((host) => host.toLowerCase() === hostOf(origin))) {
    refuse('the request comes from a page of another address');
  }
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    // "null", of sandboxed pages and local files.
    return null;
  }
}

function refuse(why: string): never {
  throw new ProblemError('foreign-origin', why);
}
