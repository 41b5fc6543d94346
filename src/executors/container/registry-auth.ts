import { defaultRegistry, type ImageReference } from './image-reference.ts';

interface AuthEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
}

/** Names under which the default registry is found in a docker `config.json`. */
const defaultNames = [defaultRegistry, 'index.docker.io', 'registry-1.docker.io'];

/**
 * The `X-Registry-Auth` header for pulling an image, from the text of a docker `config.json`;
 * null when that has no entry for the image's registry. Entries that name a path win over those
 * that name the host alone.
 * @throws Error when the text is no `config.json`.
 */
export function registryAuth(config: string, image: ImageReference): string | null {
  const entries = Object.entries(readAuths(config))
    .map(([key, entry]) => ({ key, entry, place: normal(key) }))
    .filter(({ place }) => covers(place, image))
    .sort((one, other) => other.place.length - one.place.length);
  const found = entries[0];
  if (found === undefined) return null;
  const header = headerOf(found.entry, found.key);
  return Buffer.from(JSON.stringify(header)).toString('base64url');
}

function readAuths(config: string): Readonly<Record<string, AuthEntry>> {
  let value: unknown;
  try {
    value = JSON.parse(config);
  } catch {
    // Its text may hold a password: no part of it goes into a message.
    throw new Error('the credentials for pulling are not JSON; give a docker config.json');
  }
  const auths = isObject(value) ? value['auths'] : undefined;
  if (!isObject(auths) || !Object.values(auths).every(isObject)) {
    throw new Error('the credentials for pulling have no "auths"; give a docker config.json');
  }
  return auths as Record<string, AuthEntry>;
}

function headerOf(entry: AuthEntry, key: string): Record<string, string> {
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '') {
    return { identitytoken: entry.identitytoken, serveraddress: key };
  }
  if (typeof entry.username === 'string' && typeof entry.password === 'string') {
    return { username: entry.username, password: entry.password, serveraddress: key };
  }
  const pair =
    typeof entry.auth === 'string' ? Buffer.from(entry.auth, 'base64').toString('utf8') : '';
  const colon = pair.indexOf(':');
  if (colon < 0) throw new Error(`the credentials for ${key} have no user name and password`);
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1), serveraddress: key };
}

/** Host and path of a key: no scheme, no version path of the API, no closing slash. */
function normal(key: string): string {
  return key
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/+$/, '');
}

function covers(place: string, image: ImageReference): boolean {
  if (image.registry === defaultRegistry && defaultNames.includes(place)) return true;
  if (place === image.registry) return true;
  return image.name === place || image.name.startsWith(`${place}/`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
