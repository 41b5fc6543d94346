import type { ConfigMap } from '../../../domain/catalog.ts';
import { saeError } from '../errors.ts';
import { wrong } from '../values/json-text.ts';
import { wholeConfigMapKey } from '../values/mounts.ts';
import type { ConfigMapMount, NasMount, OssMount } from '../values/mounts.ts';
import { isWithin, normalPath } from '../values/paths.ts';

/** Most mounts of one template, of all kinds together. */
const maxMounts = 128;

/** Everything a template lays into the job's file system. */
export interface MountRequests {
  readonly configMapMounts: readonly ConfigMapMount[];
  readonly nasMounts: readonly NasMount[];
  readonly ossMounts: readonly OssMount[];
  /** Where PhpConfig goes, when the template says so. */
  readonly phpConfigPath: string | null;
}

/**
 * Where one key of a ConfigMap appears. `mountPath` is a folder that gets a file named by the key,
 * unless it is a file path: one without a slash at its end whose last part equals the key, or ends
 * in an extension (a dot inside, then a letter and up to nine letters or digits). `.d` is no
 * extension, since folders like `conf.d` are named so (sae.md §4.3.4).
 */
export function keyTarget(key: string, mountPath: string): string {
  const path = normalPath(mountPath);
  if (!mountPath.endsWith('/') && isFilePath(path, key)) return path;
  return `${path === '/' ? '' : path}/${key}`;
}

function isFilePath(path: string, key: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === key || (/[^.]\.[A-Za-z][A-Za-z0-9]{0,9}$/.test(name) && !name.endsWith('.d'));
}

/**
 * Refuses mounts that would hide each other or cannot be: two on one path, too many, over the
 * whole file system, without a file system to mount.
 * @throws WireError `MountConflict.ConfigMap` with the path when one of the two is a ConfigMap's,
 *   else `InvalidParameter.WithMessage`.
 */
export function checkMounts(
  requests: MountRequests,
  configMaps: ReadonlyMap<number, ConfigMap>,
): void {
  const { configMapMounts, nasMounts, ossMounts } = requests;
  if (configMapMounts.length + nasMounts.length + ossMounts.length > maxMounts) {
    throw wrong('ConfigMapMountDesc', `more than ${maxMounts} mounts together with NAS and OSS`);
  }
  checkPersistent('NasConfigs or MountDesc', nasMounts, []);
  checkPersistent('OssMountDescs', ossMounts, nasMounts);
  checkConfigMapPaths(requests, configMaps);
}

function checkPersistent(
  parameter: string,
  mounts: readonly { readonly mountPath: string }[],
  others: readonly { readonly mountPath: string }[],
): void {
  const taken = new Set(others.map(({ mountPath }) => normalPath(mountPath)));
  for (const { mountPath } of mounts) {
    const path = normalPath(mountPath);
    if (path === '/') throw wrong(parameter, 'mountPath must not be /');
    if (taken.has(path)) throw wrong(parameter, `mountPath ${path} is mounted twice`);
    taken.add(path);
  }
}

function checkConfigMapPaths(
  { configMapMounts, nasMounts, ossMounts, phpConfigPath }: MountRequests,
  configMaps: ReadonlyMap<number, ConfigMap>,
): void {
  const others = [...nasMounts, ...ossMounts].map(({ mountPath }) => normalPath(mountPath));
  if (phpConfigPath !== null) others.push(normalPath(phpConfigPath));
  const taken = new Set(others);
  const folders = new Set<string>();
  const files = new Set<string>();
  for (const { configMapId, key, mountPath } of configMapMounts) {
    const declared = normalPath(mountPath);
    const whole = key === wholeConfigMapKey;
    const keys = whole ? Object.keys(configMaps.get(Number(configMapId))?.data ?? {}) : [key];
    const unfit = keys.find((name) => !isFileName(name));
    if (unfit !== undefined) {
      throw wrong('ConfigMapMountDesc', `the key ${unfit} cannot be the name of a file`);
    }
    const targets = whole
      ? keys.map((name) => `${declared === '/' ? '' : declared}/${name}`)
      : [keyTarget(key, mountPath)];
    const clash =
      taken.has(declared) ||
      (whole && folders.has(declared)) ||
      targets.some((path) => taken.has(path) || files.has(path));
    if (clash) throw saeError('MountConflict.ConfigMap', mountPath);
    if (whole) folders.add(declared);
    for (const path of targets) files.add(path);
  }
  // What is a file for one mount cannot be a folder for another.
  for (const { key, mountPath } of configMapMounts) {
    const target =
      key === wholeConfigMapKey ? `${normalPath(mountPath)}/*` : keyTarget(key, mountPath);
    if (isHidden(target, files)) throw saeError('MountConflict.ConfigMap', mountPath);
  }
}

/** Whether a parent of the path is a mounted file. */
function isHidden(path: string, files: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (files.has(path.slice(0, end))) return true;
  }
  return false;
}

function isFileName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[/\0]/.test(text);
}

/**
 * Refuses a collected log file inside a persistent mount.
 * @throws WireError `VolumnPath.Conflict`.
 */
export function checkLogPaths(
  logPaths: readonly string[],
  persistent: readonly { readonly mountPath: string }[],
): void {
  const roots = persistent.map(({ mountPath }) => normalPath(mountPath));
  for (const path of logPaths) {
    if (roots.some((root) => isWithin(path, root))) throw saeError('VolumnPath.Conflict');
  }
}
