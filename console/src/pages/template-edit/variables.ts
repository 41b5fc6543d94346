type Pairs = readonly (readonly [name: string, value: string])[];

/**
 * Variables that a JSON text lists as `{name, value}`. Null when it says more than names with texts
 * (e.g. where a value comes from), or is no list: then it is edited as text.
 */
export function variablesOf(text: unknown): Pairs | null {
  if (text === '') return [];
  if (typeof text !== 'string') return null;
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(list)) return null;
  const pairs = list.map((item: unknown) => {
    const { name, value, ...more } = (item ?? {}) as Readonly<Record<string, unknown>>;
    const isPlain = Object.keys(more).length === 0;
    return isPlain && typeof name === 'string' && typeof value === 'string'
      ? ([name, value] as const)
      : null;
  });
  return pairs.every((pair) => pair !== null) ? pairs : null;
}

/** The text that lists them; empty for none. */
export function variablesText(pairs: Pairs): string {
  return pairs.length === 0 ? '' : JSON.stringify(pairs.map(([name, value]) => ({ name, value })));
}
