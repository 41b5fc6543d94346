import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { AttemptMount } from '../../ports/executor.ts';
import { bucketAddress, bucketName, refusesBucket } from './bucket.ts';
import type { BucketMapping, BucketSource } from './bucket.ts';
import type { Bind, MountProvider, NfsMount, PreparedMounts } from './contract.ts';
import { pathParts, resolveInside } from './folder.ts';
import { defaultStageLimits, maxNamesInMessage } from './limits.ts';
import type { StageLimits } from './limits.ts';
import { dropManifest, readManifest, stageFolder, writeManifest } from './manifest.ts';
import type { StagedMount } from './manifest.ts';
import { ObjectStore } from './object-store.ts';
import { stageIn } from './stage-in.ts';
import { stageOut } from './stage-out.ts';
import { prepareVolume, refusesVolume } from './volume.ts';
import type { VolumeMapping } from './volume.ts';

export interface MountProviderOptions {
  /** `volumes` of the configuration. */
  readonly volumes: readonly VolumeMapping[];
  /** `buckets` of the configuration. */
  readonly buckets: readonly BucketMapping[];
  /** Bounds of what is copied out of object stores; the default ones where absent. */
  readonly stageLimits?: Partial<StageLimits>;
}

/** Mounts by the configuration's `volumes` and `buckets` (sae.md §4.3.6). */
export function createMountProvider(options: MountProviderOptions): MountProvider {
  const { volumes, buckets } = options;
  const limits = { ...defaultStageLimits, ...options.stageLimits };
  return {
    refuses(mounts, via) {
      for (const { source } of mounts) {
        let problem: string | null = null;
        if (source.kind === 'volume') problem = refusesVolume(source, volumes, via);
        if (source.kind === 'bucket') {
          const hasCredentials = source.credentials !== null;
          problem = refusesBucket({ bucket: source.bucket, hasCredentials }, buckets);
        }
        if (problem !== null) return problem;
      }
      return null;
    },

    async prepare(mounts, scratchFolder, signal) {
      const binds: Bind[] = [];
      const nfs: NfsMount[] = [];
      const remote: RemoteMount[] = [];
      for (const { mountPath, readOnly, source } of mounts) {
        signal.throwIfAborted();
        if (source.kind === 'volume') {
          const found = await prepareVolume({ mountPath, readOnly, source }, volumes);
          binds.push(...(found.binds ?? []));
          nfs.push(...(found.nfs ?? []));
          continue;
        }
        const folder = buckets.find(({ name }) => name === source.bucket)?.folder;
        if (folder === undefined) {
          remote.push({ mountPath, readOnly, source });
          continue;
        }
        const owner = bucketName(source.bucket);
        const inside = { folder, inside: source.path, make: false, owner };
        binds.push({ hostPath: await resolveInside(inside), mountPath, readOnly });
      }
      if (remote.length > 0) {
        const what = 'copying the buckets of this job';
        const { timeoutMs } = limits;
        const copied = await withDeadline({ signal, timeoutMs, what }, (bounded) =>
          prepareRemote(remote, buckets, scratchFolder, limits, bounded),
        );
        binds.push(...copied);
      }
      return { binds, nfs } satisfies PreparedMounts;
    },

    finish(scratchFolder, signal) {
      const what = 'taking back what the job changed';
      return withDeadline({ signal, timeoutMs: limits.timeoutMs, what }, (bounded) =>
        finishRemote(buckets, scratchFolder, limits, bounded),
      );
    },
  };
}

type RemoteMount = AttemptMount & { readonly source: BucketSource };

/** Copies buckets of object stores; the manifest is written last, so half a copy counts for none. */
async function prepareRemote(
  mounts: readonly RemoteMount[],
  buckets: readonly BucketMapping[],
  scratchFolder: string,
  limits: StageLimits,
  signal: AbortSignal,
): Promise<readonly Bind[]> {
  const folder = stageFolder(scratchFolder);
  await fs.promises.rm(folder, { recursive: true, force: true });
  await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 });
  const budget = { bytes: limits.maxBytes, objects: limits.maxObjects };
  const staged: StagedMount[] = [];
  const binds: Bind[] = [];
  try {
    for (const { mountPath, readOnly, source } of mounts) {
      const { bucket, credentials } = source;
      const owner = bucketName(bucket);
      const inside = pathParts(source.path, owner).join('/');
      const copy = `${staged.length}`;
      const hostPath = path.join(folder, copy);
      const store = await ObjectStore.open(await bucketAddress(bucket, credentials, buckets));
      try {
        const request = { inside, owner, copy: hostPath, readOnly };
        const found = await stageIn(store, request, budget, limits, signal);
        staged.push({ bucket, copy, readOnly, credentials, ...found });
      } finally {
        store.close();
      }
      binds.push({ hostPath, mountPath, readOnly });
    }
    await writeManifest(scratchFolder, { version: 1, writer: randomUUID(), mounts: staged });
    return binds;
  } catch (error) {
    await fs.promises.rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function finishRemote(
  buckets: readonly BucketMapping[],
  scratchFolder: string,
  limits: StageLimits,
  signal: AbortSignal,
): Promise<void> {
  const manifest = await readManifest(scratchFolder);
  if (manifest === null) return;
  if (manifest.left !== undefined) throw new Error(manifest.left);
  const folder = stageFolder(scratchFolder);
  const budget = { bytes: limits.maxBytes, objects: limits.maxObjects };
  const refused: string[] = [];
  const failed: string[] = [];
  for (const mount of manifest.mounts) {
    if (mount.readOnly) continue;
    const { bucket, credentials } = mount;
    const store = await ObjectStore.open(await bucketAddress(bucket, credentials, buckets));
    try {
      const outcome = await stageOut(store, mount, {
        copy: path.join(folder, mount.copy),
        writer: manifest.writer,
        budget,
        limits,
        signal,
      });
      refused.push(...outcome.refused.map((name) => `${name} of ${bucketName(bucket)}`));
      failed.push(...outcome.failed);
    } finally {
      store.close();
    }
  }
  // What may still get back is tried again with the manifest; the rest needs a person.
  if (failed.length > 0) {
    const names = some([...failed, ...refused]);
    throw new Error(`not taken back yet, the job's copy stays in ${folder}: ${names}`);
  }
  if (refused.length === 0) {
    await fs.promises.rm(folder, { recursive: true, force: true });
    return;
  }
  await dropManifest(scratchFolder);
  throw new Error(`not taken back, the job's copy stays in ${folder}: ${some(refused)}`);
}

/** Does `work` with a signal that also ends it when the time is over. */
async function withDeadline<T>(
  { signal, timeoutMs, what }: { signal: AbortSignal; timeoutMs: number; what: string },
  work: (bounded: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`${what} took longer than ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function some(names: readonly string[]): string {
  const more = names.length - maxNamesInMessage;
  return `${names.slice(0, maxNamesInMessage).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
