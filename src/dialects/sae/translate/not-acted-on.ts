import { jobParameters } from '../parameters/job-parameters.ts';
import type { JobParameter, ParameterBag } from '../parameters/parameter.ts';
import { readBoolean } from '../parameters/scalars.ts';
import type { SaeSettings } from '../services.ts';
import {
  defaultPython,
  defaultWebContainer,
  hostImage,
  isPhpImage,
  usesCommand,
} from '../validation/packages.ts';
import type { PackageFamily } from '../validation/packages.ts';
import { isSliced } from '../validation/validate-job.ts';
import { bucketCredentials } from './mounts.ts';

/** What decides whether a parameter has an effect. */
interface Circumstances {
  readonly bag: ParameterBag;
  readonly family: PackageFamily;
  readonly settings: SaeSettings;
}

/**
 * Names of parameters that were sent in the hope of an effect they do not have the way this job
 * runs, in table order. Each run and each change shows them, so nobody has to guess.
 */
export function notActedOn(
  bag: ParameterBag,
  family: PackageFamily,
  settings: SaeSettings,
): readonly string[] {
  const circumstances = { bag, family, settings };
  return jobParameters
    .filter((row) => {
      const text = bag[row.name];
      return text !== undefined && wantsEffect(row, text) && !hasEffect(row, circumstances);
    })
    .map((row) => row.name);
}

function hasEffect(row: JobParameter, circumstances: Circumstances): boolean {
  if (row.effect === 'stored') return false;
  const condition = conditions[row.name];
  return condition === undefined || condition(circumstances);
}

/** When parameters act that do not always. */
const conditions: Readonly<Record<string, (circumstances: Circumstances) => boolean>> = {
  NamespaceId: ({ bag }) => readBoolean(bag['AutoConfig'] ?? '') !== true,
  PackageUrl: isPackage,
  PackageVersion: isPackage,
  ImageUrl: isImage,
  ImagePullSecrets: ({ bag, family }) => family === 'image' && bag['ImageUrl'] !== hostImage,
  Cpu: limitsResources,
  Memory: limitsResources,
  Command: ({ family }) => usesCommand(family),
  CommandArgs: ({ bag, family }) => usesCommand(family) && bag['Command'] !== undefined,
  Jdk: isJava,
  WebContainer: isWar,
  JarStartOptions: isJar,
  JarStartArgs: isJar,
  WarStartOptions: isWar,
  TomcatConfig: isWar,
  Python: isPython,
  PythonModules: isPython,
  Php: ({ family }) => family === 'php',
  PhpConfig: usesPhpConfig,
  PhpConfigLocation: (it) => usesPhpConfig(it) && it.bag['PhpConfig'] !== undefined,
  SlsConfigs: ({ settings }) => settings.logCollection,
  NasId: mountsOneVolume,
  MountHost: mountsOneVolume,
  MountDesc: mountsOneVolume,
  OssAkId: usesBucketKey,
  OssAkSecret: usesBucketKey,
  SliceEnvs: ({ bag }) => isSliced(bag),
};

function isImage({ family }: Circumstances): boolean {
  return family === 'image';
}

function isPackage(circumstances: Circumstances): boolean {
  return !isImage(circumstances);
}

function isJar({ family }: Circumstances): boolean {
  return family === 'fat-jar';
}

function isWar({ family }: Circumstances): boolean {
  return family === 'war';
}

function isJava(circumstances: Circumstances): boolean {
  return isJar(circumstances) || isWar(circumstances);
}

function isPython({ family }: Circumstances): boolean {
  return family === 'python';
}

function usesPhpConfig({ bag, family }: Circumstances): boolean {
  return family === 'php' || isPhpImage(bag['PackageType'] ?? '');
}

/** Containers are held to Cpu and Memory; processes of this machine are not. */
function limitsResources({ bag, family, settings }: Circumstances): boolean {
  if (family === 'image') return bag['ImageUrl'] !== hostImage;
  const name = mainRuntime({ bag, family, settings });
  return settings.runtimes.some((runtime) => runtime.inContainer && runtime.name === name);
}

/** The runtime that decides whether a package runs in a container: that of Tomcat has Java too. */
function mainRuntime({ bag, family, settings }: Circumstances): string | undefined {
  switch (family) {
    case 'war':
      return bag['WebContainer'] ?? defaultWebContainer;
    case 'python':
      return bag['Python'] ?? defaultPython;
    case 'php':
      return bag['Php'] ?? settings.phpRuntime ?? undefined;
    default:
      return bag['Jdk'];
  }
}

/** NasId, MountHost and MountDesc need each other, and NasConfigs supersedes them. */
function mountsOneVolume({ bag }: Circumstances): boolean {
  const names = (bag['NasId'] ?? '') !== '' || (bag['MountHost'] ?? '') !== '';
  return names && isFilled(bag['MountDesc']) && !isFilled(bag['NasConfigs']);
}

function usesBucketKey({ bag }: Circumstances): boolean {
  return isFilled(bag['OssMountDescs']) && bucketCredentials(bag) !== null;
}

/** Whether JSON text holds more than an empty list or object. */
function isFilled(text: string | undefined): boolean {
  return text !== undefined && text !== '' && !/^\s*(\[\s*\]|\{\s*\})\s*$/.test(text);
}

/** False for values that ask for nothing: `false`, an empty list, an empty object. */
function wantsEffect({ type }: JobParameter, text: string): boolean {
  if (text === '') return false;
  if (type.kind === 'boolean') return readBoolean(text) === true;
  return type.kind !== 'json' || isFilled(text);
}
