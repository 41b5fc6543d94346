import type {
  Artifact,
  ImageArtifact,
  PhpSettings,
  TomcatSettings,
} from '../../../domain/template.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import type { SaeSettings } from '../services.ts';
import {
  defaultPython,
  defaultWebContainer,
  hostImage,
  isPhpImage,
} from '../validation/packages.ts';
import type { PackageFamily } from '../validation/packages.ts';

/** What an artifact is made of. */
export interface ArtifactParts {
  readonly family: PackageFamily;
  readonly bag: ParameterBag;
  readonly tomcat: TomcatSettings;
}

/** The program of a checked definition (sae.md §4.3.2). */
export function toArtifact(
  { family, bag, tomcat }: ArtifactParts,
  { phpRuntime }: Pick<SaeSettings, 'phpRuntime'>,
): Artifact {
  const source = {
    kind: 'package',
    url: bag['PackageUrl'] ?? '',
    version: bag['PackageVersion'] ?? '',
  } as const;
  const jdk = bag['Jdk'] ?? '';
  switch (family) {
    case 'image':
      return toImage(bag);
    case 'fat-jar':
      return {
        ...source,
        format: 'jar',
        jdk,
        options: bag['JarStartOptions'] ?? '',
        args: bag['JarStartArgs'] ?? '',
      };
    case 'war':
      return {
        ...source,
        format: 'war',
        jdk,
        // One with EdasContainerVersion names none.
        webContainer: bag['WebContainer'] ?? defaultWebContainer,
        startOptions: bag['WarStartOptions'] ?? '',
        tomcat,
      };
    case 'python':
      return {
        ...source,
        format: 'python',
        python: bag['Python'] ?? defaultPython,
        modules: bag['PythonModules'] ?? null,
      };
    case 'php':
      return {
        ...source,
        format: 'php',
        runtime: bag['Php'] ?? phpRuntime ?? '',
        php: toPhpSettings(bag),
      };
  }
}

function toImage(bag: ParameterBag): ImageArtifact {
  const image = bag['ImageUrl'] ?? '';
  const secretId = bag['ImagePullSecrets'];
  const withPhp = isPhpImage(bag['PackageType'] ?? '') && bag['PhpConfig'] !== undefined;
  return {
    kind: 'image',
    image,
    // Nothing is pulled for a process of this machine.
    ...(secretId === undefined || image === hostImage ? {} : { pullSecretId: Number(secretId) }),
    ...(withPhp ? { php: toPhpSettings(bag) } : {}),
  };
}

function toPhpSettings(bag: ParameterBag): PhpSettings {
  return { config: bag['PhpConfig'] ?? null, location: bag['PhpConfigLocation'] ?? null };
}
