import path from 'node:path';
import type { Task } from '../../domain/template.ts';
import { collectsFiles, collectStartFiles } from './collect.ts';
import type { JobFileSystems } from './file-system.ts';
import type { AttemptFile, AttemptStart } from '../../ports/executor.ts';
import type { PackageRunner } from '../packages/contract.ts';
import { noteFileName } from './note.ts';
import { type StartFile, startFolderName } from './protocol.ts';
import { scriptProblem, scriptStart } from './script.ts';

/** The image whose jobs run as processes of this machine. */
export const hostImage = 'longshore/host';

/** A start of which everything is on this machine. */
export interface PreparedStart {
  /** With the final argument vector and environment. */
  readonly start: AttemptStart;
  /** Files of the start folder; absent = there is none. */
  readonly files?: readonly StartFile[];
  /** Folder with the prepared mounts; absent = there are none. */
  readonly namespace?: string;
  /** What a reader of the run should know; '' usually. */
  readonly note: string;
}

/**
 * Whether something must be brought here, or laid somewhere, before the attempt can start. Others
 * need nothing done after their end either.
 */
export function needsPreparation({ spec, files, mounts }: AttemptStart): boolean {
  const { kind } = spec.task.artifact;
  return (
    kind === 'package' ||
    kind === 'script' ||
    collectsFiles(spec.task) ||
    (files?.length ?? 0) > 0 ||
    (mounts?.length ?? 0) > 0 ||
    (spec.task.hostAliases?.length ?? 0) > 0
  );
}

/** Why this is nothing that runs as a process, with the remedy; null when it is. */
export function artifactProblem(
  { artifact, argv, env }: Task,
  packages: PackageRunner | null,
): string | null {
  if (artifact.kind === 'script') return scriptProblem(artifact, env);
  if (artifact.kind === 'package') {
    return packages === null
      ? 'this server runs no packages'
      : packages.refuses(artifact, 'folder');
  }
  if (artifact.kind !== 'image' || artifact.image !== hostImage) {
    return `the process executor runs only the image ${hostImage}, packages and scripts; use them, or set up an executor for images`;
  }
  if (argv.length > 0) return null;
  return `the image ${hostImage} has no program of its own; give a command`;
}

/**
 * Composes what is started: the package or the script gives the argument vector; around it comes
 * what lays files, mounts and hosts lines into the job's file system.
 * @param folder The attempt's folder; it does not exist yet.
 * @throws Error whose message tells the user what is wrong.
 */
export async function prepareStart(
  start: AttemptStart,
  packages: PackageRunner | null,
  fileSystems: JobFileSystems,
  folder: string,
  signal: AbortSignal,
): Promise<PreparedStart> {
  const problem = fileSystems.refuses(start.spec);
  if (problem !== null) throw new Error(problem);
  const startFolder = path.join(folder, startFolderName);
  const { keep, ...prepared } = await prepareArtifact(start, packages, startFolder, signal);
  const files = [...(prepared.files ?? []), ...collectStartFiles(start.spec.task)];
  const namespace = await fileSystems.prepare(start, keep, signal);
  return {
    ...prepared,
    ...(files.length === 0 ? {} : { files }),
    ...(namespace === null ? {} : { namespace }),
  };
}

async function prepareArtifact(
  start: AttemptStart,
  packages: PackageRunner | null,
  startFolder: string,
  signal: AbortSignal,
): Promise<PreparedStart & { readonly keep: readonly string[] }> {
  const { task } = start.spec;
  if (task.artifact.kind === 'script') {
    const { argv, file } = scriptStart(task.artifact, task.argv, startFolder);
    return { start: withArgv(start, argv), files: [file], note: '', keep: [] };
  }
  if (task.artifact.kind !== 'package') return { start, note: '', keep: [] };
  if (packages === null) throw new Error('this server runs no packages');
  const prepared = await packages.prepare({
    attemptId: start.attemptId,
    artifact: task.artifact,
    via: 'folder',
    argv: task.argv,
    startFolder,
    signal,
  });
  return {
    start: withArgv({ ...start, env: { ...prepared.env, ...start.env } }, prepared.argv),
    files: [
      ...prepared.files.map((file) => startFile(file, startFolder)),
      ...(prepared.note === '' ? [] : [{ name: noteFileName, content: prepared.note }]),
    ],
    note: prepared.note,
    keep: [prepared.folder],
  };
}

function withArgv(start: AttemptStart, argv: readonly string[]): AttemptStart {
  return { ...start, spec: { ...start.spec, task: { ...start.spec.task, argv } } };
}

function startFile(file: AttemptFile, startFolder: string): StartFile {
  const name = path.relative(startFolder, file.path);
  if (name === path.basename(name)) return { name, content: file.content };
  throw new Error(`${file.path} is not directly in ${startFolder}`);
}
