/**
 * The console's part of the setup: its packages, then its assets, each only when what they are
 * made from has changed. Needs no dependency; done within milliseconds when there is nothing to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUILD_TIMEOUT_MS = 5 * 60_000;
const MAX_BUILD_OUTPUT = 4 * 1024 * 1024;

/** What the assets are made from, below `console/`. */
const sourceFiles = [
  'index.html',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'compress-assets.ts',
];
const sourceFolders = ['src', 'public'];

/** Whether packages and assets belong to the checkout as it is. */
export function isConsoleReady(root) {
  return isInstalled(root) && isBuilt(root);
}

/**
 * Installs and builds what is not up to date. Call it under the setup's lock.
 * @param npm runs npm in a folder and throws when it fails.
 * @throws Error in words when the build fails.
 */
export function setUpConsole({ root, node, npm, say }) {
  const folder = join(root, 'console');
  if (!isInstalled(root)) {
    say('installing the console’s packages with npm ci ...');
    npm(folder);
    writeFileSync(installStamp(root), lockHash(root));
  }
  if (isBuilt(root)) return;
  say('building the console ...');
  const hash = sourceHash(root);
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js');
  const result = spawnSync(node, [vite, 'build', folder, '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MAX_BUILD_OUTPUT,
    timeout: BUILD_TIMEOUT_MS,
  });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    throw new Error(
      `vite could not build it (${result.error?.message ?? `exit ${result.status}`}); its words are above`,
    );
  }
  writeFileSync(buildStamp(root), hash);
}

function isInstalled(root) {
  return stampOf(installStamp(root)) === lockHash(root);
}

function isBuilt(root) {
  return stampOf(buildStamp(root)) === sourceHash(root);
}

function installStamp(root) {
  return join(root, 'console', 'node_modules', '.longshore-setup');
}

function buildStamp(root) {
  return join(root, 'console', 'dist', '.longshore-build');
}

function stampOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function lockHash(root) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  return hash.update(readFileSync(join(root, 'console', 'package-lock.json'))).digest('hex');
}

function sourceHash(root) {
  const folder = join(root, 'console');
  const inFolders = sourceFolders.flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  const files = [...sourceFiles.map((name) => join(folder, name)), ...inFolders].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(folder.length)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}
