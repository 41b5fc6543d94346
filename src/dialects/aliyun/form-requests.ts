/** A filled form as requests of the family's clients. */
import type { FormSchema, FormValues, SameRequest, ServerAddress } from '../kit/operations.ts';
import {
  invokeByCurl,
  literal,
  pythonLiteral,
  shellCommand,
  shellWord,
  shownValues,
  snakeCase,
} from '../kit/same-request.ts';

/** What the clients of a product are called. */
export interface ClientNames {
  /** e.g. `sae20190506`. */
  readonly packageSuffix: string;
  /** Product of the command line, e.g. `sae`. */
  readonly cliProduct: string;
  /** Whether a parameter of the operation travels in the form of a POST, not in the query. */
  inForm(operation: string, parameter: string): boolean;
  /** Parameters that are JSON here and lists of models to the typed clients. */
  readonly modelLists: readonly string[];
  /** Parameters that the command line has not heard of, and refuses unless it is forced. */
  readonly cliUnknown: readonly string[];
}

/** An operation as clients that know no operations are told of it. */
export interface ShownOperation {
  readonly name: string;
  /** Of the product, e.g. `2019-05-06`. */
  readonly version: string;
  readonly method: string;
  readonly path: string;
  readonly style: 'ROA' | 'RPC';
}

/** A value as the text that travels. */
export function parameterText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The requests of SDKs, of the command line and of what needs no signature. */
export function aliyunRequests(
  dialect: string,
  operation: ShownOperation,
  schema: FormSchema,
  values: FormValues,
  server: ServerAddress,
  names: ClientNames,
): readonly SameRequest[] {
  const shown = shownValues(schema, values);
  // Typed clients take JSON as text, and numbers and booleans as such.
  const members = Object.entries(shown).map(([name, value]) => {
    const plain = typeof value === 'object' ? JSON.stringify(value) : value;
    return [name, plain] as const;
  });
  const { host, protocol } = new URL(server.url);
  const scheme = protocol.slice(0, -1);
  return [
    typescript(operation, members, { host, scheme }, names),
    python(operation.name, members, { host, scheme }, names),
    commandLine(operation, members, { host, scheme }, server.region, names),
    invokeByCurl(dialect, operation.name, shown, server),
  ];
}

type Members = readonly (readonly [name: string, value: unknown])[];
interface Endpoint {
  readonly host: string;
  readonly scheme: string;
}

/** The client core: it calls every operation by name. */
function typescript(
  { name, version, method, path, style }: ShownOperation,
  members: Members,
  { host, scheme }: Endpoint,
  { inForm }: ClientNames,
): SameRequest {
  const title = '@alicloud/openapi-client';
  const texts = members.map(([key, value]) => [key, parameterText(value)] as const);
  const isForm = ([key]: readonly [string, string]): boolean =>
    method === 'POST' && inForm(name, key);
  const query = Object.fromEntries(texts.filter((text) => !isForm(text)));
  const form = Object.fromEntries(texts.filter(isForm));
  return {
    kind: 'typescript',
    title,
    text: [
      `import openapi, { Config, OpenApiRequest, Params } from '${title}';`,
      "import { RuntimeOptions } from '@alicloud/tea-util';",
      '',
      '// Of a CommonJS module the default export is a member.',
      'const client = new openapi.default(',
      '  new Config({',
      '    accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,',
      '    accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,',
      `    endpoint: ${literal(host)},`,
      `    protocol: ${literal(scheme)},`,
      '  }),',
      ');',
      'const operation = new Params({',
      `  action: ${literal(name)},`,
      `  version: ${literal(version)},`,
      `  protocol: ${literal(scheme)},`,
      `  pathname: ${literal(path)},`,
      `  method: ${literal(method)},`,
      "  authType: 'AK',",
      `  style: ${literal(style)},`,
      "  reqBodyType: 'formData',",
      "  bodyType: 'json',",
      '});',
      'const request = new OpenApiRequest({',
      ...[['query', query] as const, ['body', form] as const].flatMap(([place, given]) =>
        Object.keys(given).length === 0 ? [] : [`  ${place}: ${literal(given, '  ')},`],
      ),
      '});',
      'const reply = await client.callApi(operation, request, new RuntimeOptions({}));',
      "console.log(reply['body']);",
    ].join('\n'),
  };
}

function python(
  operation: string,
  members: Members,
  { host, scheme }: Endpoint,
  { packageSuffix, modelLists }: ClientNames,
): SameRequest {
  const title = `alibabacloud_${packageSuffix}`;
  const fields = members.map(([name, value]) => {
    const models = modelLists.includes(name) ? objectsIn(value) : null;
    const shown =
      models === null ? pythonLiteral(value) : pythonModels(`${operation}Request${name}`, models);
    return `    ${pythonMember(name)}=${shown},`;
  });
  return {
    kind: 'python',
    title,
    text: [
      'import os',
      '',
      'from alibabacloud_tea_openapi.models import Config',
      `from ${title} import models`,
      `from ${title}.client import Client`,
      '',
      'client = Client(Config(',
      '    access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],',
      '    access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],',
      `    endpoint=${pythonLiteral(host)},`,
      `    protocol=${pythonLiteral(scheme)},`,
      '))',
      `request = models.${operation}Request(`,
      ...fields,
      ')',
      `print(client.${snakeCase(operation)}(request).body)`,
    ].join('\n'),
  };
}

function commandLine(
  { name, method }: ShownOperation,
  members: Members,
  { host, scheme }: Endpoint,
  region: string,
  { cliProduct, cliUnknown }: ClientNames,
): SameRequest {
  const isForced = members.some(([key]) => cliUnknown.includes(key));
  const lines = [
    `--region ${shellWord(region)}`,
    `--endpoint ${shellWord(host)}${scheme === 'http' ? ' --insecure' : ''}`,
    ...(isForced ? [`--force --method ${method}`] : []),
    ...members.map(([key, value]) => cliFlag(key, parameterText(value))),
  ];
  return { kind: 'cli', title: 'aliyun', text: shellCommand(['aliyun', cliProduct, name], lines) };
}

/** It takes a word that begins with a dash for another flag, and `--Name=` for one without value. */
function cliFlag(name: string, text: string): string {
  return `--${name}${text.startsWith('-') ? '=' : ' '}${shellWord(text)}`;
}

/** Null when it is no list of objects with names: a mistake, which the server then tells. */
function objectsIn(value: unknown): readonly object[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(parameterText(value));
  } catch {
    return null;
  }
  const isModel = (one: unknown): one is object =>
    typeof one === 'object' &&
    one !== null &&
    Object.keys(one).every((key) => /^[A-Z]\w*$/i.test(key));
  return Array.isArray(parsed) && parsed.every(isModel) ? parsed : null;
}

function pythonModels(name: string, objects: readonly object[]): string {
  const models = objects.map((one) => {
    const members = Object.entries(one).map(
      ([key, value]) => `            ${snakeCase(key)}=${pythonLiteral(value)},\n`,
    );
    return `        models.${name}(\n${members.join('')}        ),\n`;
  });
  return `[\n${models.join('')}    ]`;
}

/** The generator leaves names that begin with X in one piece. */
function pythonMember(name: string): string {
  return /^X[A-Z]/.test(name) ? name.toLowerCase() : snakeCase(name);
}
