import { createHash } from 'node:crypto';
import type { PackageArtifact } from '../../../domain/template.ts';

/** Where a package comes from, taken apart. */
export interface Address {
  readonly url: URL;
  /** SHA-256 (hex) that the address demands in `#sha256=…`, or null. */
  readonly digest: string | null;
  /** For messages: without user, query and fragment, which may hold secrets. */
  readonly shown: string;
  /** Names the pair of address and version without giving away either. */
  readonly source: string;
}

/**
 * Reads the address of a package.
 * @throws Error that says what is wrong with it.
 */
export function readAddress({ url: text, version }: PackageArtifact): Address {
  if (!URL.canParse(text)) {
    throw new Error('the address of the package is no URL; give http:, https: or file:');
  }
  const url = new URL(text);
  const shown =
    url.protocol === 'file:' ? `file://${url.pathname}` : `${url.origin}${url.pathname}`;
  if (!['http:', 'https:', 'file:'].includes(url.protocol)) {
    throw new Error(
      `a package cannot come from ${url.protocol} addresses; use http:, https: or file:`,
    );
  }
  const digest = digestOf(url.hash, shown);
  url.hash = '';
  const source = createHash('sha256').update(`${url.href}\n${version}`).digest('hex');
  return { url, digest, shown, source };
}

function digestOf(hash: string, shown: string): string | null {
  const match = /^#sha256=(.*)$/i.exec(hash);
  if (match === null) return null;
  const digest = (match[1] ?? '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new Error(`the digest in the address of ${shown} is not 64 hexadecimal digits`);
}
