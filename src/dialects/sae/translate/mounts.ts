import { posix } from 'node:path';
import type { Mount, MountSource } from '../../../domain/template.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { keyTarget } from '../validation/mount-paths.ts';
import type { ValidJob } from '../validation/validate-job.ts';
import { namesVolume, wholeConfigMapKey } from '../values/mounts.ts';
import { normalPath } from '../values/paths.ts';
import { sealPurpose } from './seal-secrets.ts';

/** What a checked definition lays into the job's file system. */
export function toMounts(
  job: Pick<ValidJob, 'bag' | 'configMapMounts' | 'nasMounts' | 'ossMounts'>,
): readonly Mount[] {
  const credentials = bucketCredentials(job.bag);
  return [
    ...job.configMapMounts.map(({ configMapId, key, mountPath }): Mount => {
      const id = Number(configMapId);
      const whole = key === wholeConfigMapKey;
      return {
        mountPath: whole ? normalPath(mountPath) : keyTarget(key, mountPath),
        readOnly: true,
        source: { kind: 'config-map', configMapId: id, key: whole ? null : key },
      };
    }),
    ...job.nasMounts.filter(namesVolume).map((mount): Mount => ({
      mountPath: normalPath(mount.mountPath),
      readOnly: mount.readOnly,
      source: {
        kind: 'volume',
        id: mount.nasId,
        host: mount.mountDomain,
        path: posix.join('/', mount.nasPath),
      },
    })),
    ...job.ossMounts.map((mount): Mount => ({
      mountPath: normalPath(mount.mountPath),
      readOnly: mount.readOnly ?? false,
      source: { kind: 'bucket', bucket: mount.bucketName, path: mount.bucketPath, credentials },
    })),
  ];
}

/** The template's own key pair for buckets; null unless it is whole. */
export function bucketCredentials(
  bag: ParameterBag,
): Extract<MountSource, { kind: 'bucket' }>['credentials'] {
  const { OssAkId: accessKeyId, OssAkSecret: sealedSecret } = bag;
  return accessKeyId === undefined || sealedSecret === undefined
    ? null
    : { accessKeyId, sealedSecret, purpose: sealPurpose('OssAkSecret') };
}
