/** What an SDK's types made of an answer, compared with what was on the wire. */

type Fields = Readonly<Record<string, unknown>>;

/** Members of `raw` that `typed` has no place for. */
export function missingIn(typed: unknown, raw: unknown, path = ''): readonly string[] {
  if (Array.isArray(raw)) {
    if (!Array.isArray(typed)) return raw.length > 0 ? [path] : [];
    return [...new Set(raw.flatMap((each, at) => missingIn(typed[at], each, `${path}[]`)))];
  }
  if (typeof raw !== 'object' || raw === null) return [];
  if (typeof typed !== 'object' || typed === null) return [path];
  return Object.entries(raw).flatMap(([name, value]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    return name in typed ? missingIn((typed as Fields)[name], value, inner) : [inner];
  });
}

/** Members whose JSON type the SDK's types changed: what was sent is not what is declared. */
export function bent(typed: unknown, raw: unknown, path = ''): readonly string[] {
  if (typed === undefined || typed === null || raw === null) return [];
  if (typeof typed !== typeof raw || Array.isArray(typed) !== Array.isArray(raw)) return [path];
  if (typeof raw !== 'object') return typed === raw ? [] : [path];
  return Object.entries(raw as Fields).flatMap(([name, value]) =>
    bent((typed as Fields)[name], value, path === '' ? name : `${path}.${name}`),
  );
}

/** Members that have a value. */
export function setIn(raw: unknown, path = ''): readonly string[] {
  if (Array.isArray(raw)) return [path, ...raw.flatMap((each) => setIn(each, `${path}[]`))];
  if (raw === null || raw === undefined) return [];
  if (typeof raw !== 'object') return [path];
  return [
    path,
    ...Object.entries(raw).flatMap(([name, value]) =>
      setIn(value, path === '' ? name : `${path}.${name}`),
    ),
  ];
}
