import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanup } from '../../support/temporary-folder.ts';

const mountDeadlineMs = 10_000;
/** Sizes of the writes that fill it, down to where not even a small one fits. */
const chunkBytes = [1024 * 1024, 4096] as const;

/** A file system of a few megabytes. */
export interface SmallDisk {
  readonly folder: string;
  /** Writes until nothing more fits. */
  fill(): void;
  /** Gives the room back. */
  free(): void;
}

/**
 * Why there can be no small disk here; null when there can.
 * @throws Error instead, where nothing may be skipped (CI, LONGSHORE_REQUIRE_ALL=1).
 */
export function missingSmallDisk(): string | null {
  if (process.platform === 'linux' && process.getuid?.() === 0) return null;
  const text = 'a full disk goes untested: mounting a small one takes Linux and root';
  const required = ['true', '1'].includes(process.env['CI'] ?? '');
  if (required || process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(text);
  return text;
}

/** Mounts a tmpfs; it goes after the test. @throws Error with what `mount` says. */
export async function mountSmallDisk(
  cleanup: Cleanup,
  folder: string,
  mebibytes: number,
): Promise<SmallDisk> {
  await mkdir(folder);
  run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'tmpfs', folder]);
  // Lazily: a process that is just ending may still have a file open.
  cleanup.after(() => run('umount', ['-l', folder]));
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (const bytes of chunkBytes) fillBy(file, Buffer.alloc(bytes));
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
  };
}

function fillBy(file: number, chunk: Buffer): void {
  for (;;) {
    try {
      if (writeSync(file, chunk) < chunk.length) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}

function run(command: string, args: readonly string[]): void {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: mountDeadlineMs });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr}`);
}
