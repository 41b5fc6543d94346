import assert from 'node:assert/strict';
import type { DialectContext } from '../../src/dialects/kit/dialect.ts';
import { createSaeProduct, defaultSaeSettings } from '../../src/dialects/sae/index.ts';
import { createTemplate, finished, type SaeServer, startSaeServer } from '../support/sae.ts';
import { createKey, type PrintedKey } from '../support/server.ts';
import type { Cleanup } from '../support/temporary-folder.ts';
import type { Sdk, SdkAnswer } from './sdk.ts';

/** For one SDK: its download and its walk. */
export const TEST_DEADLINE_MS = 8 * 60_000;

type Fields = Readonly<Record<string, unknown>>;

/** What differs between the SDKs of languages. */
export interface Language {
  readonly name: string;
  /** Operations of the contract that the SDK of this version does not have. */
  readonly unsupported: readonly string[];
  /** How its request class wants the text of SecretData. */
  readonly secretData: (text: string) => unknown;
  /** Members of answers that its types have no place for, as `Operation.path`. */
  readonly unknownMembers: readonly string[];
}

/** Operations whose answers leave out what a template or a namespace does not have (U33). */
const sparse = new Set(['DescribeJob', 'DescribeNamespaceList', 'DescribeNamespaceResources']);

/** What a walk through all operations showed. */
export interface Walk {
  /** Operations that were called and succeeded, or failed as they must. */
  readonly called: ReadonlySet<string>;
  readonly unsupported: readonly string[];
  /** Members of answers for which the SDK's types have no place, as `Operation.path`. */
  readonly unknown: readonly string[];
}

/**
 * Walks through every operation of the contract with one SDK against a real server. Each answer
 * must be decoded without a member of a wrong type; what the next call needs is read from the
 * typed answer, never from the wire.
 */
