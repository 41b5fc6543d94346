import type { AttemptMount } from '../../ports/executor.ts';
import type { PreparedMounts } from './contract.ts';
import { pathParts, resolveInside } from './folder.ts';

/** An entry of the configuration's `volumes`. */
export interface VolumeMapping {
  /** File system id. */
  readonly id?: string;
  /** Mount target. */
  readonly host?: string;
  /** Folder of this machine that it is. */
  readonly folder?: string;
  /** `server:/path`. */
  readonly nfs?: string;
}

type VolumeSource = Extract<AttemptMount['source'], { kind: 'volume' }>;

/** Finds the mapping by id, else by mount target; null when the operator named neither. */
export function findVolume(
  source: Pick<VolumeSource, 'id' | 'host'>,
  mappings: readonly VolumeMapping[],
): VolumeMapping | null {
  const byId = source.id === '' ? undefined : mappings.find(({ id }) => id === source.id);
  const byHost = source.host === '' ? undefined : mappings.find(({ host }) => host === source.host);
  return byId ?? byHost ?? null;
}

/** Why the volume cannot be mounted, with the line of configuration that would fix it. */
export function refusesVolume(
  source: VolumeSource,
  mappings: readonly VolumeMapping[],
  via: 'process' | 'container',
): string | null {
  const name = volumeName(source);
  const key = source.id === '' ? 'host' : 'id';
  const line = (what: string): string =>
    `volumes: [{${key}: ${JSON.stringify(source.id === '' ? source.host : source.id)}, ${what}}]`;
  const mapping = findVolume(source, mappings);
  if (mapping === null) {
    return `${name} is not mapped to anything of this machine; add to the configuration: ${line('folder: "/path/of/it"')}`;
  }
  if (mapping.folder !== undefined) return null;
  if (mapping.nfs === undefined) {
    return `${name} is configured without a folder and without an export; make it: ${line('folder: "/path/of/it"')}`;
  }
  if (via === 'container') return null;
  return `${name} is the export ${mapping.nfs}, which only containers can mount; mount it on this machine and make it: ${line('folder: "/mount/point"')}`;
}

/**
 * Resolves one volume. A missing path is made when the job may write.
 * @throws Error that names volume and path.
 */
export async function prepareVolume(
  mount: AttemptMount & { readonly source: VolumeSource },
  mappings: readonly VolumeMapping[],
): Promise<Partial<PreparedMounts>> {
  const { source, mountPath, readOnly } = mount;
  const mapping = findVolume(source, mappings);
  const owner = volumeName(source);
  if (mapping?.folder !== undefined) {
    const hostPath = await resolveInside({
      folder: mapping.folder,
      inside: source.path,
      make: !readOnly,
      owner,
    });
    return { binds: [{ hostPath, mountPath, readOnly }] };
  }
  const match = /^([^:/]+):(\/.*)$/.exec(mapping?.nfs ?? '');
  if (match === null) throw new Error(refusesVolume(source, mappings, 'container') ?? owner);
  const [, server = '', exported = '/'] = match;
  const exportPath = `/${[...pathParts(exported, owner), ...pathParts(source.path, owner)].join('/')}`;
  return { nfs: [{ server, exportPath, mountPath, readOnly }] };
}

function volumeName({ id, host }: Pick<VolumeSource, 'id' | 'host'>): string {
  return `volume ${JSON.stringify(id === '' ? host : id)}`;
}
