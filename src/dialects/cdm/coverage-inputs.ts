import { connectors, type WireConnector } from './translate/connectors.ts';
import { driverInputs } from './translate/inputs/driver.ts';
import { fromInputs } from './translate/inputs/from.ts';
import { linkInputs } from './translate/inputs/links.ts';
import { toInputs } from './translate/inputs/to.ts';
import type { InputSpec, InputTable } from './values/settings.ts';

/** The part of `docs/dialects/cdm.md` about what links and jobs say, made from the tables of inputs. */
export function inputLines(): readonly string[] {
  return [
    '## Links and jobs',
    '',
    'What differs from the service, and why:',
    '',
    '- Connectors marked *declared* are known and refused when a link of them is created: nothing here speaks their protocol.',
    '- A load that was killed goes on where it stood, within the same submission. Rejected rows are kept with their reason,',
    '  also where `recordDirtyData` writes none. Source and target are compared after the load (`cdm.proof`).',
    '- A variable that nothing defines is refused before anything starts.',
    '- A job with inputs that have no effect is accepted; they are named as warnings in `validation-result`.',
    '- A SQL pattern such as `%20` must be sent as `%2520`: values are URL-safe texts.',
    '',
    '| connector | from | to |',
    '|---|---|---|',
    ...connectors.map(
      (one) => `| ${one.name} | ${direction(one, one.from)} | ${direction(one, one.to)} |`,
    ),
    '',
    '**acts**: does what the contract says. **stored**: kept and read back without effect. **refused**: an error unless it',
    'is empty or false. Inputs that are not listed are stored, or refused with `cdm.strictInputs`. (ours): has no published name.',
    '',
    ...sections('Links', linkInputs),
    ...sections('Sources', wrapped(fromInputs)),
    ...sections('Destinations', wrapped(toInputs)),
    ...sections('How a job runs', { '': driverInputs }),
  ];
}

function direction({ family }: WireConnector, works: boolean): string {
  if (!works) return '';
  return family === 'declared' ? 'declared' : 'yes';
}

type Tables = Readonly<Record<string, readonly InputTable[]>>;

function wrapped(tables: Readonly<Record<string, InputTable>>): Tables {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, [table]]));
}

/** One table for all connectors that share one. */
function sections(title: string, tables: Tables): readonly string[] {
  const lines = [`### ${title}`, ''];
  const shown = new Map<string, string[]>();
  for (const [connector, parts] of Object.entries(tables)) {
    const rows = parts.flatMap(({ prefix, specs }) => specs.map((spec) => row(prefix, spec)));
    if (rows.length === 0) continue;
    const text = rows.join('\n');
    shown.set(text, [...(shown.get(text) ?? []), connector]);
  }
  for (const [text, names] of shown) {
    if (names.some((name) => name !== '')) lines.push(`**${names.join(', ')}**`, '');
    lines.push('| input | type | required | effect | note |', '|---|---|---|---|---|', text, '');
  }
  return lines;
}

function row(prefix: string, { name, type, required, effect, note, choices }: InputSpec): string {
  const words = choices?.map((choice) => choice.split('=').join(' = ')).join(', ');
  const told = [words === undefined ? '' : words, note].filter((part) => part !== '').join('; ');
  const types = {
    text: 'text',
    flag: 'true/false',
    integer: 'integer',
    choice: 'word',
    map: 'map',
  };
  return `| \`${prefix}${name}\` | ${types[type]} | ${required === true ? 'yes' : ''} | ${effect} | ${cell(told)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
