import { gatewayErrors } from './errors.ts';

/** Decoded name-value pairs in the order they were received. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** Most parameters one query or form may hold. */
export const parameterLimit = 2_000;

const unreservedOnly = /^[\w.~-]*$/;

/** RFC 3986 encoding of everything but `A-Za-z0-9-_.~` (sae.md §3.1 step 5). */
export function percentEncode(text: string): string {
  if (unreservedOnly.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Undoes form encoding; `+` is a space in queries too (sae.md §2.2). */
function decodeComponent(text: string, part: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw gatewayErrors.invalidParameter(part, 'a percent escape is malformed or not UTF-8');
  }
}

/**
 * Splits `a=1&b=2` into decoded pairs; a bare name is present and empty.
 * @param part names the text in errors: `query` or `form`.
 * @throws WireError `InvalidParameter.WithMessage` for malformed escapes, bytes that are not
 *   UTF-8, or more than `parameterLimit` parameters.
 */
export function parsePairs(text: string, part: string): Pairs {
  const pairs: (readonly [string, string])[] = [];
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    if (end > start) {
      if (pairs.length === parameterLimit) {
        throw gatewayErrors.invalidParameter(part, `more than ${parameterLimit} parameters`);
      }
      const equals = text.indexOf('=', start);
      const bare = equals === -1 || equals >= end;
      const name = decodeComponent(text.slice(start, bare ? end : equals), part);
      const value = bare ? '' : decodeComponent(text.slice(equals + 1, end), part);
      pairs.push([name, value]);
    }
    start = end + 1;
  }
  return pairs;
}

/** The pairs sorted by name, then value, in code unit order as the clients sort. */
export function sortPairs(pairs: Pairs): Pairs {
  return pairs.toSorted(
    (left, right) => compareText(left[0], right[0]) || compareText(left[1], right[1]),
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as text.
 * @throws WireError `InvalidParameter.WithMessage` when the bytes are not UTF-8.
 */
export function decodeUtf8(body: Uint8Array, part: string): string {
  try {
    return utf8.decode(body);
  } catch {
    throw gatewayErrors.invalidParameter(part, 'the bytes are not UTF-8');
  }
}
