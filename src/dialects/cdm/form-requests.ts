/** A filled form as requests of Huawei Cloud's clients. */
import type { FormValues, SameRequest, ServerAddress } from '../kit/operations.ts';
import {
  invokeByCurl,
  literal,
  pythonLiteral,
  shellCommand,
  shellWord,
} from '../kit/same-request.ts';

/** One call as it goes over the wire. */
export interface ShownCall {
  readonly operation: string;
  readonly method: string;
  /** With the names of its parameters in braces. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly projectId: string;
}

/** The requests of SDKs, of the command line and of what needs no signature. */
export function huaweiRequests(
  call: ShownCall,
  values: FormValues,
  server: ServerAddress,
): readonly SameRequest[] {
  return [
    typescript(call, server),
    python(call, server),
    commandLine(call, server),
    invokeByCurl('cdm', call.operation, values, server),
  ];
}

/** There is no typed client for Node: the core signs. Its ClientBuilder lacks a package. */
function typescript(
  { method, path, params, body, projectId }: ShownCall,
  { url }: ServerAddress,
): SameRequest {
  const title = '@huaweicloud/huaweicloud-sdk-core';
  return {
    kind: 'typescript',
    title,
    text: [
      `import { BasicCredentials } from '${title}';`,
      `import { HcClient } from '${title}/HcClient.js';`,
      `import { DefaultHttpClient } from '${title}/http/DefaultHttpClient.js';`,
      '',
      'const credentials = new BasicCredentials()',
      '  .withAk(process.env.HUAWEICLOUD_SDK_AK)',
      '  .withSk(process.env.HUAWEICLOUD_SDK_SK)',
      `  .withProjectId(${literal(projectId)});`,
      `const endpoints = [${literal(url)}];`,
      'const client = new HcClient(new DefaultHttpClient({}, endpoints))',
      '  .withEndpoints(endpoints)',
      '  .withCredential(credentials);',
      'const reply = await client.sendRequest({',
      `  method: ${literal(method)},`,
      `  url: ${literal(`/v1.1/{project_id}${path}`)},`,
      "  contentType: 'application/json',",
      '  queryParams: {},',
      `  pathParams: ${literal({ project_id: projectId, ...params }, '  ')},`,
      '  headers: {},',
      `  data: ${literal(body, '  ')},`,
      '});',
      'console.log(reply);',
    ].join('\n'),
  };
}

function python(
  { operation, params, body, projectId }: ShownCall,
  { url, region }: ServerAddress,
): SameRequest {
  const name = operation.slice(0, 1).toUpperCase() + operation.slice(1);
  const method = operation.replaceAll(/([A-Z])/g, '_$1').toLowerCase();
  return {
    kind: 'python',
    title: 'huaweicloudsdkcdm',
    text: [
      'import os',
      '',
      'from huaweicloudsdkcdm import v1 as cdm',
      'from huaweicloudsdkcore.auth.credentials import BasicCredentials',
      'from huaweicloudsdkcore.region.region import Region',
      '',
      'credentials = BasicCredentials(',
      '    os.environ["HUAWEICLOUD_SDK_AK"],',
      '    os.environ["HUAWEICLOUD_SDK_SK"],',
      `    ${pythonLiteral(projectId)},`,
      ')',
      'client = (',
      '    cdm.CdmClient.new_builder()',
      '    .with_credentials(credentials)',
      `    .with_region(Region(${pythonLiteral(region)}, ${pythonLiteral(url)}))`,
      '    .build()',
      ')',
      `request = cdm.${name}Request(`,
      ...Object.entries(params).map(([key, value]) => `    ${key}=${pythonLiteral(value)},`),
      `    body=${pythonLiteral(body, '    ')},`,
      ')',
      `print(client.${method}(request))`,
    ].join('\n'),
  };
}

function commandLine(
  { operation, params, body, projectId }: ShownCall,
  { url, region }: ServerAddress,
): SameRequest {
  const name = operation.slice(0, 1).toUpperCase() + operation.slice(1);
  return {
    kind: 'cli',
    title: 'hcloud',
    text: shellCommand(
      ['hcloud', 'CDM', name],
      [
        `--cli-region=${shellWord(region)}`,
        `--cli-endpoint=${shellWord(url)}`,
        `--project_id=${shellWord(projectId)}`,
        ...Object.entries(params).map(([key, value]) => `--${key}=${shellWord(value)}`),
        ...flattened('', body).map(([key, value]) => `--${shellWord(key)}=${shellWord(value)}`),
      ],
    ),
  };
}

/** Members as that program names them: parts joined by dots, places in lists from 1. */
function flattened(prefix: string, value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[prefix, String(value)]];
  const entries = Array.isArray(value)
    ? value.map((item: unknown, index) => [String(index + 1), item] as const)
    : Object.entries(value);
  return entries.flatMap(([key, item]) =>
    flattened(prefix === '' ? key : `${prefix}.${key}`, item),
  );
}
