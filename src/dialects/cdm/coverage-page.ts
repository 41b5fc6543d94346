import type { TSchema } from 'typebox';
import { createIamProduct } from '../huawei/iam/index.ts';
import type { HuaweiFamily } from '../huawei/family.ts';
import type { HuaweiOperationInfo } from '../huawei/operation.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { inputLines } from './coverage-inputs.ts';
import { createCdmProduct } from './index.ts';

/** The members of a schema that the page tells about. */
interface Described {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Described[];
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly items?: Described;
}

/** `docs/dialects/cdm.md`: every operation of CDM and of its IAM, made from the code. */
export function cdmPage(): string {
  // Operations describe themselves without a running server.
  const cdm = createCdmProduct({} as DialectContext).operations;
  const iam = createIamProduct({} as HuaweiFamily).operations;
  return [
    '# CDM, version 1.1',
    '',
    '<!-- Made by `npm run docs`; a test compares it with the code. Do not edit. -->',
    '',
    'Operations that this server knows, with the members that it reads. Members that it does not know are',
    'ignored, as the service does. Requests are signed with `SDK-HMAC-SHA256` or bring a token of IAM.',
    '',
    '## CDM',
    '',
    'Paths follow `/v1.1/{project_id}`. Policies are asked about the action, and about the cluster, link or job that',
    'the path names: `cdm:cluster/<id>`, `cdm:cluster/<id>/link/<name>`, `cdm:cluster/<id>/job/<name>`. For',
    '`createAndStartRandomClusterJob` these are the clusters of its body.',
    '',
    ...table(cdm),
    '',
    '## IAM',
    '',
    'Paths follow `/v3`. Users are those of `longshore users`; `longshore users set-password` gives one a password.',
    '',
    ...table(iam),
    '',
    ...inputLines(),
    ...[...cdm, ...iam].flatMap(section),
  ].join('\n');
}

function table(operations: readonly HuaweiOperationInfo[]): string[] {
  return [
    '| operation | method | path | action | does |',
    '|---|---|---|---|---|',
    ...operations.map(
      ({ name, method, path, action, alsoActions = [], summary }) =>
        `| ${name} | ${method} | \`${path}\` | ${actionsText(action, alsoActions)} | ${summary.replaceAll('|', '\\|')} |`,
    ),
  ];
}

function actionsText(action: string | null, others: readonly string[]): string {
  return action === null ? '' : [action, ...others].map((one) => `\`${one}\``).join(', ');
}

function section({ name, query, body }: HuaweiOperationInfo): string[] {
  const rows = [...members('query', query), ...members('body', body)];
  if (rows.length === 0) return [];
  return [`## ${name}`, '', '| member | in | type | required |', '|---|---|---|---|', ...rows, ''];
}

function members(part: 'query' | 'body', schema: TSchema | undefined): string[] {
  return schema === undefined ? [] : rowsOf(part, schema as Described, '');
}

function rowsOf(
  part: string,
  { properties = {}, required = [] }: Described,
  prefix: string,
): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const needed = required.includes(name) ? 'yes' : '';
    const row = `| \`${path}\` | ${part} | ${typeOf(schema).replaceAll('|', '\\|')} | ${needed} |`;
    const inner = schema.items ?? schema;
    return [row, ...rowsOf(part, inner, schema.items === undefined ? `${path}.` : `${path}[].`)];
  });
}

function typeOf({ type, enum: values, anyOf, items }: Described): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(' ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (type === 'array' && items !== undefined) return `list of ${typeOf(items)}`;
  return type ?? 'any';
}
