import { settings, type SettingSchema } from './settings.ts';

function typeOf(schema: SettingSchema): string {
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => `\`${value}\``).join(', ');
  }
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map(({ type }) => type ?? 'value').join(' or ');
  }
  if (schema.type === 'array') {
    return schema.items?.properties === undefined
      ? 'list (comma separated as text)'
      : 'list of objects (JSON as text)';
  }
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    return `${schema.type}, ${schema.minimum}–${schema.maximum}`;
  }
  return schema.type ?? 'value';
}

function defaultOf(schema: SettingSchema): string {
  return schema['x-default'] ?? `\`${JSON.stringify(schema.default)}\``;
}

/** One line for each member of a list's objects. */
function membersOf(schema: SettingSchema): readonly string[] {
  return Object.entries(schema.items?.properties ?? {}).map(([name, member]) => {
    const needed = schema.items?.required?.includes(name) === true ? '' : ', optional';
    return `- \`${name}\` (${typeOf(member)}${needed}): ${member.description ?? ''}`.trimEnd();
  });
}

/** The text of `docs/operations/configuration.md`, made from the schema. */
export function configurationPage(): string {
  const lines = [
    '# Configuration',
    '',
    '<!-- Made by `npm run docs`; a test compares it with the schema. Do not edit. -->',
    '',
    'Each setting is taken from the first place that has it: a flag (`--set key=value`, or its short',
    'form such as `--port`), the environment variable, the file (`longshore.yaml`, `longshore.yml` or',
    '`longshore.json` in the working folder, or the one named by `--config` or `LONGSHORE_CONFIG`), the',
    'default. The configuration is read once at start. An unknown key is an error.',
    '`longshore config print` shows what is in force and where each value came from.',
    '',
    '```yaml',
    '# longshore.yaml',
    'listen:',
    '  port: 8480',
    'log:',
    '  level: info',
    '```',
    '',
  ];
  for (const { key, variable, schema } of settings) {
    lines.push(
      `## \`${key}\``,
      '',
      schema.description ?? '',
      '',
      `- Type: ${typeOf(schema)}`,
      `- Default: ${defaultOf(schema)}`,
      `- Variable: \`${variable}\``,
      ...membersOf(schema),
      '',
    );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
