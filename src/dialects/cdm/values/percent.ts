/** Values travel as URL-safe texts (cdm.md §3.2.1). */

/** Refuses what is no UTF-8 instead of mending it. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes every run of `%XX` that is UTF-8. A `%` that no two hexadecimal digits follow and a run
 * that is no UTF-8 stay as they are; `+` is no space.
 */
export function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return utf8.decode(Buffer.from(run.replaceAll('%', ''), 'hex'));
    } catch {
      return run;
    }
  });
}

/** The set of `encodeURIComponent`. Halves of surrogate pairs become U+FFFD. */
export function encodePercent(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/**
 * As few escapes as reading back needs: driver inputs are shown raw, because clients do not
 * unescape them.
 */
export function protectPercent(text: string): string {
  return text.toWellFormed().replace(/%(?=[0-9A-Fa-f]{2})/g, '%25');
}
