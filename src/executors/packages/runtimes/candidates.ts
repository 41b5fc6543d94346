import { constants } from 'node:fs';
import { access, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { maxCandidates } from '../limits.ts';

/** Folders that usually hold programs, whatever PATH says. */
const usualPrograms = ['/usr/local/bin', '/usr/bin', '/bin'];

/** The part of the environment that tells where runtimes are. */
export interface Surroundings {
  readonly PATH?: string | undefined;
  readonly JAVA_HOME?: string | undefined;
  readonly CATALINA_HOME?: string | undefined;
}

/** Folders that may be the home of a JDK or JRE, those named first at the front. */
export async function javaHomes(environment: Surroundings): Promise<readonly string[]> {
  const onPath = await programs(environment, /^java$/);
  const named = [
    ...(environment.JAVA_HOME ? [environment.JAVA_HOME] : []),
    ...onPath.map((program) => path.dirname(path.dirname(program))),
  ];
  const usual = await Promise.all(['/usr/lib/jvm', '/usr/java', '/opt/java'].map(inside));
  return homes([...named, ...usual.flat()], ['bin/java']);
}

/** Folders that may be the home of a Tomcat. */
export async function tomcatHomes(environment: Surroundings): Promise<readonly string[]> {
  const usual = await Promise.all(['/usr/share', '/usr/local', '/opt'].map(inside));
  const named = environment.CATALINA_HOME ? [environment.CATALINA_HOME] : [];
  const tomcats = usual.flat().filter((folder) => /tomcat/i.test(path.basename(folder)));
  return homes(
    [...named, ...tomcats],
    ['bin/catalina.sh', 'bin/bootstrap.jar', 'lib/catalina.jar'],
  );
}

/** Programs whose name is that of a Python 3, e.g. `python3.11`. */
export function pythons(environment: Surroundings): Promise<readonly string[]> {
  return programs(environment, /^python3(?:\.\d+)?$/);
}

/** Programs whose name is that of a PHP, e.g. `php8.2`. */
export function phps(environment: Surroundings): Promise<readonly string[]> {
  return programs(environment, /^php\d*(?:\.\d+)?$/);
}

/** The program of that name in a configured folder or its `bin`; null when there is none. */
export async function programIn(folder: string, name: RegExp): Promise<string | null> {
  for (const place of [path.join(folder, 'bin'), folder]) {
    const found = (await inside(place)).filter((file) => name.test(path.basename(file)));
    for (const file of found.toSorted()) if (await isProgram(file)) return file;
  }
  return null;
}

/** Programs of PATH and the usual folders, without links, each once. */
async function programs(environment: Surroundings, name: RegExp): Promise<readonly string[]> {
  const folders = (environment.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  const found = new Set<string>();
  for (const folder of new Set([...folders, ...usualPrograms])) {
    for (const file of (await inside(folder)).filter((entry) => name.test(path.basename(entry)))) {
      const real = await realpath(file).catch(() => null);
      if (real === null || !(await isProgram(real)) || !(await othersReach(real))) continue;
      found.add(real);
      if (found.size >= maxCandidates) return [...found];
    }
  }
  return [...found];
}

/** Those folders that hold all the files, without links, each once. */
async function homes(
  folders: readonly string[],
  files: readonly string[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => null);
    if (real === null || found.has(real)) continue;
    const places = files.map((file) => path.join(real, file));
    const all = await Promise.all(places.map((place) => othersReach(place)));
    if (all.every(Boolean)) found.add(real);
    if (found.size >= maxCandidates) break;
  }
  return [...found];
}

async function inside(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.toSorted().map((name) => path.join(folder, name));
}

async function isProgram(file: string): Promise<boolean> {
  const stats = await stat(file).catch(() => null);
  return stats !== null && stats.isFile() && (stats.mode & 0o111) !== 0;
}

/**
 * Whether jobs can read a file. Those of a server that runs as root run as another user: every
 * folder on the way must let others pass (a Python in /root does not).
 */
async function othersReach(file: string): Promise<boolean> {
  try {
    const real = await realpath(file);
    if (process.getuid?.() !== 0) {
      await access(real, constants.R_OK);
      return true;
    }
    if (((await stat(real)).mode & 0o004) === 0) return false;
    for (let folder = path.dirname(real); ; folder = path.dirname(folder)) {
      if (((await stat(folder)).mode & 0o001) === 0) return false;
      if (folder === path.dirname(folder)) return true;
    }
  } catch {
    return false;
  }
}
