import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { LogChunk } from '../../ports/executor.ts';
import { matchesCollectedPath } from '../../ports/log-store.ts';
import { maxCollectedTotalBytes } from './limits.ts';
import { readFileChunk } from './log.ts';

/**
 * Folder inside an attempt's own with copies of the files that its job asked to collect, each
 * named by `encodeURIComponent` of its path. It belongs to the job's user and is not trusted.
 */
export const collectedFolder = 'collected';

/** Bytes kept of one file: its newest. */
const maxFileBytes = 64 * 1024 * 1024;
/** Files collected of one attempt. */
const maxFiles = 200;
/** Longest name of a copy; file systems take 255 bytes. */
const maxNameBytes = 240;
/** Bytes of paths that looking for files may give. */
const maxListBytes = 1024 * 1024;
/** Longest time that looking for files, and copying them, may take each. */
const maxStepMs = 30_000;

/** Lists regular files, also behind links, as NUL-terminated paths. Arguments: folder, name, … */
const findScript = `
while [ $# -ge 2 ]; do
  find -L "$1" -maxdepth 1 -type f -name "$2" -print0 2>/dev/null
  shift 2
done`;

/**
 * Copies what is not copied yet, and prints a byte for each file that does not fit any more.
 * Arguments: most bytes of one file, of all, folder, then source and name, …
 */
const copyScript = `
umask 077
most=$1 left=$2
mkdir -p "$3" && cd "$3" || exit 1
shift 3
while [ $# -ge 2 ]; do
  if [ -f "$1" ] && [ -r "$1" ] && ! [ -e "$2" ]; then
    limit=$most
    [ "$left" -ge "$limit" ] || limit=$left
    tail -c "$limit" "$1" | head -c "$limit" > "$2.new" && mv -f "$2.new" "$2"
    if [ "$limit" -lt "$most" ] && [ "$(wc -c < "$1")" -gt "$limit" ]; then printf .; fi
  fi
  if [ -f "$2" ]; then left=$((left - $(wc -c < "$2"))); fi
  [ "$left" -ge 0 ] || left=0
  shift 2
done`;

/** What is to be collected at the end of an attempt that ran as a process of this machine. */
export interface HostFiles {
  /** The attempt's folder. */
  readonly folder: string;
  /** Absolute paths whose last part may hold `*`. */
  readonly patterns: readonly string[];
  /** The job's user; null = the server's own. */
  readonly uid: number | null;
  readonly gid: number | null;
}

/**
 * Copies the files of a job that has ended into its attempt's folder. All of it is done by
 * programs that run as the job's user, so that whatever lies in a file's place, nothing is read or
 * written that the job could not; bytes, files and time are bounded. What was copied before is
 * left as it is, so it can be repeated after a crash.
 * @param maxTotalBytes bytes kept of all files together.
 * @returns what could not be collected, in words; never throws.
 */
export async function collectHostFiles(
  wanted: HostFiles,
  maxTotalBytes: number = maxCollectedTotalBytes,
): Promise<readonly string[]> {
  const { folder, patterns } = wanted;
  const problems: string[] = [];
  try {
    const places = patterns.flatMap((pattern) => [
      path.posix.dirname(pattern),
      // In a name only `*` is a pattern.
      path.posix.basename(pattern).replace(/[\\?[\]]/g, '\\$&'),
    ]);
    const listed = (await run(findScript, places, wanted)).toString('utf8').split('\0');
    const found = listed.filter((file) => patterns.some((one) => matchesCollectedPath(one, file)));
    const pairs: string[] = [];
    for (const file of new Set(found)) {
      const name = encodeURIComponent(file);
      if (Buffer.byteLength(name) > maxNameBytes) {
        problems.push(`the path ${file.slice(0, 80)}… is too long to be collected`);
      } else if (pairs.length >= 2 * maxFiles) {
        problems.push(`only ${maxFiles} of ${new Set(found).size} files are collected`);
        break;
      } else {
        pairs.push(file, name);
      }
    }
    if (pairs.length > 0) {
      const inside = path.join(folder, collectedFolder);
      const args = [`${maxFileBytes}`, `${maxTotalBytes}`, inside, ...pairs];
      const cut = (await run(copyScript, args, wanted)).length;
      if (cut > 0) {
        problems.push(
          `only ${maxTotalBytes} bytes of all files are collected; ${cut} of the files are cut or empty`,
        );
      }
    }
  } catch (error) {
    problems.push(`files could not be collected: ${(error as Error).message}`);
  }
  return problems;
}

/** Paths of what was collected of an attempt; none when nothing was. */
export function collectedPaths(folder: string): readonly string[] {
  return inCollected(folder, [], (inside) => {
    return fs.readdirSync(inside).flatMap((name) => decoded(name) ?? []);
  }).toSorted();
}

/** Reads a piece of a collected file; null when it is not there. */
export function readCollectedChunk(
  folder: string,
  file: string,
  offset: number,
  maxBytes: number,
): LogChunk | null {
  return inCollected(folder, null, (inside) =>
    readFileChunk(path.join(inside, encodeURIComponent(file)), offset, maxBytes),
  );
}

/** Looks into the folder of copies itself, never into what a link in its place leads to. */
function inCollected<T>(folder: string, otherwise: T, look: (inside: string) => T): T {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
  let fd: number;
  try {
    fd = fs.openSync(path.join(folder, collectedFolder), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch {
    return otherwise;
  }
  try {
    return look(`/proc/self/fd/${fd}`);
  } catch {
    return otherwise;
  } finally {
    fs.closeSync(fd);
  }
}

/** The path that a copy's name stands for; null when it stands for none. */
function decoded(name: string): string | null {
  try {
    const file = decodeURIComponent(name);
    return file.startsWith('/') && encodeURIComponent(file) === name ? file : null;
  } catch {
    return null;
  }
}

/** Runs a shell script as the job's user. @throws Error when it fails, or takes too long. */
function run(
  script: string,
  args: readonly string[],
  { uid, gid }: Pick<HostFiles, 'uid' | 'gid'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', script, 'collect', ...args], {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      // Its own group, so that all of it can be ended.
      detached: true,
      ...(uid === null ? {} : { uid }),
      ...(gid === null ? {} : { gid }),
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    let problem: string | null = null;
    const end = (why: string): void => {
      problem ??= why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(() => end(`it took longer than ${maxStepMs / 1000} s`), maxStepMs);
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > maxListBytes) end(`there are more than ${maxListBytes} bytes of paths`);
      else pieces.push(piece);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (problem === null && code === 0) resolve(Buffer.concat(pieces));
      else reject(new Error(problem ?? `the shell ended with ${code}`));
    });
  });
}
