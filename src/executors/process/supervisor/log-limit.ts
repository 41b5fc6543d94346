import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  files,
  holeAlignBytes,
  logPollMs,
  openRegular,
  readReleased,
  releasedFile,
} from '../protocol.ts';
import type { Released } from '../protocol.ts';

const streams = [files.stdout, files.stderr] as const;

/**
 * Keeps each output stream of running attempts near `maxLogBytes` by releasing the oldest bytes.
 * Offsets do not move: a hole is punched where they were. Where that is impossible the file is
 * emptied instead and its new beginning written down; bytes written in that very moment are lost.
 * Sizes are looked at every 250 ms while something grows fast, else up to every 2 s, and once at
 * the end, so a stream can exceed the limit for that long.
 */
export class LogLimit {
  readonly #maxLogBytes: number;
  readonly #folders = new Set<string>();
  readonly #busy = new Set<string>();
  #canPunch = true;
  #pauseMs: number = logPollMs.shortest;
  #timer: NodeJS.Timeout | null = null;

  constructor(maxLogBytes: number) {
    this.#maxLogBytes = maxLogBytes;
  }

  watch(folder: string): void {
    this.#folders.add(folder);
    this.#pauseMs = logPollMs.shortest;
    this.#schedule();
  }

  /** Ends watching with a last look. */
  unwatch(folder: string): void {
    this.#folders.delete(folder);
    this.#check(folder);
  }

  #schedule(): void {
    if (this.#timer !== null || this.#folders.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      let growing = false;
      for (const folder of this.#folders) growing = this.#check(folder) || growing;
      this.#pauseMs = growing ? logPollMs.shortest : Math.min(this.#pauseMs * 2, logPollMs.longest);
      this.#schedule();
    }, this.#pauseMs);
    this.#timer.unref();
  }

  /** Whether a stream is more than half full, so worth a closer look. */
  #check(folder: string): boolean {
    let full = false;
    for (const stream of streams) {
      const file = path.join(folder, stream);
      const bytes = fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (bytes <= this.#maxLogBytes / 2) continue;
      full = true;
      const { firstOffset, fileOffset } = readReleased(folder, stream);
      const size = fileOffset + bytes;
      if (size - firstOffset > this.#maxLogBytes + holeAlignBytes) {
        this.#release(folder, stream, size, fileOffset);
      }
    }
    return full;
  }

  #release(folder: string, stream: string, size: number, fileOffset: number): void {
    const file = path.join(folder, stream);
    if (this.#busy.has(file)) return;
    const fd = openRegular(file, fs.constants.O_RDWR);
    if (fd === null) return;
    if (!this.#canPunch) {
      this.#empty(folder, stream, fd);
      return;
    }
    const end =
      Math.floor((size - fileOffset - this.#maxLogBytes) / holeAlignBytes) * holeAlignBytes;
    const firstOffset = fileOffset + end;
    // Written before the bytes go, so that a reader never takes the hole for output.
    if (!record(folder, stream, { firstOffset, fileOffset })) {
      fs.closeSync(fd);
      return;
    }
    this.#busy.add(file);
    const child = spawn(
      'fallocate',
      ['--punch-hole', '--offset', '0', '--length', `${end}`, '/proc/self/fd/3'],
      { stdio: ['ignore', 'ignore', 'ignore', fd] },
    );
    const done = (punched: boolean): void => {
      if (!this.#busy.delete(file)) return;
      if (punched) fs.closeSync(fd);
      else {
        this.#canPunch = false;
        this.#empty(folder, stream, fd);
      }
    };
    child.on('error', () => done(false));
    child.on('exit', (code) => done(code === 0));
  }

  #empty(folder: string, stream: string, fd: number): void {
    try {
      const size = readReleased(folder, stream).fileOffset + fs.fstatSync(fd).size;
      fs.ftruncateSync(fd, 0);
      record(folder, stream, { firstOffset: size, fileOffset: size });
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** Replaces the record as a whole; never writes through something the job put in its place. */
function record(folder: string, stream: string, released: Released): boolean {
  const file = path.join(folder, releasedFile(stream));
  const fresh = `${file}.new`;
  try {
    fs.rmSync(fresh, { force: true });
    const text = `${released.firstOffset} ${released.fileOffset}\n`;
    fs.writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 });
    fs.renameSync(fresh, file);
    return true;
  } catch {
    // Disk full or folder removed meanwhile: the next look tries again.
    return false;
  }
}
