/** A time as IAM writes it: six digits of a second, of which the Java SDK cuts the last `000Z` (cdm.md §2.2.2). */
export function wireTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
