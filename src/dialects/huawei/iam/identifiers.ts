import { hash } from 'node:crypto';

/**
 * 32 lower-case hex digits that are always the same for the same words: ids of what is named in
 * the configuration survive a restart and agree between servers.
 */
export function stableId(...words: readonly string[]): string {
  return hash('sha256', JSON.stringify(words)).slice(0, 32);
}

/** Such an id in the shape of a UUID. */
export function stableUuid(...words: readonly string[]): string {
  const id = stableId(...words);
  const variant = ((Number.parseInt(id.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    id.slice(0, 8),
    id.slice(8, 12),
    `8${id.slice(13, 16)}`,
    `${variant}${id.slice(17, 20)}`,
    id.slice(20),
  ].join('-');
}
