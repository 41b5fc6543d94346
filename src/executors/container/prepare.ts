import fs from 'node:fs';
import path from 'node:path';
import type { AttemptFile, AttemptStart } from '../../ports/executor.ts';
import type { Bind, MountProvider, PreparedMounts } from '../mounts/contract.ts';
import type { PackageRunner, PreparedPackage } from '../packages/contract.ts';
import { type ContainerParts, ownFiles } from './container-config.ts';
import { names } from './records.ts';

/** Where a container finds the small files of a package's start. */
const startFolder = '/opt/longshore/start';

/** What the parts of a container are made with. */
export interface Preparers {
  readonly packages: PackageRunner;
  readonly mounts: MountProvider;
}

export interface Prepared extends Pick<ContainerParts, 'image' | 'argv' | 'env' | 'binds' | 'nfs'> {
  /** What a reader of the run should know; usually empty. */
  readonly note: string;
}

/** Whether anything but the engine is needed before the container can be made. */
export function hasMounts(start: AttemptStart): boolean {
  return (start.mounts?.length ?? 0) > 0;
}

/**
 * Fetches the package, makes mounts ready and writes the files that the job is to find.
 * @throws Error whose message says what is wrong, e.g. with a package or a mount.
 */
export async function prepare(
  start: AttemptStart,
  folder: string,
  { packages, mounts }: Preparers,
  signal: AbortSignal,
): Promise<Prepared> {
  const { artifact, argv } = start.spec.task;
  const packaged =
    artifact.kind === 'package'
      ? await packages.prepare({
          attemptId: start.attemptId,
          artifact,
          via: 'image',
          argv,
          startFolder,
          signal,
        })
      : null;
  const image = artifact.kind === 'image' ? artifact.image : imageOf(packaged);
  const laid: PreparedMounts = hasMounts(start)
    ? await mounts.prepare(start.mounts ?? [], await scratchIn(folder), signal)
    : { binds: [], nfs: [] };
  const wanted = [...ownFiles(start), ...(packaged?.files ?? [])];
  const files = wanted.length === 0 ? [] : await writeFiles(wanted, folder);
  return {
    image,
    argv: packaged?.argv ?? argv,
    env: packaged?.env ?? {},
    binds: [...packageBind(packaged), ...laid.binds, ...files],
    nfs: laid.nfs,
    note: packaged?.note ?? '',
  };
}

/** Takes back what mounts changed. @returns what could not be taken back, '' usually. */
export async function finishMounts(
  mounts: MountProvider,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    await mounts.finish(path.join(folder, names.scratch), signal);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function imageOf(packaged: PreparedPackage | null): string {
  const image = packaged?.image ?? null;
  if (image !== null) return image;
  throw new Error('no image is configured for the runtime of this package; set packages.runtimes');
}

function packageBind(packaged: PreparedPackage | null): readonly Bind[] {
  if (packaged === null) return [];
  return [{ hostPath: packaged.folder, mountPath: packaged.mountPath, readOnly: true }];
}

async function scratchIn(folder: string): Promise<string> {
  const scratch = path.join(folder, names.scratch);
  await fs.promises.mkdir(scratch, { recursive: true, mode: 0o700 });
  return scratch;
}

/** Each file by itself: a folder would hide what the image has beside it. */
async function writeFiles(files: readonly AttemptFile[], folder: string): Promise<readonly Bind[]> {
  const place = path.join(folder, names.mounted);
  // The attempt's folder is closed to others; inside the container anybody may read them.
  await fs.promises.mkdir(place, { mode: 0o755 });
  return Promise.all(
    files.map(async ({ path: mountPath, content }, index) => {
      const hostPath = path.join(place, String(index));
      await fs.promises.writeFile(hostPath, content, { flag: 'wx', mode: 0o644 });
      // The server's umask may have closed it to others.
      await fs.promises.chmod(hostPath, 0o644);
      return { hostPath, mountPath, readOnly: true };
    }),
  );
}
