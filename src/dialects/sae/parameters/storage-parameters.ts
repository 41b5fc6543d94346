import type { JobParameter } from './parameter.ts';
import { bothForm, bothQuery, json, param, text } from './row.ts';

/** Logs that are collected, and what is laid into the job's file system (sae.md §4.3.6). */
export const storageParameters: readonly JobParameter[] = [
  param(
    'SlsConfigs',
    json,
    bothQuery,
    'acts',
    'sae.md §4.3.6, at most 100; collected into log stores of this server; logtailName is only echoed',
    'clearable',
  ),
  param(
    'NasId',
    text,
    bothQuery,
    'acts',
    'file system of MountDesc, mapped by the setting volumes',
    'clearable',
  ),
  param(
    'MountHost',
    text,
    bothQuery,
    'acts',
    'mount target of MountDesc, mapped by the setting volumes',
    'clearable',
  ),
  param(
    'MountDesc',
    json,
    bothQuery,
    'acts',
    '[{mountPath, nasPath}]; unquoted keys are accepted; needs NasId or MountHost',
    'clearable',
  ),
  param(
    'NasConfigs',
    json,
    bothQuery,
    'acts',
    '[{mountPath, readOnly, nasId, mountDomain, nasPath}]; supersedes NasId, MountHost and MountDesc',
    'clearable',
  ),
  param(
    'OssMountDescs',
    json,
    bothForm,
    'acts',
    '[{bucketName, bucketPath, mountPath, readOnly}], mapped by the setting buckets; a bucketPath that is not there fails the job',
    'clearable',
  ),
  param('OssAkId', text, bothForm, 'acts', 'key of OssMountDescs; needs OssAkSecret'),
  param(
    'OssAkSecret',
    text,
    bothForm,
    'acts',
    'kept encrypted; read back as ****** unless the setting showOssSecret is on; sending the mask keeps the stored one',
  ),
  param(
    'ConfigMapMountDesc',
    json,
    bothForm,
    'acts',
    '[{configMapId, key, mountPath}]: a file named by the key in the folder mountPath, or mountPath itself when it does not end in a slash and its last part is the key or has an extension other than .d; key sae-sys-configmap-all: one file for each key',
    'clearable',
  ),
];
