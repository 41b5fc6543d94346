import fs from 'node:fs';
import path from 'node:path';
import type { KeyPair } from './bucket.ts';
import { maxManifestBytes } from './limits.ts';

/** What is known of a file as it came from the bucket; it tells whether the job changed it. */
export interface StagedFile {
  readonly etag: string;
  readonly bytes: number;
  /** Time of the last change of content or attributes, which no program can set back. */
  readonly ctimeNs: string;
}

/** One bucket path that was copied for an attempt. */
export interface StagedMount {
  readonly bucket: string;
  /** Key of the one object, or what the keys of all begin with. */
  readonly key: string;
  /** Name of the copy beside the manifest. */
  readonly copy: string;
  readonly single: boolean;
  readonly readOnly: boolean;
  /** The template's own key pair; null = the one of the operator's mapping. */
  readonly credentials: KeyPair | null;
  /** By path inside the copy; '' for the one object. */
  readonly files: Readonly<Record<string, StagedFile>>;
}

/** What must be known after the job to take its changes back; kept beside the copies. */
export interface StageManifest {
  readonly version: 1;
  /** Marks objects written for this attempt, so that a repetition knows them. */
  readonly writer: string;
  readonly mounts: readonly StagedMount[];
  /** Why nothing is taken back any more: the key pairs were forgotten. Absent = it can be. */
  readonly left?: string;
}

/** Folder under the scratch folder that holds manifest and copies; mode 0700. */
export function stageFolder(scratchFolder: string): string {
  return path.join(scratchFolder, 'buckets');
}

/** Writes the manifest as a whole, readable by the server only: it may hold a secret. */
export async function writeManifest(scratchFolder: string, manifest: StageManifest): Promise<void> {
  const file = path.join(stageFolder(scratchFolder), 'manifest.json');
  const fresh = `${file}.new`;
  const handle = await fs.promises.open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(manifest));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await fs.promises.rename(fresh, file);
}

/**
 * Reads the manifest; null when nothing was copied, or all of it was taken back.
 * @throws Error when it is there and cannot be read.
 */
export async function readManifest(scratchFolder: string): Promise<StageManifest | null> {
  const file = path.join(stageFolder(scratchFolder), 'manifest.json');
  let text: string;
  try {
    const { size } = await fs.promises.stat(file);
    if (size > maxManifestBytes) throw new Error(`it has more than ${maxManifestBytes} bytes`);
    text = await fs.promises.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const manifest = JSON.parse(text) as StageManifest;
  if (manifest.version === 1) return manifest;
  throw new Error(`${file} was written by another version of the server`);
}

/**
 * After the last try to take changes back: removes what was made for the attempt, with every
 * secret. What did not get back stays for a person, the copies with a manifest that has no key
 * pairs; it goes with the attempt's output.
 * @throws Error of the file system.
 */
export async function keepOnlyCopies(scratchFolder: string): Promise<void> {
  const folder = stageFolder(scratchFolder);
  for (const name of await fs.promises.readdir(scratchFolder).catch(() => [])) {
    const inside = path.join(scratchFolder, name);
    if (inside !== folder) await fs.promises.rm(inside, { recursive: true, force: true });
  }
  // Fails while there are copies, as it should.
  await fs.promises.rmdir(scratchFolder).catch(() => undefined);
  // Cut short or damaged, it could be of no use but to tell the key pairs.
  const manifest = await readManifest(scratchFolder).catch(() => dropManifest(scratchFolder));
  if (!manifest || manifest.left !== undefined) return;
  await writeManifest(scratchFolder, {
    ...manifest,
    // Without them the operator's key pair would be used, which may be allowed more.
    mounts: manifest.mounts.map((mount) => ({ ...mount, credentials: null })),
    left: `not taken back, the job's copy stays in ${folder}`,
  });
}

/** Forgets what was to be taken back, with every secret; the copies stay. */
export async function dropManifest(scratchFolder: string): Promise<void> {
  await fs.promises.rm(path.join(stageFolder(scratchFolder), 'manifest.json'), { force: true });
}
