/** Hiding secrets in what is shown of a definition. */

/** What stands for a secret. */
export const mask = '******';

/** Names whose values are secrets by the look of them. */
const secretName =
  /pass(?:word|wd|phrase)?$|secret|token|credential|private_?key|access_?key|api_?key|_(?:pwd|key)$/i;

/** Deepest nesting that is looked through; what lies deeper is left out. */
const maxDepth = 32;

/** Whether a variable or a member of this name holds a secret, as far as its name tells. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !/(?:key|token|secret)_?(?:id|name|map|ref)$/i.test(name);
}

/**
 * The value with secrets masked: members and `{name, value}` pairs with such names, also within texts
 * that are JSON. Other values stay as they are.
 */
export function masked(value: unknown): unknown {
  return looked(value, 0);
}

function looked(value: unknown, depth: number): unknown {
  if (depth > maxDepth) return mask;
  if (typeof value === 'string') return lookedText(value, depth);
  if (Array.isArray(value)) return value.map((item) => looked(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  const pair = pairName(members);
  return Object.fromEntries(
    members.map(([name, member]) => {
      const hides = isSecretName(name) || (pair !== null && name === 'value' && isSecretName(pair));
      return [name, hides && isText(member) ? mask : looked(member, depth + 1)];
    }),
  );
}

/** The name in `{name, value}`; null for other objects. */
function pairName(members: readonly (readonly [string, unknown])[]): string | null {
  const name = members.find(([key]) => key === 'name')?.[1];
  return typeof name === 'string' && members.some(([key]) => key === 'value') ? name : null;
}

function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

/** JSON within a text is written anew only where something in it is masked. */
function lookedText(text: string, depth: number): string {
  if (!/^\s*[[{]/.test(text)) return text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  const before = JSON.stringify(parsed);
  const after = JSON.stringify(looked(parsed, depth + 1));
  return after === before ? text : after;
}
