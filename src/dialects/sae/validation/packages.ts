import { saeError } from '../errors.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import type { SaeSettings } from '../services.ts';

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

/** Every package type, the usual ones first. */
export const packageTypes: readonly string[] = [
  'Image',
  'FatJar',
  'War',
  'PythonZip',
  'PhpZip',
].concat([...families.keys()].filter((name) => name.startsWith('IMAGE_')));

const jdks = [
  'Open JDK 8',
  'Open JDK 7',
  'Dragonwell 11',
  'Dragonwell 8',
  'openjdk-8u191-jdk-alpine3.9',
  'openjdk-7u201-jdk-alpine3.9',
];
/** The Tomcat of War templates that need not name one. */
export const defaultWebContainer = 'apache-tomcat-8.5.42';
const webContainers = ['apache-tomcat-7.0.91', defaultWebContainer];
/** The Python of PythonZip templates that name none. */
export const defaultPython = 'PYTHON 3.9.15';
/** PHP runtimes have no published list; a name is `php`, or that with a version. */
const phpPattern = /^php([ -]?\d{1,2}(\.\d{1,2}){0,2})?$/i;
/** HSF runtimes have no published list; the documented ones look like 3.5.3. */
const edasVersionPattern = /^\d{1,4}(\.\d{1,4}){2,3}$/;

const extensions: Readonly<Record<Exclude<PackageFamily, 'image'>, string>> = {
  'fat-jar': 'jar',
  war: 'war',
  python: 'zip',
  php: 'zip',
};

/** The image that means a process of this machine. */
export const hostImage = 'longshore/host';

/** Longest PackageVersion. */
const maxVersionChars = 64;

/** The family of a package type. @throws WireError `InvalidPackageType.NotFound`. */
export function packageFamily(packageType: string): PackageFamily {
  const family = families.get(packageType);
  if (family === undefined) throw saeError('InvalidPackageType.NotFound');
  return family;
}

/** Whether the image is one that PhpConfig is meant for. */
export function isPhpImage(packageType: string): boolean {
  return packageType.startsWith('IMAGE_PHP_');
}

/**
 * Whether Command and CommandArgs mean anything for this kind of artifact: FatJar and War have a
 * start command of their own (sae.md §4.3.3).
 */
export function usesCommand(family: PackageFamily): boolean {
  return family !== 'fat-jar' && family !== 'war';
}

/** What the checks of a package need to know besides its parameters. */
export interface PackageRules {
  readonly operation: 'create' | 'update';
  /** The definition before an update; null at creation. */
  readonly previous: ParameterBag | null;
  readonly settings: Pick<SaeSettings, 'phpRuntime' | 'runtimes' | 'packageVersionOnce'>;
}

/** Checks artifact and runtime against the matrix of sae.md §4.3.2. */
export function checkPackage(
  family: PackageFamily,
  bag: ParameterBag,
  { operation, previous, settings }: PackageRules,
): void {
  if (family === 'image') {
    require(bag, 'ImageUrl');
    return;
  }
  require(bag, 'PackageUrl');
  if (family !== 'php') require(bag, 'PackageVersion');
  checkVersionLength(bag['PackageVersion'] ?? '', operation);
  checkRuntimes(family, bag, operation, settings.phpRuntime);
  checkKnownComponents(family, bag, settings);
  checkFileName(bag['PackageUrl'] ?? '', extensions[family]);
  if (settings.packageVersionOnce && previous !== null) checkNewVersion(previous, bag);
}

/** A new package must not come under the version that the old one has. */
function checkNewVersion(previous: ParameterBag, bag: ParameterBag): void {
  const version = bag['PackageVersion'];
  const isUsed = version !== undefined && version === previous['PackageVersion'];
  if (isUsed && bag['PackageUrl'] !== previous['PackageUrl']) {
    throw saeError('App.Package.Version.Exists');
  }
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
  operation: 'create' | 'update',
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
  // At creation the specific codes below come first (sae.md §4.3.2).
  if (operation === 'update' && !jdk && !container) throw saeError('Application.MissingJdk');
  if (family === 'fat-jar' && !jdk) throw saeError('JarApplication.MissingJdk');
  if (family === 'war' && !(jdk && container)) {
    throw saeError('WarApplication.MissingJdkWebcontainer');
  }
}

function checkKnownComponents(
  family: PackageFamily,
  bag: ParameterBag,
  { phpRuntime, runtimes }: PackageRules['settings'],
): void {
  const { Jdk: jdk, WebContainer: container, EdasContainerVersion: edas } = bag;
  const { Python: python, Php: php } = bag;
  const isKnown = (name: string | undefined, names: readonly string[]) =>
    name === undefined || names.includes(name) || runtimes.some((runtime) => runtime.name === name);
  const known =
    isKnown(jdk, jdks) &&
    isKnown(container, webContainers) &&
    (edas === undefined || edasVersionPattern.test(edas)) &&
    isKnown(python, [defaultPython]) &&
    // For other packages than PhpZip the documentation's own sample of Php is no runtime.
    (family !== 'php' || php === phpRuntime || phpPattern.test(php ?? 'php') || isKnown(php, []));
  if (!known) throw saeError('InvalidComponent.NotFound');
}

function checkFileName(url: string, extension: string): void {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!new RegExp(`^[A-Za-z0-9_.-]+\\.${extension}$`).test(name)) {
    throw saeError('InvalidParameter.FileName');
  }
}
