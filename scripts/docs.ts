/**
 * Writes the pages that are made from the code: `node scripts/docs.ts`, or `--check` to fail when
 * one of them is not what the code says.
 */
import { cdmPage } from '../src/dialects/cdm/coverage-page.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPage } from '../src/app/config.ts';
import { nativePage } from '../src/dialects/native/coverage-page.ts';
import { createSaeProduct, defaultSaeSettings } from '../src/dialects/sae/index.ts';
import { createSchedulerxProduct } from '../src/dialects/schedulerx/index.ts';
import type { DialectContext } from '../src/dialects/kit/dialect.ts';
import type { Operation } from '../src/dialects/aliyun/operation.ts';

const root = join(import.meta.dirname, '..');

/** Every generated page by its path from the root. */
export const generatedPages: Readonly<Record<string, () => string>> = {
  'docs/operations/configuration.md': configurationPage,
  'docs/dialects/native.md': nativePage,
  'docs/dialects/sae.md': saePage,
  'docs/dialects/schedulerx.md': schedulerxPage,
  'docs/dialects/cdm.md': cdmPage,
};

function saePage(): string {
  // Operations describe themselves without a running server.
  const { operations, version } = createSaeProduct({} as DialectContext, defaultSaeSettings);
  return [
    `# SAE Jobs, version ${version}`,
    '',
    '<!-- Made by `npm run docs`; a test compares it with the code. Do not edit. -->',
    '',
    'Operations and parameters that this server knows. **acts**: has its documented effect. **stored**: validated,',
    'kept and read back, and named on each run as accepted without effect. **refused**: answered with an error.',
    'What acts only under the condition in its note is named on the run when the condition is not met.',
    '',
    '| operation | method | path |',
    '|---|---|---|',
    ...operations.map(({ name, method, path }) => `| ${name} | ${method} | \`${path}\` |`),
    '',
    ...operations.flatMap((operation) => operationSection(operation)),
  ].join('\n');
}

function schedulerxPage(): string {
  const { operations, version, ramCode } = createSchedulerxProduct({} as DialectContext);
  return [
    `# SchedulerX, version ${version}`,
    '',
    '<!-- Made by `npm run docs`; a test compares it with the code. Do not edit. -->',
    '',
    'Operations and parameters that this server knows. All come on `/`, with GET or POST; `method` is the one that',
    'current SDKs use. **acts**: has its documented effect. **stored**: accepted, kept and read back where the API reads',
    'it back, without effect. **refused**: answered with an error.',
    '',
    'What differs from the service, and why:',
    '',
    '- Scripts and http jobs run on the built-in worker of this server; java, go and xxljob on the workers of the',
    '  application. springschedule, dataworks and k8s jobs are refused when they are made, and so is a mode that the',
    '  type of job cannot have.',
    '- A one_time job that has run is no longer shown or found. Its instances stay until retention takes them.',
    '- RerunJob starts one instance per day and second; MaxConcurrency does not hold them back.',
    '- Users have names here and numbers there: a grant counts for the user that UserId or UserName names.',
    '- A script that shards in python finds its parameter in the variable `SCHEDULERX_SHARDING_PARAMETERS`.',
    '',
    '| operation | method | RAM action |',
    '|---|---|---|',
    ...operations.map(
      ({ name, method, ramAction }) =>
        `| ${name} | ${method} | \`${ramCode}:${ramAction ?? name}\` |`,
    ),
    '',
    ...operations.flatMap((operation) => operationSection(operation)),
  ].join('\n');
}

function operationSection({ name, parameters }: Operation<never>): string[] {
  return [
    `## ${name}`,
    '',
    '| parameter | type | required | effect | note |',
    '|---|---|---|---|---|',
    ...parameters.map(
      (p) =>
        `| \`${p.name}\` | ${p.type} | ${p.required ? 'yes' : ''} | ${p.effect} | ${p.note.replaceAll('|', '\\|')} |`,
    ),
    '',
  ];
}

/** Paths of pages that differ from what the code says. */
export function stalePages(): string[] {
  return Object.entries(generatedPages)
    .filter(([path, make]) => readPage(path) !== make())
    .map(([path]) => path);
}

function readPage(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = stalePages();
    for (const path of stale)
      process.stderr.write(`${path} is not what the code says; run: npm run docs\n`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    for (const [path, make] of Object.entries(generatedPages))
      writeFileSync(join(root, path), make());
  }
}
