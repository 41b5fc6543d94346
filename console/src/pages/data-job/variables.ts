/** Variables as lines of `name=value`. */
export function linesOf(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** The same back; lines without `=` name a variable with an empty value. */
export function variablesOf(lines: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of lines.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    const name = (at === -1 ? line : line.slice(0, at)).trim();
    variables[name] = at === -1 ? '' : line.slice(at + 1);
  }
  return variables;
}
