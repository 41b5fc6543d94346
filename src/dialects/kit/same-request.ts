/** Writing down requests for people: quoting of shells and languages. */
import type { FormSchema, FormValues, SameRequest, ServerAddress } from './operations.ts';

/** What stands for a secret in a request that is shown. */
export const shownSecret = '******';

/** A word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command with each further argument in a line of its own. */
export function shellCommand(words: readonly string[], lines: readonly string[]): string {
  return [words.join(' '), ...lines.map((line) => `  ${line}`)].join(' \\\n');
}

/** A literal of TypeScript and, but for `true`, `false` and `null`, of Python. */
export function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const items = value.map((item: unknown) => `${deeper}${literal(item, deeper)},`);
    return `[\n${items.join('\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${deeper}${memberName(name)}: ${literal(member, deeper)},`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join('\n')}\n${indent}}`;
}

/** The same for Python. */
export function pythonLiteral(value: unknown, indent = ''): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null || value === undefined) return 'None';
  if (typeof value !== 'object')
    return typeof value === 'string' ? pythonText(value) : String(value);
  const deeper = `${indent}    `;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => `${deeper}${pythonLiteral(item, deeper)},`);
    return items.length === 0 ? '[]' : `[\n${items.join('\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${deeper}${pythonText(name)}: ${pythonLiteral(member, deeper)},`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join('\n')}\n${indent}}`;
}

/** JSON's escapes are those of Python but for surrogates, which `json` would write in pairs. */
function pythonText(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}

function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** What was filled in, in the order of the form, without secrets. An empty text is said: it clears. */
export function shownValues(schema: FormSchema, values: FormValues): FormValues {
  return Object.fromEntries(
    Object.entries(schema.properties).flatMap(([name, { 'x-widget': widget }]) => {
      const value = values[name];
      if (value === undefined || value === null) return [];
      return [[name, widget === 'secret' && value !== '' ? shownSecret : value]];
    }),
  );
}

/** What needs no signature: the native API with an access key, which carries the operation out. */
export function invokeByCurl(
  dialect: string,
  operation: string,
  values: FormValues,
  { url }: ServerAddress,
): SameRequest {
  const address = `${url}/api/v1/operations/${dialect}/${operation}/invoke`;
  return {
    kind: 'curl',
    title: 'curl',
    text: shellCommand(
      [
        'curl',
        '-u "$LONGSHORE_ACCESS_KEY_ID:$LONGSHORE_ACCESS_KEY_SECRET"',
        "-H 'content-type: application/json'",
      ],
      [`--data ${shellWord(JSON.stringify({ values }))}`, shellWord(address)],
    ),
  };
}

/** `AppName` as Python says it: `app_name`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
