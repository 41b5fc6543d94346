import { parseQuery } from '../incoming.ts';

const unreservedOnly = /^[\w.~-]*$/;

/** RFC 3986 encoding of everything but `A-Za-z0-9-_.~`. */
export function percentEncode(text: string): string {
  if (unreservedOnly.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What some clients escape before they sign: C0, space, and these marks (cdm.md §2.3 C). */
// oxlint-disable-next-line no-control-regex
const escapedBeforeSigning = /[\u0000-\u0020"'<>\\^`{|}\u007f]/g;

function escapeMarks(text: string): string {
  return text.replace(
    escapedBeforeSigning,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * The canonical URIs that clients are known to sign for a path as it was sent, each once
 * (cdm.md §2.3, candidates A to D).
 */
export function canonicalUris(path: string): readonly string[] {
  const segments = path.split('/');
  const ended = (uri: string): string => (uri.endsWith('/') ? uri : `${uri}/`);
  const joined = (encode: (segment: string) => string): string =>
    ended(segments.map(encode).join('/'));
  const candidates = [
    joined((segment) => percentEncode(decode(segment))),
    joined((segment) => percentEncode(segment)),
    joined((segment) => percentEncode(escapeMarks(decode(segment)))),
    ended(path),
    path,
  ];
  return [...new Set(candidates)];
}

/** Sorted and re-encoded (cdm.md §2.3 step 3); null when the query cannot be decoded. */
export function canonicalQuery(query: string): string | null {
  const pairs = parseQuery(query);
  if (pairs === null) return null;
  return pairs
    .toSorted((left, right) => compareText(left[0], right[0]) || compareText(left[1], right[1]))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
