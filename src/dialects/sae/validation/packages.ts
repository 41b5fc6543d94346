import { saeError } from '../errors.ts';
import type { ParameterBag } from '../parameters/parameter.ts';

/** Families of package types that share rules (sae.md §4.3.2). */
export type PackageFamily = 'fat-jar' | 'war' | 'python' | 'php' | 'image';

const phpImageVersions = ['5_4', '5_5', '5_6', '7_0', '7_1', '7_2', '7_3'];

const families: ReadonlyMap<string, PackageFamily> = new Map<string, PackageFamily>([
  ['FatJar', 'fat-jar'],
  ['War', 'war'],
  ['PythonZip', 'python'],
  ['PhpZip', 'php'],
  ['Image', 'image'],
  ...phpImageVersions.flatMap((version): [string, PackageFamily][] => [
    [`IMAGE_PHP_${version}`, 'image'],
    [`IMAGE_PHP_${version}_ALPINE`, 'image'],
  ]),
]);

const jdks = [
  'Open JDK 8',
  'Open JDK 7',
  'Dragonwell 11',
  'Dragonwell 8',
  'openjdk-8u191-jdk-alpine3.9',
  'openjdk-7u201-jdk-alpine3.9',
];
const webContainers = ['apache-tomcat-7.0.91', 'apache-tomcat-8.5.42'];
const pythons = ['PYTHON 3.9.15'];
/** HSF runtimes have no published list; the documented ones look like 3.5.3. */
const edasVersionPattern = /^\d{1,4}(\.\d{1,4}){2,3}$/;

const extensions: Readonly<Record<Exclude<PackageFamily, 'image'>, string>> = {
  'fat-jar': 'jar',
  war: 'war',
  python: 'zip',
  php: 'zip',
};

/** Longest PackageVersion. */
const maxVersionChars = 64;

/** The family of a package type. @throws WireError `InvalidPackageType.NotFound`. */
export function packageFamily(packageType: string): PackageFamily {
  const family = families.get(packageType);
  if (family === undefined) throw saeError('InvalidPackageType.NotFound');
  return family;
}

/**
 * Whether Command and CommandArgs mean anything for this kind of artifact: FatJar and War have a
 * start command of their own (sae.md §4.3.3).
 */
export function usesCommand(family: PackageFamily): boolean {
  return family !== 'fat-jar' && family !== 'war';
}

/**
 * Checks artifact and runtime against the matrix of sae.md §4.3.2.
 * `phpRuntime`: the server's PHP, null when there is none.
 */
export function checkPackage(
  family: PackageFamily,
  bag: ParameterBag,
  operation: 'create' | 'update',
  phpRuntime: string | null,
): void {
  if (family === 'image') {
    require(bag, 'ImageUrl');
    return;
  }
  require(bag, 'PackageUrl');
  if (family !== 'php') require(bag, 'PackageVersion');
  checkVersionLength(bag['PackageVersion'] ?? '', operation);
  checkRuntimes(family, bag, phpRuntime);
  checkKnownComponents(bag);
  checkFileName(bag['PackageUrl'] ?? '', extensions[family]);
}

function require(bag: ParameterBag, name: string): void {
  if (bag[name] === undefined) throw saeError('InvalidParameter.NotEmpty', name);
}

function checkVersionLength(version: string, operation: 'create' | 'update'): void {
  if (version.length <= maxVersionChars) return;
  // Only UpdateJob's page lists the specific code.
  throw operation === 'update'
    ? saeError('Package.Version.Too.Long')
    : saeError('InvalidParameter.Obviously', 'PackageVersion');
}

function checkRuntimes(
  family: Exclude<PackageFamily, 'image'>,
  bag: ParameterBag,
  phpRuntime: string | null,
): void {
  const jdk = bag['Jdk'] !== undefined;
  const container = bag['WebContainer'] !== undefined;
  if (family === 'php') {
    if (bag['Php'] === undefined && phpRuntime === null) {
      throw saeError('PhpApplication.MissingPhpRuntime');
    }
    return;
  }
  if (family === 'python') return;
  if (bag['EdasContainerVersion'] !== undefined) {
    if (!jdk) throw saeError('PandoraApplication.MissingJdk');
    if (container) throw saeError('PandoraApplication.OnlyJdk');
    return;
  }
  if (family === 'fat-jar' && !jdk) throw saeError('JarApplication.MissingJdk');
  if (family === 'war' && !(jdk && container)) {
    throw saeError('WarApplication.MissingJdkWebcontainer');
  }
}

function checkKnownComponents(bag: ParameterBag): void {
  const { Jdk: jdk, WebContainer: container, EdasContainerVersion: edas, Python: python } = bag;
  const known =
    (jdk === undefined || jdks.includes(jdk)) &&
    (container === undefined || webContainers.includes(container)) &&
    (edas === undefined || edasVersionPattern.test(edas)) &&
    (python === undefined || pythons.includes(python));
  if (!known) throw saeError('InvalidComponent.NotFound');
}

function checkFileName(url: string, extension: string): void {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!new RegExp(`^[A-Za-z0-9_.-]+\\.${extension}$`).test(name)) {
    throw saeError('InvalidParameter.FileName');
  }
}
