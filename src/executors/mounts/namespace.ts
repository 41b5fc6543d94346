import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { HostAlias } from '../../domain/template.ts';
import type { AttemptFile } from '../../ports/executor.ts';
import type { Bind } from './contract.ts';
import { maxHostsBytes, maxMountsPerJob, namespaceProbeMs } from './limits.ts';
import { wrapArgv } from './namespace-argv.ts';
import type { NamespaceMode, NamespaceUser } from './namespace-argv.ts';
import { NamespaceView } from './namespace-view.ts';
import type { MountLine } from './namespace-view.ts';

/** What a process of this machine is to find where this machine has it not. */
export interface NamespaceWish {
  readonly binds: readonly Bind[];
  /** Read-only files; absolute paths. */
  readonly files: readonly AttemptFile[];
  /** Lines that come before those of this machine's hosts file. */
  readonly hostAliases: readonly HostAlias[];
  /** Folders of this machine that must be found at their own paths, e.g. that of the attempt. */
  readonly keep: readonly string[];
}

/** Mounts that are planned and wait for `wrapArgv`. */
export interface PreparedNamespace {
  /** Holds the table of mounts and what was made for them; goes when the attempt is removed. */
  readonly folder: string;
  readonly mode: NamespaceMode;
}

const hostsPath = '/etc/hosts';
/** Nothing may be mounted at or below these: programs need them as they are. */
const fixedPaths = ['/proc', '/sys', '/dev'];

/** Root makes mount namespaces as it is, everybody else inside a user namespace. */
export function namespaceMode(): NamespaceMode {
  return process.getuid?.() === 0 ? 'root' : 'user';
}

/**
 * Plans a private mount namespace under `<scratchFolder>/namespace`. Nothing is mounted yet; the
 * mounts are made by `wrapArgv` and vanish with the last process that sees them.
 * @throws Error that names the mount and the remedy.
 */
export async function prepareNamespace(
  wish: NamespaceWish,
  scratchFolder: string,
): Promise<PreparedNamespace> {
  const folder = path.join(scratchFolder, 'namespace');
  await fs.promises.rm(folder, { recursive: true, force: true });
  // Closed to others: it holds the contents of ConfigMaps.
  await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 });
  const view = await NamespaceView.create(folder);
  const binds = [...wish.binds, ...(await writeFiles(wish, folder))];
  if (binds.length > maxMountsPerJob) {
    throw new Error(`${binds.length} mounts are too many; at most ${maxMountsPerJob} are possible`);
  }
  const bound: Bind[] = [];
  // Parents come first, so that a mount inside another one is seen.
  for (const bind of binds.toSorted((a, b) => byPath(a.mountPath, b.mountPath))) {
    checkPath(bind.mountPath);
    const at = await view.bind(bind.hostPath, bind.mountPath, bind.readOnly).catch(named(bind));
    const hidden = bound.find((other) => `${other.mountPath}/`.startsWith(`${at}/`));
    if (hidden !== undefined) {
      throw new Error(`the mount at ${bind.mountPath} would hide the one at ${hidden.mountPath}`);
    }
    bound.push({ ...bind, mountPath: at });
  }
  for (const kept of wish.keep) {
    const hostPath = await fs.promises.realpath(kept);
    if ((await view.behind(kept)) === hostPath) continue;
    const mountPath = await view.bind(hostPath, kept, false).catch((error: Error) => {
      throw new Error(`a mount hides ${kept}, which the job needs: ${error.message}`);
    });
    bound.push({ hostPath, mountPath, readOnly: false });
  }
  await writePlan(folder, view.lines(), bound);
  return { folder, mode: namespaceMode() };
}

/**
 * Tries a mount namespace out with a harmless program.
 * @returns why there can be none for jobs of this user, with the remedy; null when there can.
 */
