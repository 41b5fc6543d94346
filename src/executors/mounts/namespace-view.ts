import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { entriesPerTurn } from '../attempts/limits.ts';
import { maxLinks, maxRebuiltEntries } from './limits.ts';

/** One line of the table that `mount` works through. */
export interface MountLine {
  readonly source: string;
  /** Where it goes, in the root that is built. */
  readonly target: string;
  readonly options: 'rbind' | 'bind' | 'bind,ro' | 'rbind,nofail';
}

/** What lies behind a path of the job's view. */
interface Backing {
  /** Real path on this machine. */
  readonly path: string;
  /** True for what was made for this job alone: it may be added to. */
  readonly ours: boolean;
}

interface Found extends Backing {
  /** Path in the job's view, without links. */
  readonly view: string;
}

interface Lookup {
  readonly at: Found;
  /** What is missing below `at`; empty when the path is there. */
  readonly missing: readonly string[];
}

/**
 * The file system as a job will see it, before any mount is made: which real path lies behind a
 * path, and how a mount point comes to be where this machine has none. Nothing outside `folder` is
 * changed. A folder without the mount point is rebuilt in `folder`: what it holds is bound into
 * the new one, beside the new mount point, and the new one is bound over it.
 */
export class NamespaceView {
  readonly #folder: string;
  /** Into folders that are rebuilt. */
  readonly #taken: MountLine[] = [];
  /** Into the root, by path. */
  readonly #laid = new Map<string, MountLine>();
  readonly #placed = new Map<string, Backing>();
  #rebuilt = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** `folder` is empty; a folder `root` in it becomes the job's root. */
  static async create(folder: string): Promise<NamespaceView> {
    const view = new NamespaceView(folder);
    await fs.promises.mkdir(view.#root, { mode: 0o755 });
    view.#placed.set('/', { path: '/', ours: false });
    return view;
  }

  /** The mounts to make, in this order. */
  lines(): readonly MountLine[] {
    const rebuilt = this.#placed.get('/')?.ours === true;
    const whole: MountLine = { source: '/', target: this.#root, options: 'rbind' };
    // A folder may have been rebuilt after something was laid into it.
    const laid = [...this.#laid].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
    return [...(rebuilt ? [] : [whole]), ...this.#taken, ...laid];
  }

  /** The real path behind a path; null when there is none. */
  async behind(view: string): Promise<string | null> {
    const { at, missing } = await this.#find(view);
    return missing.length === 0 ? at.path : null;
  }

  /**
   * Binds a folder or file of this machine at a path, making the mount point for it.
   * @returns the path without links.
   * @throws Error with the remedy when that is impossible.
   */
  async bind(source: string, view: string, readOnly: boolean): Promise<string> {
    const isFolder = (await fs.promises.stat(source)).isDirectory();
    const target = await this.#mountPoint(view, isFolder);
    // Mounts that lie below the source would stay writable.
    const options = readOnly ? 'bind,ro' : 'rbind';
    this.#laid.set(target, { source, target: this.#inRoot(target), options });
    this.#placed.set(target, { path: source, ours: false });
    return target;
  }

  get #root(): string {
    return path.join(this.#folder, 'root');
  }

  #inRoot(view: string): string {
    return path.join(this.#root, view);
  }

  async #find(wanted: string): Promise<Lookup> {
    const pending = wanted.split('/').toReversed();
    const root: Found = { view: '/', ...(this.#placed.get('/') ?? { path: '/', ours: false }) };
    let trail: Found[] = [root];
    let links = 0;
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const at = trail.at(-1) ?? root;
      const view = path.join(at.view, part);
      const placed = this.#placed.get(view);
      if (placed !== undefined) {
        trail.push({ view, ...placed });
        continue;
      }
      const real = path.join(at.path, part);
      const stat = await lookAt(real, view);
      if (stat === null) return { at, missing: [part, ...pending.toReversed()].filter(isPart) };
      if (!stat.isSymbolicLink()) {
        trail.push({ view, path: real, ours: at.ours });
        continue;
      }
      links += 1;
      if (links > maxLinks) throw new Error(`${wanted} leads through too many symbolic links`);
      const to = await fs.promises.readlink(real);
      if (to.startsWith('/')) trail = [root];
      pending.push(...to.split('/').toReversed());
    }
    return { at: trail.at(-1) ?? root, missing: [] };
  }

  async #mountPoint(wanted: string, isFolder: boolean): Promise<string> {
    const { at, missing } = await this.#find(wanted);
    if (missing.length === 0) {
      const there = (await fs.promises.stat(at.path)).isDirectory();
      if (there === isFolder) return at.view;
      const what = there ? 'a folder, but a file' : 'a file, but a folder';
      throw new Error(
        `${wanted} is ${what} is to be mounted there; choose another path for the mount`,
      );
    }
    if (missing.includes('..')) throw new Error(`${wanted} leads through a folder that is missing`);
    const parent = at.ours ? at : await this.#rebuild(at, wanted);
    await this.#grow(parent.path, missing, isFolder);
    return path.join(parent.view, ...missing);
  }

  /** Makes what is missing, in a folder of the job's own. */
  async #grow(folder: string, missing: readonly string[], isFolder: boolean): Promise<void> {
    const last = path.join(folder, ...missing);
    await fs.promises.mkdir(isFolder ? last : path.dirname(last), { recursive: true, mode: 0o755 });
    if (!isFolder) await fs.promises.writeFile(last, '', { flag: 'wx', mode: 0o644 });
  }

  async #rebuild(at: Found, wanted: string): Promise<Found> {
    const stat = await fs.promises.stat(at.path);
    if (!stat.isDirectory()) {
      throw new Error(`${at.view} is no folder, so nothing can be mounted at ${wanted}`);
    }
    const shared = await judgeFolder(at.path, wanted);
    const isRoot = at.view === '/';
    const fresh = isRoot ? this.#root : path.join(this.#folder, `folder-${this.#rebuilt}`);
    this.#rebuilt += 1;
    if (!isRoot) await fs.promises.mkdir(fresh);
    // Other programs' files of a shared folder are none of the job's business.
    if (!shared) await this.#take(at, fresh);
    if (process.getuid?.() === 0) await fs.promises.chown(fresh, stat.uid, stat.gid);
    await fs.promises.chmod(fresh, stat.mode & 0o7777);
    if (!isRoot) {
      const target = this.#inRoot(at.view);
      this.#laid.set(at.view, { source: fresh, target, options: 'rbind' });
    }
    const found = { path: fresh, ours: true };
    this.#placed.set(at.view, found);
    return { view: at.view, ...found };
  }

  /** Binds everything that a folder holds into the new one; links are made again. */
  async #take(from: Found, fresh: string): Promise<void> {
    const entries = await fs.promises.readdir(from.path, { withFileTypes: true });
    if (entries.length > maxRebuiltEntries) {
      throw new Error(
        `${from.view} holds more than ${maxRebuiltEntries} entries, too many to mount something new in it; create the mount point on this machine`,
      );
    }
    for (const [at, entry] of entries.entries()) {
      // Not one promise for each: a folder of ordinary size is then ten times as fast.
      if (at % entriesPerTurn === 0) await new Promise(setImmediate);
      const source = path.join(from.path, entry.name);
      const target = path.join(fresh, entry.name);
      const view = path.join(from.view, entry.name);
      if (entry.isSymbolicLink()) {
        fs.symlinkSync(fs.readlinkSync(source), target);
        continue;
      }
      if (entry.isDirectory()) fs.mkdirSync(target);
      else fs.writeFileSync(target, '', { flag: 'wx' });
      // It may be gone until it is bound; then its empty place stays.
      this.#taken.push({ source, target, options: 'rbind,nofail' });
      if (!this.#placed.has(view)) this.#placed.set(view, { path: source, ours: false });
    }
  }
}

const isPart = (part: string): boolean => part !== '' && part !== '.';

async function lookAt(real: string, view: string): Promise<fs.Stats | null> {
  try {
    return await fs.promises.lstat(real);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ENOTDIR') {
      throw new Error(`${path.dirname(view)} is no folder, so ${view} cannot be mounted`, {
        cause: error,
      });
    }
    throw new Error(`${view} cannot be looked at: ${code ?? 'unknown error'}`, { cause: error });
  }
}

/**
 * Whether a folder is one that everybody writes into, like /tmp: the job then gets an empty one.
 * @throws Error when others could change under our hands what is bound by its name.
 */
async function judgeFolder(folder: string, wanted: string): Promise<boolean> {
  const own = process.getuid?.() ?? 0;
  const parts = folder.split('/').filter(isPart);
  let shared = false;
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const at = `/${parts.slice(0, depth).join('/')}`;
    const { uid, mode } = await fs.promises.stat(at);
    const isSticky = (mode & 0o1000) !== 0;
    const isOpen = (mode & 0o022) !== 0;
    if ((uid === 0 || uid === own) && (!isOpen || isSticky)) {
      shared = depth === parts.length && isOpen;
      continue;
    }
    throw new Error(
      `nothing lies at ${wanted}, and others can write to ${at}; create the mount point on this machine, or choose another path for the mount`,
    );
  }
  return shared;
}