export async function walk(sdk: Sdk, server: SaeServer, language: Language): Promise<Walk> {
  const called = new Set<string>();
  const unsupported: string[] = [];
  const unknown = new Set<string>();

  /** The typed answer of a call that must succeed; an empty one where the SDK lacks it. */
  const body = async (action: string, params: Fields = {}): Promise<Fields> => {
    const answer = await sdk.call(action, params);
    if ('unsupported' in answer) {
      unsupported.push(action);
      return {};
    }
    if ('error' in answer) {
      return assert.fail(`${action} failed: ${JSON.stringify(answer.error)}`);
    }
    called.add(action);
    assert.deepEqual(answer.mistyped, [], `${action}: members of a wrong type`);
    if (!sparse.has(action)) {
      assert.deepEqual(answer.unset ?? [], [], `${action}: members that are not set`);
    }
    for (const path of missingIn(answer.typed, answer.raw)) unknown.add(`${action}.${path}`);
    assert.match(textOf(answer.typed, 'RequestId', 'requestId'), /^[0-9A-F-]{36}$/, action);
    return answer.typed;
  };
  const data = async (action: string, params: Fields = {}): Promise<Fields> =>
    ((await body(action, params))['Data'] ?? {}) as Fields;
  const refused = async (action: string, params: Fields, code: string, status: number) => {
    const answer = await sdk.call(action, params);
    if ('unsupported' in answer) {
      unsupported.push(action);
      return;
    }
    assertRefused(action, answer, code, status);
    called.add(action);
  };

  const NamespaceId = 'cn-hangzhou:compat';
  const created = await data('CreateNamespace', {
    NamespaceId,
    NamespaceName: 'compat',
    NamespaceDescription: 'räksmörgås 夜',
    EnableMicroRegistration: true,
  });
  assert.equal(created['NamespaceId'], NamespaceId);
  assert.equal(
    (await data('UpdateNamespace', { NamespaceId, NamespaceName: 'two' }))['NamespaceName'],
    'two',
  );
  const described = await data('DescribeNamespace', { NamespaceId });
  assert.equal(described['NamespaceDescription'], 'räksmörgås 夜');
  const page = { CurrentPage: 1, PageSize: 10 };
  const namespaces = listOf(await data('DescribeNamespaces', page), 'Namespaces');
  assert.ok(namespaces.some((row) => row['NamespaceId'] === NamespaceId));
  await body('DescribeNamespaceList', { ContainCustom: true });
  await body('DescribeNamespaceResources', { NamespaceId });
  await body('UpdateNamespaceVpc', { NamespaceId, VpcId: 'vpc-1' });
  await body('UpdateNamespaceSlsConfigs', { NamespaceId, SlsConfigs: '[]' });

  const map = await data('CreateConfigMap', {
    NamespaceId,
    Name: 'settings',
    Data: '{"k":"v 1&é"}',
  });
  const ConfigMapId = Number(map['ConfigMapId']);
  await body('UpdateConfigMap', { ConfigMapId, Data: '{"k":"w"}' });
  const shownMap = await data('DescribeConfigMap', { ConfigMapId });
  assert.deepEqual({ ...(shownMap['Data'] as Fields) }, { k: 'w' });
  const maps = listOf(await data('ListNamespacedConfigMaps', { NamespaceId }), 'ConfigMaps');
  assert.equal(maps.length, 1);

  const SecretData = language.secretData('{"k":"dg=="}');
  const secret = await data('CreateSecret', {
    NamespaceId,
    SecretName: 'registry',
    SecretType: 'Opaque',
    SecretData,
  });
  const SecretId = Number(secret['SecretId']);
  await body('UpdateSecret', { NamespaceId, SecretId, SecretData });
  const shownSecret = await data('DescribeSecret', { NamespaceId, SecretId });
  assert.equal(shownSecret['SecretName'], 'registry');
  assert.equal(listOf(await data('ListSecrets', { NamespaceId }), 'Secrets').length, 1);

  const job = await data('CreateJob', {
    AppName: 'compat',
    AppDescription: 'räksmörgås *~+',
    NamespaceId,
    Workload: 'job',
    PackageType: 'Image',
    ImageUrl: 'longshore/host',
    Command: 'sh',
    CommandArgs: '["-c","echo hello; sleep 0.01"]',
    Replicas: 2,
    Cpu: 1000,
    Memory: 2048,
    Timeout: 600,
    BackoffLimit: 1,
    Envs: '[{"name":"A","value":"1 + 1"}]',
    PhpConfig: 'a=b c&d',
    TriggerConfig: '{"type":"time","config":"0 3 1 1 *"}',
  });
  const AppId = String(job['AppId']);
  const ChangeOrderId = String(job['ChangeOrderId']);
  await body('UpdateJob', { AppId, Replicas: '3', Timezone: 'Asia/Shanghai' });
  const definition = await data('DescribeJob', { AppId });
  assert.deepEqual(
    [definition['AppName'], definition['Replicas'], definition['Memory'], definition['Suspend']],
    ['compat', 3, 2048, false],
  );
  await body('SuspendJob', { AppId, Suspend: true });
  await refused('ExecJob', { AppId }, 'JobSuspend', 400);
  await body('SuspendJob', { AppId, Suspend: false });
  const execution = await data('ExecJob', { AppId, Replicas: '2', EventId: 'compat 1' });
  assert.deepEqual([execution['Success'], execution['Code']], ['true', '200']);
  const JobId = String(execution['Data']);
  await finished(server.sae, AppId, JobId);
  const status = await data('DescribeJobStatus', { AppId, JobId });
  assert.deepEqual(
    [status['State'], status['Succeeded'], status['Failed'], status['Message']],
    ['1', 2, 0, 'success'],
  );
  const history = await data('DescribeJobHistory', { AppId, ...page });
  assert.deepEqual([history['TotalSize'], listOf(history, 'Jobs')[0]?.['JobId']], [1, JobId]);
  const old = await data('GetJobHistory', { AppId, ...page });
  if (!unsupported.includes('GetJobHistory')) assert.equal(old['TotalSize'], 1);
  const jobs = listOf(
    await data('ListJobs', { NamespaceId, Workload: 'job', ...page }),
    'Applications',
  );
  assert.deepEqual([jobs[0]?.['AppId'], jobs[0]?.['Mem']], [AppId, 2048]);

  const order = await data('DescribeChangeOrder', { ChangeOrderId });
  assert.deepEqual([order['CoTypeCode'], order['Status']], ['CoCreateApp', 2]);
  const PipelineId = String(listOf(order, 'Pipelines')[0]?.['PipelineId']);
  const pipeline = await data('DescribePipeline', { PipelineId });
  assert.equal(pipeline['PipelineStatus'], 2);
  const orders = await data('ListChangeOrders', { AppId, ...page });
  assert.equal(listOf(orders, 'ChangeOrderList').length, 4);
  const here = await data('ListNamespaceChangeOrders', { NamespaceId, ...page });
  assert.equal(listOf(here, 'ChangeOrderList').length, 4);
  await refused(
    'AbortChangeOrder',
    { ChangeOrderId, Rollback: false },
    'Application.ChangerOrderRunning',
    400,
  );

  const groups = (await data('DescribeApplicationGroups', {
    AppId,
    ...page,
  })) as unknown as Fields[];
  const GroupId = String(groups[0]?.['GroupId']);
  const instances = await data('DescribeApplicationInstances', { AppId, GroupId, ...page });
  const [instance] = listOf(instances, 'Instances');
  assert.equal(instance?.['InstanceContainerStatus'], 'Completed');
  const log = (await body('DescribeInstanceLog', { InstanceId: String(instance?.['InstanceId']) }))[
    'Data'
  ];
  assert.equal(log, 'hello\n');
  const events = await data('ListAppEvents', { Namespace: NamespaceId, AppId, ...page });
  if (!unsupported.includes('ListAppEvents')) {
    assert.ok(listOf(events, 'AppEventEntity').some((event) => event['Reason'] === 'Completed'));
  }

  const resources = {
    RegionId: 'cn-hangzhou',
    ResourceType: 'application',
    ResourceIds: JSON.stringify([AppId]),
  };
  await body('TagResources', { ...resources, Tags: '[{"key":"k","value":"v 夜"}]' });
  const tags = listOf(await data('ListTagResources', resources), 'TagResources', 'TagResource');
  assert.deepEqual([tags[0]?.['TagKey'], tags[0]?.['TagValue']], ['k', 'v 夜']);
  await body('UntagResources', { ...resources, TagKeys: '["k"]' });
  const sizes = (await data('DescribeInstanceSpecifications')) as unknown as Fields[];
  assert.equal(sizes.length, 21);
  const jdks = (await data('DescribeComponents', { Type: 'JDK' })) as unknown as Fields[];
  assert.equal(jdks[0]?.['ComponentKey'], 'Open JDK 8');
  const regions = (await body('DescribeRegions'))['Regions'] as Fields;
  assert.equal(listOf(regions, 'Region')[0]?.['RegionId'], 'cn-hangzhou');

  await body('DeleteHistoryJob', { AppId, JobId });
  await body('DeleteJob', { AppId });
  await body('DeleteConfigMap', { ConfigMapId });
  await body('DeleteSecret', { NamespaceId, SecretId });
  await body('DeleteNamespace', { NamespaceId });

  await refused('DescribeJob', { AppId }, 'InvalidApplication.NotFound', 400);
  await refused('DescribeNamespace', { NamespaceId }, 'InvalidNamespaceId.NotFound', 404);
  await refused('DescribeJobStatus', {}, 'InvalidParameter.NotEmpty', 400);
  return { called, unsupported, unknown: [...unknown].sort() };
}

