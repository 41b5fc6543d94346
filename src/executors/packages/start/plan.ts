import type { PackageArtifact } from '../../../domain/template.ts';
import type { RuntimeKind } from '../contract.ts';
import type { Runtimes } from '../runtimes/runtimes.ts';
import { jarScript } from './jar.ts';
import { phpScript } from './php.ts';
import { pythonScript } from './python.ts';
import { contextFolder, loggingProperties, serverXml } from './tomcat-files.ts';
import { warScript } from './war.ts';

/** How a package is started: everything but the package itself. */
export interface StartPlan {
  /** Image with the runtime; null for a runtime of this machine. */
  readonly image: string | null;
  /** Files beside the start script, by name; `start.sh` is among them. */
  readonly files: Readonly<Record<string, string>>;
  /** Variables that the runtime needs, except the place of the package. */
  readonly env: Readonly<Record<string, string>>;
  readonly note: string;
  /** Whether a command of the template is what the script runs. */
  readonly needsCommand: boolean;
}

/** Decides how a package is started. @returns why it cannot be, with the remedy. */
export function planStart(
  artifact: PackageArtifact,
  via: RuntimeKind,
  runtimes: Runtimes,
): StartPlan | string {
  const problem = earlyProblem(artifact, via, runtimes);
  if (problem !== null) return problem;
  return via === 'image' ? planInImage(artifact, runtimes) : planOnHost(artifact, runtimes);
}

/**
 * Why a package cannot be started, as far as that can be told without looking at this machine;
 * null when nothing speaks against it.
 */
export function earlyProblem(
  artifact: PackageArtifact,
  via: RuntimeKind,
  runtimes: Runtimes,
): string | null {
  const elsewhere = via === 'folder' ? runtimes.elsewhere(mainRuntime(artifact)) : null;
  return shapeProblem(artifact) ?? elsewhere;
}

/** Name of the runtime whose image runs the package: Java comes with the web container. */
function mainRuntime(artifact: PackageArtifact): string {
  switch (artifact.format) {
    case 'jar':
      return artifact.jdk;
    case 'war':
      return artifact.webContainer;
    case 'python':
      return artifact.python;
    case 'php':
      return artifact.runtime;
  }
}

/** Formats that this version writes. */
const formats: readonly string[] = ['jar', 'war', 'python', 'php'];

function shapeProblem(artifact: PackageArtifact): string | null {
  if (!formats.includes(artifact.format)) {
    return 'the template was stored by an older version that ran no packages; update it once';
  }
  if (artifact.format === 'war' && contextFolder(artifact.tomcat.contextPath) === null) {
    return `the context path ${JSON.stringify(artifact.tomcat.contextPath)} of TomcatConfig is not possible; use / or a path of letters, digits and . _ ~ -`;
  }
  const location = artifact.format === 'php' ? artifact.php.location : null;
  if (location !== null && !/^\/[^\0\n]*[^/\0\n]$/.test(location)) {
    return `the place ${JSON.stringify(location)} for php.ini is not possible; give an absolute path of a file`;
  }
  return null;
}

function planInImage(artifact: PackageArtifact, runtimes: Runtimes): StartPlan | string {
  const name = mainRuntime(artifact);
  const image = runtimes.image(name);
  if (image === null) {
    return `no image is configured for ${name}; add {"name": ${JSON.stringify(name)}, "image": …} to packages.runtimes`;
  }
  const how = { via: 'image' } as const;
  const plan = (files: Readonly<Record<string, string>>, needsCommand = false): StartPlan => ({
    image,
    files,
    env: {},
    note: '',
    needsCommand,
  });
  switch (artifact.format) {
    case 'jar':
      return plan({ 'start.sh': jarScript(artifact, how) });
    case 'war':
      return plan({ 'start.sh': warScript(artifact, how), ...tomcatFiles(artifact) });
    case 'python':
      return plan(
        {
          'start.sh': pythonScript(null, ownModules(artifact), how),
          ...modulesFile(artifact),
        },
        true,
      );
    case 'php':
      return plan({ 'start.sh': phpScript(null, artifact.php, how), ...phpFile(artifact) }, true);
  }
}

function planOnHost(artifact: PackageArtifact, runtimes: Runtimes): StartPlan | string {
  const how = { via: 'folder' } as const;
  const image = null;
  switch (artifact.format) {
    case 'jar': {
      const java = runtimes.choose('java', artifact.jdk);
      if (typeof java === 'string') return java;
      return {
        image,
        files: { 'start.sh': jarScript(artifact, how) },
        env: { JAVA_HOME: java.runtime.home },
        note: java.note,
        needsCommand: false,
      };
    }
    case 'war': {
      const java = runtimes.choose('java', artifact.jdk);
      if (typeof java === 'string') return java;
      const tomcat = runtimes.choose('tomcat', artifact.webContainer);
      if (typeof tomcat === 'string') return tomcat;
      return {
        image,
        files: { 'start.sh': warScript(artifact, how), ...tomcatFiles(artifact) },
        env: { JAVA_HOME: java.runtime.home, CATALINA_HOME: tomcat.runtime.home },
        note: [java.note, tomcat.note].filter((note) => note !== '').join('; '),
        needsCommand: false,
      };
    }
    case 'python': {
      const python = runtimes.choose('python', artifact.python);
      if (typeof python === 'string') return python;
      const start = pythonScript(python.runtime.program, ownModules(artifact), how);
      const files = { 'start.sh': start, ...modulesFile(artifact) };
      return { image, files, env: {}, note: python.note, needsCommand: true };
    }
    case 'php': {
      const php = runtimes.choose('php', artifact.runtime);
      if (typeof php === 'string') return php;
      const start = phpScript(php.runtime.program, artifact.php, how);
      const files = { 'start.sh': start, ...phpFile(artifact) };
      return { image, files, env: {}, note: php.note, needsCommand: true };
    }
  }
}

function tomcatFiles({ tomcat }: Extract<PackageArtifact, { format: 'war' }>) {
  return { 'server.xml': serverXml(tomcat), 'logging.properties': loggingProperties };
}

type PythonPackage = Extract<PackageArtifact, { format: 'python' }>;

function ownModules({ modules }: PythonPackage): boolean {
  return modules !== null && modules.trim() !== '';
}

function modulesFile(artifact: PythonPackage): Readonly<Record<string, string>> {
  return ownModules(artifact) ? { 'requirements.txt': `${artifact.modules}\n` } : {};
}

function phpFile({ php }: Extract<PackageArtifact, { format: 'php' }>) {
  return php.config === null ? {} : { 'php.ini': `${php.config}\n` };
}
