import { Type } from 'typebox';
import { ConfigMapId } from './envs.ts';
import { AbsolutePath, jsonText, NonEmptyText, PlainText, wrong } from './json-text.ts';

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
/** An object-store mount as it was sent. */
export type OssMount = ReturnType<typeof parseOssMounts>[number];

/** One mount of a shared file system, of either form. */
export interface NasMount {
  readonly mountPath: string;
  readonly readOnly: boolean;
  /** Either of the two may be empty. */
  readonly nasId: string;
  readonly mountDomain: string;
  readonly nasPath: string;
}

/** Key that mounts every pair of a ConfigMap as a file of its own (sae.md §4.3.4). */
export const wholeConfigMapKey = 'sae-sys-configmap-all';

/** What the parameters say about shared file systems, as text; absent ones undefined. */
export interface NasTexts {
  readonly nasId: string | undefined;
  readonly mountHost: string | undefined;
  readonly mountDesc: string | undefined;
  readonly nasConfigs: string | undefined;
}

/**
 * The mounts of shared file systems: those of NasConfigs, and only without any those of
 * NasId, MountHost and MountDesc, which it supersedes (sae.md §4.1).
 * @throws WireError `InvalidParameter.WithMessage`, for the superseded form too.
 */
export function parseNasMounts(texts: NasTexts): readonly NasMount[] {
  const described = texts.mountDesc === undefined ? [] : parseMountDesc(texts.mountDesc);
  const configured = texts.nasConfigs === undefined ? [] : parseNasConfigs(texts.nasConfigs);
  if (configured.length === 0) {
    return described.map(({ mountPath, nasPath }) => ({
      mountPath,
      nasPath,
      readOnly: false,
      nasId: texts.nasId ?? '',
      mountDomain: texts.mountHost ?? '',
    }));
  }
  return configured.map((item, index) => {
    const mount = {
      mountPath: item.mountPath,
      readOnly: item.readOnly ?? false,
      nasId: item.nasId ?? '',
      mountDomain: item.mountDomain ?? '',
      nasPath: item.nasPath ?? '',
    };
    // MountDesc alone is only without effect: its NasId may come with a later update.
    if (!namesVolume(mount)) throw wrong('NasConfigs', `/${index} needs nasId or mountDomain`);
    return mount;
  });
}

/** Whether it says which file system is meant; without, there is nothing to mount. */
export function namesVolume({ nasId, mountDomain }: NasMount): boolean {
  return nasId !== '' || mountDomain !== '';
}
