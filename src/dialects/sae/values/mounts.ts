import { posix } from 'node:path';
import { Type } from 'typebox';
import { saeError } from '../errors.ts';
import { ConfigMapId } from './envs.ts';
import { AbsolutePath, jsonText, NonEmptyText, PlainText } from './json-text.ts';

const mountDescText = jsonText(
  Type.Array(Type.Object({ mountPath: AbsolutePath, nasPath: PlainText })),
  '[{"mountPath":"/tmp","nasPath":"/"}]',
  true,
);

const nasConfigsText = jsonText(
  Type.Array(
    Type.Object({
      mountPath: AbsolutePath,
      readOnly: Type.Optional(Type.Boolean()),
      nasId: Type.Optional(PlainText),
      mountDomain: Type.Optional(PlainText),
      nasPath: Type.Optional(PlainText),
    }),
  ),
  '[{"mountPath":"/test1","readOnly":false,"nasId":"nasId1","mountDomain":"nas1.example","nasPath":"/test1"}]',
);

const ossMountsText = jsonText(
  Type.Array(
    Type.Object({
      bucketName: NonEmptyText,
      bucketPath: NonEmptyText,
      mountPath: AbsolutePath,
      readOnly: Type.Optional(Type.Boolean()),
    }),
  ),
  '[{"bucketName":"oss-bucket","bucketPath":"data/user.data","mountPath":"/usr/data/user.data","readOnly":true}]',
);

const configMapMountsText = jsonText(
  Type.Array(Type.Object({ configMapId: ConfigMapId, key: NonEmptyText, mountPath: AbsolutePath })),
  '[{"configMapId":16,"key":"test","mountPath":"/tmp"}]',
);

/** Reads `MountDesc`, unquoted keys included. */
export const parseMountDesc = (text: string) => mountDescText.parse('MountDesc', text);
/** Reads `NasConfigs`. */
export const parseNasConfigs = (text: string) => nasConfigsText.parse('NasConfigs', text);
/** Reads `OssMountDescs`; a missing bucket path is an error. */
export const parseOssMounts = (text: string) => ossMountsText.parse('OssMountDescs', text);
/** Reads `ConfigMapMountDesc`. */
export const parseConfigMapMounts = (text: string) =>
  configMapMountsText.parse('ConfigMapMountDesc', text);

/** A ConfigMap mount as it was sent. */
export type ConfigMapMount = ReturnType<typeof parseConfigMapMounts>[number];

/** The target path of one persistent mount. */
interface Mount {
  readonly mountPath: string;
}

/** Key that mounts every pair of a ConfigMap as a file of its own. */
const wholeConfigMap = 'sae-sys-configmap-all';

/**
 * Refuses two mounts on one path of which one is a ConfigMap's. Two keys of ConfigMaps may share
 * a folder, since each becomes a file in it.
 * @throws WireError `MountConflict.ConfigMap` with the path.
 */
export function checkMountConflicts(
  configMaps: readonly ConfigMapMount[],
  others: readonly Mount[],
): void {
  const taken = new Set(others.map((mount) => normal(mount.mountPath)));
  const targets = new Set<string>();
  for (const { key, mountPath } of configMaps) {
    const folder = normal(mountPath);
    const target = `${folder}\n${key === wholeConfigMap ? '' : key}`;
    if (taken.has(folder) || targets.has(target)) {
      throw saeError('MountConflict.ConfigMap', mountPath);
    }
    targets.add(target);
  }
}

/**
 * Refuses a collected log file inside a persistent mount.
 * @throws WireError `VolumnPath.Conflict`.
 */
export function checkLogPaths(logPaths: readonly string[], persistent: readonly Mount[]): void {
  const roots = persistent.map((mount) => normal(mount.mountPath));
  for (const path of logPaths.map(normal)) {
    if (roots.some((root) => root === '/' || path === root || path.startsWith(`${root}/`))) {
      throw saeError('VolumnPath.Conflict');
    }
  }
}

function normal(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
