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
}

/** A value as the text that travels. */
export function parameterText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The requests of SDKs, of the command line and of what needs no signature. */
export function aliyunRequests(
  dialect: string,
  operation: string,
  schema: FormSchema,
  values: FormValues,
  server: ServerAddress,
  names: ClientNames,
): readonly SameRequest[] {
  const shown = shownValues(schema, values);
  // Clients take JSON as text, and numbers and booleans as such.
  const members = Object.entries(shown).map(([name, value]) => {
    const plain = typeof value === 'object' ? JSON.stringify(value) : value;
    return [name, plain] as const;
  });
  const { host, protocol } = new URL(server.url);
  const scheme = protocol.slice(0, -1);
  return [
    typescript(operation, members, { host, scheme }, names),
    python(operation, members, { host, scheme }, names),
    {
      kind: 'cli',
      title: 'aliyun',
      text: shellCommand(
        ['aliyun', names.cliProduct, operation],
        [
          `--region ${shellWord(server.region)}`,
          `--endpoint ${shellWord(host)}${scheme === 'http' ? ' --insecure' : ''}`,
          ...members.map(([name, value]) => `--${name} ${shellWord(parameterText(value))}`),
        ],
      ),
    },
    invokeByCurl(dialect, operation, shown, server),
  ];
}

type Members = readonly (readonly [name: string, value: unknown])[];
interface Endpoint {
  readonly host: string;
  readonly scheme: string;
}

function typescript(
  operation: string,
  members: Members,
  { host, scheme }: Endpoint,
  { packageSuffix }: ClientNames,
): SameRequest {
  const title = `@alicloud/${packageSuffix}`;
  const fields = members.map(([name, value]) => `  ${memberOf(name)}: ${literal(value)},`);
  return {
    kind: 'typescript',
    title,
    text: [
      `import Client, { ${operation}Request } from '${title}';`,
      `import { Config } from '@alicloud/openapi-client';`,
      '',
      'const client = new Client(',
      '  new Config({',
      '    accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,',
      '    accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,',
      `    endpoint: ${literal(host)},`,
      `    protocol: ${literal(scheme)},`,
      '  }),',
      ');',
      `const request = new ${operation}Request({`,
      ...fields,
      '});',
      `const reply = await client.${memberOf(operation)}(request);`,
      'console.log(reply.body);',
    ].join('\n'),
  };
}

function python(
  operation: string,
  members: Members,
  { host, scheme }: Endpoint,
  { packageSuffix }: ClientNames,
): SameRequest {
  const title = `alibabacloud_${packageSuffix}`;
  const fields = members.map(
    ([name, value]) => `    ${pythonMember(name)}=${pythonLiteral(value)},`,
  );
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

/** `AppName` is `appName`; the generator leaves names that begin with X as they are. */
function memberOf(name: string): string {
  return /^X[A-Z]/.test(name) ? name : name.slice(0, 1).toLowerCase() + name.slice(1);
}

function pythonMember(name: string): string {
  return /^X[A-Z]/.test(name) ? name.toLowerCase() : snakeCase(name);
}
