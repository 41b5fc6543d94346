import { saeError } from '../errors.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { checkScalar, readBoolean, readInteger } from '../parameters/scalars.ts';
import type { SaeSettings } from '../services.ts';
import { parseEnvs } from '../values/envs.ts';
import type { EnvVariable } from '../values/envs.ts';
import {
  checkLogPaths,
  checkMountConflicts,
  parseConfigMapMounts,
  parseMountDesc,
  parseNasConfigs,
  parseOssMounts,
} from '../values/mounts.ts';
import {
  checkHostAlias,
  checkTomcatConfig,
  parseCommandArgs,
  parseHook,
} from '../values/simple.ts';
import { parseSliceEnvs, shardVariables } from '../values/slice.ts';
import { checkSlsConfigs, logFilePaths, parseSlsConfigs } from '../values/sls-configs.ts';
import { parseTriggerConfig } from '../values/trigger-config.ts';
import type { TriggerConfig } from '../values/trigger-config.ts';
import { instanceSpecification } from './instance-specification.ts';
import { createNamespace, defaultNamespace } from './namespaces.ts';
import type { NamespaceScope } from './namespaces.ts';
import { checkPackage, packageFamily } from './packages.ts';
import type { PackageFamily } from './packages.ts';
import {
  checkConfigMapReferences,
  checkSecretReference,
  checkTemplateReference,
} from './references.ts';
import type { ReferencedTemplate } from './references.ts';

/** What validation needs to know besides the parameters. */
export interface ValidationContext extends NamespaceScope {
  readonly operation: 'create' | 'update';
  /** What the request's RefAppId names; null when it sends none. */
  readonly reference: ReferencedTemplate | null;
}

/** The JSON-valued parameters, read. Absent ones are null or empty. */
interface StructuredValues {
  readonly commandArgs: readonly string[];
  readonly envs: readonly EnvVariable[];
  readonly postStart: readonly string[] | null;
  readonly preStop: readonly string[] | null;
  readonly slsConfigs: ReturnType<typeof parseSlsConfigs>;
  readonly configMapMounts: ReturnType<typeof parseConfigMapMounts>;
  /** Target paths of NAS and object-store mounts. */
  readonly persistentMounts: readonly { readonly mountPath: string }[];
  readonly trigger: TriggerConfig | null;
  readonly shards: ReturnType<typeof shardVariables> | null;
}

/** A definition that passed every check. */
export interface ValidJob extends StructuredValues {
  /** The parameters it was read from: what is stored and echoed. */
  readonly bag: ParameterBag;
  readonly family: PackageFamily;
  readonly namespace: string;
  readonly replicas: number;
  readonly resources: { readonly cpuMillis: number; readonly memoryMib: number };
}

/**
 * Checks a whole definition in the contract's order (sae.md §4.2), so that of several faults
 * the client always sees the same one.
 * @throws WireError the first fault.
 */
export function validateJob(bag: ParameterBag, context: ValidationContext): ValidJob {
  const { operation, settings, reference } = context;
  checkPresence(bag);
  for (const row of jobParameters) {
    const text = bag[row.name];
    if (text !== undefined) checkScalar(row, text);
  }
  const replicas = readInteger(bag['Replicas'] ?? '') ?? 1;
  const values = readStructured(bag, replicas, settings.replicasPerTemplate);
  const namespace = namespaceOf(bag, context);
  const family = packageFamily(bag['PackageType'] ?? '');
  checkPackage(family, bag, operation, settings.phpRuntime);
  const resources = instanceSpecification(integerOf(bag, 'Cpu'), integerOf(bag, 'Memory'));
  checkConfigMapReferences(values.envs, values.configMapMounts);
  checkSecretReference(bag['ImagePullSecrets']);
  checkTemplateReference(reference);
  checkMountConflicts(values.configMapMounts, values.persistentMounts);
  checkSlsConfigs(values.slsConfigs);
  checkLogPaths(logFilePaths(values.slsConfigs), values.persistentMounts);
  checkQuotas(replicas, settings);
  return { ...values, bag, family, namespace, replicas, resources };
}

function checkPresence(bag: ParameterBag): void {
  for (const row of jobParameters) {
    if (row.required && (bag[row.name] ?? '') === '') {
      throw saeError('InvalidParameter.NotEmpty', row.name);
    }
  }
}

function readStructured(bag: ParameterBag, replicas: number, limit: number): StructuredValues {
  const read = <T>(name: string, parse: (text: string) => T): T | null => {
    const text = bag[name];
    return text === undefined ? null : parse(text);
  };
  const commandArgs = read('CommandArgs', parseCommandArgs) ?? [];
  const envs = read('Envs', parseEnvs) ?? [];
  read('CustomHostAlias', checkHostAlias);
  read('TomcatConfig', checkTomcatConfig);
  const postStart = read('PostStart', (text) => parseHook('PostStart', text));
  const preStop = read('PreStop', (text) => parseHook('PreStop', text));
  const slsConfigs = read('SlsConfigs', parseSlsConfigs) ?? [];
  const persistentMounts = [
    ...(read('MountDesc', parseMountDesc) ?? []),
    ...(read('NasConfigs', parseNasConfigs) ?? []),
    ...(read('OssMountDescs', parseOssMounts) ?? []),
  ];
  const configMapMounts = read('ConfigMapMountDesc', parseConfigMapMounts) ?? [];
  const trigger = read('TriggerConfig', parseTriggerConfig);
  const elements = read('SliceEnvs', parseSliceEnvs);
  const shards = isSliced(bag) ? shardsWithin(elements, replicas, limit) : null;
  return {
    commandArgs,
    envs,
    postStart,
    preStop,
    slsConfigs,
    persistentMounts,
    configMapMounts,
    trigger,
    shards,
  };
}

/** Whether sharding is on. */
export function isSliced(bag: ParameterBag): boolean {
  return readBoolean(bag['Slice'] ?? '') === true;
}

/**
 * The shards' variables, or null beyond the replica limit: the quota check that comes later
 * refuses those, and a huge Replicas must not be laid out in memory before.
 */
export function shardsWithin(
  elements: readonly unknown[] | null,
  replicas: number,
  limit: number,
): StructuredValues['shards'] {
  const oneEach = elements === null || elements.length === replicas;
  if (oneEach && replicas > limit) return null;
  return shardVariables(elements, replicas);
}

function namespaceOf(bag: ParameterBag, context: ValidationContext): string {
  // AutoConfig leaves the network, and with it the namespace, to the service (U29). A stored
  // template keeps its namespace whatever became of it.
  if (readBoolean(bag['AutoConfig'] ?? '') === true) return defaultNamespace(context);
  return context.operation === 'create'
    ? createNamespace(context, bag['NamespaceId'])
    : (bag['NamespaceId'] ?? defaultNamespace(context));
}

function checkQuotas(replicas: number, settings: SaeSettings): void {
  if (replicas > settings.replicasPerTemplate) {
    throw saeError('NoComputeResourceQuota.App.Exceed', settings.replicasPerTemplate);
  }
  if (replicas > settings.replicasPerAccount) {
    throw saeError('NoComputeResourceQuota.User.Exceed', settings.replicasPerAccount);
  }
}

function integerOf(bag: ParameterBag, name: string): number | undefined {
  const text = bag[name];
  return text === undefined ? undefined : readInteger(text);
}