export async function namespaceProblem(user: NamespaceUser | null): Promise<string | null> {
  const remedy =
    namespaceMode() === 'root'
      ? 'give the server CAP_SYS_ADMIN and the programs unshare, setpriv and mount of util-linux 2.36 or newer'
      : 'start the server as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1)';
  const scratch = await fs.promises.mkdtemp(path.join(os.tmpdir(), 'longshore-namespace-'));
  try {
    const wish = { binds: [], files: [], hostAliases: [], keep: [] };
    const namespace = await prepareNamespace(wish, scratch);
    const words = await probe(wrapArgv(namespace, user, ['/bin/true']));
    if (words === null) return null;
    return `this machine makes no mount namespace for jobs (${words}); ${remedy}, or run the job as a container`;
  } catch (error) {
    return `a mount namespace could not be tried out: ${(error as Error).message}`;
  } finally {
    await fs.promises.rm(scratch, { recursive: true, force: true });
  }
}

/** Lays ConfigMaps and the hosts file down where they are bound from. */
async function writeFiles(wish: NamespaceWish, folder: string): Promise<readonly Bind[]> {
  const contents = new Map(wish.files.map(({ path: at, content }) => [at, content]));
  if (wish.hostAliases.length > 0) {
    const own = contents.get(hostsPath) ?? (await readHosts());
    const lines = wish.hostAliases.map(({ ip, hostName }) => `${ip}\t${hostName}\n`);
    contents.set(hostsPath, `${lines.join('')}${own}`);
  }
  await fs.promises.mkdir(path.join(folder, 'files'));
  const binds: Bind[] = [];
  for (const [mountPath, content] of contents) {
    const hostPath = path.join(folder, 'files', `${binds.length}`);
    await fs.promises.writeFile(hostPath, content, { mode: 0o444 });
    // The file's own mode must let the job's user read it, whatever our umask is.
    await fs.promises.chmod(hostPath, 0o444);
    binds.push({ hostPath, mountPath, readOnly: true });
  }
  return binds;
}

async function readHosts(): Promise<string> {
  try {
    const { size } = await fs.promises.stat(hostsPath);
    return size > maxHostsBytes ? '' : await fs.promises.readFile(hostsPath, 'utf8');
  } catch {
    return '';
  }
}

async function writePlan(
  folder: string,
  lines: readonly MountLine[],
  bound: readonly Bind[],
): Promise<void> {
  const table = lines.map(
    ({ source, target, options }) => `${escaped(source)} ${escaped(target)} none ${options} 0 0\n`,
  );
  const identities: string[] = [];
  for (const { hostPath } of bound) {
    const { dev, ino } = await fs.promises.stat(hostPath, { bigint: true });
    if ((await fs.promises.realpath(hostPath)) !== hostPath) {
      throw new Error(`${hostPath} is no real path any more; something replaced it`);
    }
    identities.push(`${dev}:${ino}\n`);
  }
  const targets = bound.map(({ mountPath }) => `${path.join(folder, 'root', mountPath)}\0`);
  await fs.promises.writeFile(path.join(folder, 'mounts'), table.join(''), { mode: 0o600 });
  await fs.promises.writeFile(path.join(folder, 'bound'), targets.join(''), { mode: 0o600 });
  await fs.promises.writeFile(path.join(folder, 'identities'), identities.join(''), {
    mode: 0o600,
  });
}

function checkPath(mountPath: string): void {
  const normal = path.posix.normalize(mountPath);
  const fixed = fixedPaths.some((at) => normal === at || normal.startsWith(`${at}/`));
  if (normal !== '/' && !fixed && normal.startsWith('/') && !normal.includes('\0')) return;
  throw new Error(
    `nothing can be mounted at ${JSON.stringify(mountPath)} of a process; choose another path, or run the job as a container`,
  );
}

function named({ mountPath }: Bind): (error: Error) => never {
  return (error) => {
    throw new Error(`the mount at ${mountPath}: ${error.message}`, { cause: error });
  };
}

function byPath(a: string, b: string): number {
  if (a === b) return 0;
  return `${a}/` < `${b}/` ? -1 : 1;
}

/** A field of the table; see fstab(5). */
function escaped(field: string): string {
  return field.replaceAll(/[\\ \t\n#]/g, (letter) => {
    return `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}

function probe([program, ...args]: readonly [string, ...string[]]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: namespaceProbeMs,
    });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        if (words.length < 500) words += text;
      });
    }
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      const [first = ''] = words.trim().split('\n');
      resolve(code === 0 ? null : first || `${program} ended with ${code ?? signal}`);
    });
  });
}
