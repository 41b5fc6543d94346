/** Longest name that is compared; a schedule's zone is bounded by the same. */
const MAX_CHARS = 64;

/** The known zone whose name is nearest to a wrong one, or null when none is near. */
export function nearestZone(wrong: string): string | null {
  const text = wrong.trim().toLowerCase().slice(0, MAX_CHARS);
  const offset = /^[a-z]{3,4}([+-]\d{1,2}(?::?\d{2})?)$/.exec(text);
  if (offset !== null) return `GMT${offset[1] ?? ''}`;
  let nearest: string | null = null;
  let least = Math.max(2, Math.floor(text.length / 4)) + 1;
  for (const name of ['UTC', ...Intl.supportedValuesOf('timeZone')]) {
    const lower = name.toLowerCase();
    const distance = Math.min(
      editDistance(text, lower, least),
      // "Shanghai" and "China/Shanghai" mean Asia/Shanghai.
      editDistance(
        text.slice(text.lastIndexOf('/') + 1),
        lower.slice(lower.lastIndexOf('/') + 1),
        least,
      ) + (text.includes('/') ? 1 : 0),
    );
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Letters to insert, remove or replace; `limit` where there are as many or more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? limit) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? limit) + 1, (next[j - 1] ?? limit) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] ?? limit, limit);
}
