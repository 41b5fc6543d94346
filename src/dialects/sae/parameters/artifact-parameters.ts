import type { JobParameter } from './parameter.ts';
import { boolean, bothForm, bothQuery, createQuery, json, param, text, updateForm } from './row.ts';

const decimalIdPattern = /^\d{1,19}$/;
/** An absolute path of a file. */
const filePathPattern = /^\/[^\0\n]*[^/\0\n]$/;
const maxConfigChars = 262_144;

/** What is run (sae.md §4.3.2). */
export const artifactParameters: readonly JobParameter[] = [
  param(
    'PackageType',
    text,
    createQuery,
    'acts',
    'artifact kind, sae.md §4.3.2; immutable',
    'required',
  ),
  param(
    'PackageUrl',
    text,
    bothQuery,
    'acts',
    'http, https or file address; required for FatJar, War, PythonZip and PhpZip',
    'clearable',
  ),
  param(
    'PackageVersion',
    text,
    bothQuery,
    'acts',
    'required for FatJar, War and PythonZip; at most 64 characters; part of what a package is cached by',
    'clearable',
  ),
  param(
    'ImageUrl',
    text,
    bothQuery,
    'acts',
    'required for Image and IMAGE_PHP_*; longshore/host runs a process of this host',
    'clearable',
  ),
  param(
    'ImagePullSecrets',
    { kind: 'text', pattern: decimalIdPattern },
    bothQuery,
    'acts',
    'id of a Secret of type kubernetes.io/dockerconfigjson in the same namespace; images only',
    'clearable',
  ),
  param('AcrInstanceId', text, bothForm, 'stored', 'image registry of the cloud'),
  param('AcrAssumeRoleArn', text, bothQuery, 'stored', 'role of the cloud'),
  param('EnableImageAccl', boolean, bothForm, 'stored', 'default false; not echoed'),
];

/** What runs a package, and how (sae.md §4.3.3). */
export const runtimeParameters: readonly JobParameter[] = [
  param(
    'Jdk',
    text,
    bothQuery,
    'acts',
    'Java runtime of FatJar and War: a name of sae.md §4.1 or of packages.runtimes; another version that runs it is stated on the run',
  ),
  param('WebContainer', text, bothQuery, 'acts', 'Tomcat of War; as Jdk'),
  param(
    'EdasContainerVersion',
    text,
    bothQuery,
    'stored',
    'HSF runtime version; the package runs on its Jdk, a War on Tomcat, without HSF',
  ),
  param('JarStartOptions', text, bothQuery, 'acts', 'JVM flags; FatJar only', 'clearable'),
  param('JarStartArgs', text, bothQuery, 'acts', 'program arguments; FatJar only', 'clearable'),
  param(
    'WarStartOptions',
    text,
    bothQuery,
    'acts',
    'start command or options; War only',
    'clearable',
  ),
  param(
    'TomcatConfig',
    json,
    bothQuery,
    'acts',
    'sae.md §4.3.5; War only; {} removes it too',
    'clearable',
  ),
  param('Python', text, bothQuery, 'acts', 'default PYTHON 3.9.15; PythonZip only; as Jdk'),
  param(
    'PythonModules',
    text,
    bothQuery,
    'acts',
    'pip requirements; PythonZip only; absent = requirements.txt of the package',
  ),
  param(
    'Php',
    text,
    updateForm,
    'acts',
    'php, php with a version, or a name of packages.runtimes; PhpZip only; not echoed',
  ),
  param(
    'PhpConfig',
    { kind: 'text', maxChars: maxConfigChars },
    bothForm,
    'acts',
    'body of php.ini; PhpZip and IMAGE_PHP_* only',
    'clearable',
  ),
  param(
    'PhpConfigLocation',
    { kind: 'text', pattern: filePathPattern },
    bothQuery,
    'acts',
    'absolute path of the file that PhpConfig becomes; absent = where the runtime looks for it',
  ),
];
