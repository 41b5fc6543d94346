import type { JobSpec, Template } from '../../../domain/template.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { secretDocumentMembers } from '../parameters/job-parameters.ts';
import { secretMask, storedParameters } from '../validation/bag.ts';
import { isSliced } from '../validation/validate-job.ts';
import { parseConfigMapMounts, parseMountDesc, parseOssMounts } from '../values/mounts.ts';

/** Text fields that are echoed as they were sent, in the order of sae.md §4.7. */
const echoed = [
  'VpcId',
  'VSwitchId',
  'SecurityGroupId',
  'PackageType',
  'PackageUrl',
  'PackageVersion',
  'ImageUrl',
  'ImagePullSecrets',
  'AcrInstanceId',
  'AcrAssumeRoleArn',
  'Jdk',
  'WebContainer',
  'EdasContainerVersion',
  'JarStartOptions',
  'JarStartArgs',
  'WarStartOptions',
  'TomcatConfig',
  'Command',
  'CommandArgs',
  'Envs',
  'CustomHostAlias',
  'PostStart',
  'PreStop',
  'Python',
  'PythonModules',
  'PhpConfig',
  'PhpConfigLocation',
  'SlsConfigs',
  'NasConfigs',
  'NasId',
  'MountHost',
  'BestEffortType',
  'OssAkId',
  'OssAkSecret',
  'TriggerConfig',
  'SliceEnvs',
  'RefAppId',
] as const;

/** What DescribeJob shows: the template's own definition, or the snapshot one run took of it. */
export interface Definition {
  readonly spec: JobSpec;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * `Data` of DescribeJob. Members without a value are undefined, so JSON leaves them out (U33);
 * secrets are masked (U28).
 * @param refedAppIds templates whose RefAppId is this one.
 */
export function describedJob(
  template: Template,
  { spec, document }: Definition,
  region: string,
  refedAppIds: readonly string[],
): Record<string, unknown> {
  const bag = storedParameters(document);
  return {
    AppId: template.id,
    AppName: template.name,
    AppDescription: bag['AppDescription'],
    NamespaceId: template.namespace,
    RegionId: region,
    ...Object.fromEntries(echoed.map((name) => [name, echo(bag, name)])),
    ProgrammingLanguage: bag['ProgrammingLanguage'] ?? languageOf(bag['PackageType'] ?? ''),
    Timezone: spec.timezone,
    ConcurrencyPolicy: bag['ConcurrencyPolicy'] ?? 'Allow',
    Cpu: spec.resources.cpuMillis,
    Memory: spec.resources.memoryMib,
    Replicas: spec.replicas,
    Timeout: spec.timeoutMs === null ? undefined : spec.timeoutMs / 1000,
    BackoffLimit: spec.retry.limit,
    TerminationGracePeriodSeconds: spec.graceMs / 1000,
    Slice: isSliced(bag),
    Suspend: template.suspended,
    MountDesc: list(bag['MountDesc'], parseMountDesc).map((mount) => ({
      MountPath: mount.mountPath,
      NasPath: mount.nasPath,
    })),
    ConfigMapMountDesc: list(bag['ConfigMapMountDesc'], parseConfigMapMounts).map((mount) => ({
      ConfigMapId: Number(mount.configMapId),
      Key: mount.key,
      MountPath: mount.mountPath,
    })),
    OssMountDescs: list(bag['OssMountDescs'], parseOssMounts).map((mount) => ({
      bucketName: mount.bucketName,
      bucketPath: mount.bucketPath,
      mountPath: mount.mountPath,
      readOnly: mount.readOnly ?? false,
    })),
    Tags: [],
    RefedAppIds: refedAppIds,
    PublicWebHookUrls: [],
    VpcWebHookUrls: [],
  };
}

function echo(bag: ParameterBag, name: string): string | undefined {
  const text = bag[name];
  return text !== undefined && secretDocumentMembers.includes(name) ? secretMask : text;
}

function list<T>(text: string | undefined, parse: (text: string) => readonly T[]): readonly T[] {
  return text === undefined ? [] : parse(text);
}

/** Language of templates that name none; images can hold anything. */
function languageOf(packageType: string): string {
  if (packageType === 'FatJar' || packageType === 'War') return 'java';
  if (packageType === 'PythonZip') return 'python';
  return packageType === 'PhpZip' || packageType.startsWith('IMAGE_PHP_') ? 'php' : 'other';
}
