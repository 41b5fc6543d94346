import type { Tag } from '../../../domain/catalog.ts';
import type { JobSpec, Template } from '../../../domain/template.ts';
import { storedParameters } from '../validation/bag.ts';
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
  'TriggerConfig',
  'SliceEnvs',
  'RefAppId',
] as const;

/** What DescribeJob shows: the template's own definition, or the snapshot one run took of it. */
export interface Definition {
  readonly spec: JobSpec;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What DescribeJob shows besides the definition itself. */
export interface JobSurroundings {
  readonly region: string;
  /** Templates whose RefAppId is this one. */
  readonly refedAppIds: readonly string[];
  /** Names of the ConfigMaps that are mounted and exist, by id. */
  readonly configMapNames: ReadonlyMap<number, string>;
  readonly tags: readonly Tag[];
  /** How the stored secret of OssAkId is shown. */
  showSecret(sealed: string): string;
  readonly webhooks: {
    readonly PublicWebHookUrls: readonly string[];
    readonly VpcWebHookUrls: readonly string[];
  };
}

/**
 * `Data` of DescribeJob (sae.md §4.7). Members without a value are undefined, so JSON leaves them
 * out (U33).
 */
export function describedJob(
  template: Template,
  { spec, document }: Definition,
  surroundings: JobSurroundings,
): Record<string, unknown> {
  const bag = storedParameters(document);
  const secret = bag['OssAkSecret'];
  return {
    AppId: template.id,
    AppName: template.name,
    AppDescription: bag['AppDescription'],
    NamespaceId: template.namespace,
    RegionId: surroundings.region,
    ...Object.fromEntries(echoed.map((name) => [name, bag[name]])),
    OssAkSecret: secret === undefined ? undefined : surroundings.showSecret(secret),
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
      ConfigMapName: surroundings.configMapNames.get(Number(mount.configMapId)),
      Key: mount.key,
      MountPath: mount.mountPath,
    })),
    OssMountDescs: list(bag['OssMountDescs'], parseOssMounts).map((mount) => ({
      bucketName: mount.bucketName,
      bucketPath: mount.bucketPath,
      mountPath: mount.mountPath,
      readOnly: mount.readOnly ?? false,
    })),
    Tags: surroundings.tags.map(({ key, value }) => ({ Key: key, Value: value })),
    RefedAppIds: surroundings.refedAppIds,
    ...surroundings.webhooks,
  };
}

/** Ids of the ConfigMaps that a stored definition mounts. */
export function mountedConfigMaps({ document }: Definition): ReadonlySet<number> {
  const mounts = list(storedParameters(document)['ConfigMapMountDesc'], parseConfigMapMounts);
  return new Set(mounts.map(({ configMapId }) => Number(configMapId)));
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
