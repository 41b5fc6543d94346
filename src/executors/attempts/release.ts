import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { openRegular, readReleased, releasedFile, type Released } from './folder.ts';
import { holeAlignBytes } from './limits.ts';

/** Whether `fallocate` punches holes here; unlearned by the first failure. */
let canPunch = true;

/**
 * Releases the oldest bytes of a log beyond `maxBytes`, for logs that only the caller writes.
 * Offsets do not move: a hole is punched where the bytes were. Where that is impossible the file
 * is emptied and its new beginning written down, so nothing else may write it meanwhile.
 * A full disk leaves it as it is for the next time.
 */
export async function releaseOldest(
  folder: string,
  stream: string,
  maxBytes: number,
): Promise<void> {
  const fd = openRegular(path.join(folder, stream), fs.constants.O_RDWR);
  if (fd === null) return;
  try {
    const { firstOffset, fileOffset } = readReleased(folder, stream);
    const size = fileOffset + fs.fstatSync(fd).size;
    if (size - firstOffset <= maxBytes + holeAlignBytes) return;
    const end = Math.floor((size - fileOffset - maxBytes) / holeAlignBytes) * holeAlignBytes;
    if (canPunch) {
      // Written before the bytes go, so that a reader never takes the hole for output.
      record(folder, stream, { firstOffset: fileOffset + end, fileOffset });
      canPunch = await punch(fd, end);
    }
    if (canPunch) return;
    fs.ftruncateSync(fd, 0);
    record(folder, stream, { firstOffset: size, fileOffset: size });
  } catch {
    // Disk full, or the folder is being removed.
  } finally {
    fs.closeSync(fd);
  }
}

function punch(fd: number, length: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(
      'fallocate',
      ['--punch-hole', '--offset', '0', '--length', `${length}`, '/proc/self/fd/3'],
      { stdio: ['ignore', 'ignore', 'ignore', fd] },
    );
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

function record(folder: string, stream: string, released: Released): void {
  const file = path.join(folder, releasedFile(stream));
  fs.writeFileSync(`${file}.new`, `${released.firstOffset} ${released.fileOffset}\n`, {
    mode: 0o600,
  });
  fs.renameSync(`${file}.new`, file);
}
