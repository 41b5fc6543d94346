import type { HostAlias, TomcatSettings } from '../../../domain/template.ts';
import { saeError } from '../errors.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { checkScalar, readBoolean, readInteger } from '../parameters/scalars.ts';
import type { SaeSettings } from '../services.ts';
import { parseEnvs } from '../values/envs.ts';
import type { EnvVariable } from '../values/envs.ts';
import { parseConfigMapMounts, parseNasMounts, parseOssMounts } from '../values/mounts.ts';
import type { ConfigMapMount, NasMount, OssMount } from '../values/mounts.ts';
import {
  parseCommandArgs,
  parseHook,
  parseHostAliases,
  parseTomcatConfig,
} from '../values/simple.ts';
import { parseSliceEnvs, shardVariables } from '../values/slice.ts';
import { checkSlsConfigs, logCollections, parseSlsConfigs } from '../values/sls-configs.ts';
import type { SlsConfig } from '../values/sls-configs.ts';
import { parseTriggerConfig } from '../values/trigger-config.ts';
import type { TriggerConfig } from '../values/trigger-config.ts';
import { instanceSpecification } from './instance-specification.ts';
import { checkLogPaths, checkMounts } from './mount-paths.ts';
import { createNamespace, defaultNamespace, namespaceExists } from './namespaces.ts';
import type { NamespaceScope } from './namespaces.ts';
import { checkPackage, packageFamily } from './packages.ts';
import type { PackageFamily } from './packages.ts';
import { checkConfigMapReferences, checkPullSecret, checkTemplateReference } from './references.ts';
import type { CatalogFacts, ReferencedTemplate } from './references.ts';

/** What validation needs to know besides the parameters; it reads nothing itself. */
export interface ValidationContext extends NamespaceScope {
  readonly operation: 'create' | 'update';
  readonly settings: SaeSettings;
  /** The definition before an update; null at creation. */
  readonly previous: ParameterBag | null;
  /** What the request's RefAppId names; null when it sends none. */
  readonly reference: ReferencedTemplate | null;
  /** What else the definition refers to. */
  readonly catalog: CatalogFacts;
}

/** The JSON-valued parameters, read. Absent ones are null, empty, or their defaults. */
interface StructuredValues {
  readonly commandArgs: readonly string[];
  readonly envs: readonly EnvVariable[];
  readonly hostAliases: readonly HostAlias[];
  readonly tomcat: TomcatSettings;
  readonly postStart: readonly string[] | null;
  readonly preStop: readonly string[] | null;
  readonly slsConfigs: readonly SlsConfig[];
  readonly configMapMounts: readonly ConfigMapMount[];
  readonly nasMounts: readonly NasMount[];
  readonly ossMounts: readonly OssMount[];
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
  const { settings, catalog } = context;
  checkPresence(bag);
  for (const row of jobParameters) {
    const text = bag[row.name];
    if (text !== undefined) checkScalar(row, text);
  }
  const replicas = readInteger(bag['Replicas'] ?? '') ?? 1;
  const values = readStructured(bag, replicas, settings.replicasPerTemplate);
  const namespace = namespaceOf(bag, context);
  const family = packageFamily(bag['PackageType'] ?? '');
  checkPackage(family, bag, context);
  const resources = instanceSpecification(integerOf(bag, 'Cpu'), integerOf(bag, 'Memory'));
  checkConfigMapReferences(values.envs, values.configMapMounts, namespace, catalog.configMaps);
  checkPullSecret(bag['ImagePullSecrets'], namespace, catalog);
  checkTemplateReference(context.reference);
  const phpConfigPath = bag['PhpConfig'] === undefined ? null : (bag['PhpConfigLocation'] ?? null);
  checkMounts({ ...values, phpConfigPath }, catalog.configMaps);
  checkSlsConfigs(values.slsConfigs);
  checkLogPaths(logFilePaths(values.slsConfigs), [...values.nasMounts, ...values.ossMounts]);
  checkQuotas(replicas, settings);
  return { ...values, bag, family, namespace, replicas, resources };
}

function logFilePaths(entries: readonly SlsConfig[]): readonly string[] {
  return logCollections(entries).flatMap(({ source }) =>
    source.kind === 'file' ? [source.path] : [],
  );
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
  const hostAliases = read('CustomHostAlias', parseHostAliases) ?? [];
  const tomcat = parseTomcatConfig(bag['TomcatConfig']);
  const postStart = read('PostStart', (text) => parseHook('PostStart', text));
  const preStop = read('PreStop', (text) => parseHook('PreStop', text));
  const slsConfigs = read('SlsConfigs', parseSlsConfigs) ?? [];
  const nasMounts = parseNasMounts({
    nasId: bag['NasId'],
    mountHost: bag['MountHost'],
    mountDesc: bag['MountDesc'],
    nasConfigs: bag['NasConfigs'],
  });
  const ossMounts = read('OssMountDescs', parseOssMounts) ?? [];
  const configMapMounts = read('ConfigMapMountDesc', parseConfigMapMounts) ?? [];
  const trigger = read('TriggerConfig', parseTriggerConfig);
  const elements = read('SliceEnvs', parseSliceEnvs);
  const shards = isSliced(bag) ? shardsWithin(elements, replicas, limit) : null;
  return {
    commandArgs,
    envs,
    hostAliases,
    tomcat,
    postStart,
    preStop,
    slsConfigs,
    configMapMounts,
    nasMounts,
    ossMounts,
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
  const id = bag['NamespaceId'];
  if (context.operation === 'update') return id ?? defaultNamespace(context);
  const region = /^([a-z0-9-]+):[^A-Z]*$/.exec(id ?? '')?.[1] ?? context.region;
  if (id !== undefined && region !== context.region && !namespaceExists(context, id)) {
    throw saeError('InvalidServerlessRegion.Unsupported', region);
  }
  return createNamespace(context, id);
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