/** Asserts that the SDK shows an error with its code, status and request id. */
export function assertRefused(
  action: string,
  answer: SdkAnswer,
  code: string,
  status: number,
): void {
  assert.ok('error' in answer, `${action} succeeded: ${JSON.stringify(answer)}`);
  assert.deepEqual([answer.error.code, answer.error.status], [code, status], answer.error.message);
  assert.match(answer.error.requestId ?? '', /^[0-9A-F-]{36}$/, `${action}: no request id`);
}

/**
 * Starts a server, walks through all operations, and has errors shown that come before them: a
 * user without permission, a key that does not exist.
 */
export async function compare(
  cleanup: Cleanup,
  language: Language,
  start: (server: SaeServer, key: PrintedKey) => Sdk,
): Promise<void> {
  const server = await startSaeServer(cleanup);
  const result = await walk(start(server, server.key), server, language);
  assert.deepEqual(result.unsupported, language.unsupported);
  assert.deepEqual(result.unknown, language.unknownMembers);
  const { operations } = createSaeProduct({} as DialectContext, defaultSaeSettings);
  const left = operations.filter(({ name }) => !result.called.has(name)).map(({ name }) => name);
  assert.deepEqual(left.sort(), [...language.unsupported].sort(), 'operations not walked through');

  const AppId = await createTemplate(server.sae, ['true']);
  const nobody = start(server, await createKey(cleanup, server.dataDir, ['--user', 'nobody']));
  const denied = await nobody.call('DescribeJob', { AppId });
  assertRefused('DescribeJob', denied, 'NoPermission', 403);
  const stranger = start(server, { id: 'stranger', secret: 'x' });
  const unknown = await stranger.call('DescribeJob', { AppId });
  assertRefused('DescribeJob', unknown, 'InvalidAccessKeyId.NotFound', 404);
}

/** Members of `raw` that `typed` has no place for. */
function missingIn(typed: unknown, raw: unknown, path = ''): readonly string[] {
  if (Array.isArray(raw)) {
    // Of a list the first row is enough: all have one shape.
    return Array.isArray(typed) && raw.length > 0 ? missingIn(typed[0], raw[0], `${path}[]`) : [];
  }
  if (typeof raw !== 'object' || raw === null) return [];
  if (typeof typed !== 'object' || typed === null) return [path];
  return Object.entries(raw).flatMap(([name, value]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    return name in typed ? missingIn((typed as Fields)[name], value, inner) : [inner];
  });
}

function listOf(holder: Fields, ...names: readonly string[]): readonly Fields[] {
  let value: unknown = holder;
  for (const name of names) {
    if (Array.isArray(value)) break;
    value = (value as Fields)[name];
  }
  assert.ok(Array.isArray(value), `${names.join('.')} is no list in ${JSON.stringify(holder)}`);
  return value as Fields[];
}

function textOf(holder: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = holder[name];
    if (typeof value === 'string') return value;
  }
  return '';
}
