import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

/** Below this, compressing costs more than it saves. */
const leastBytes = 512;

/** How long files of former builds stay. */
const formerFilesMs = 24 * 3_600_000;

const compressible = /\.(js|css|html|svg|json|txt)$/;

/**
 * Writes `.gz` and `.br` beside every asset, so that the server compresses nothing at run time, and
 * removes what builds of former days have left.
 */
export function compressAssets(): Plugin {
  let folder = '';
  return {
    name: 'longshore:compress-assets',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      const stale = await Promise.all(files.map(isFormer));
      await Promise.all(
        files.map(async (file, index) => {
          if (stale[index] === true) await rm(file, { force: true });
          else if (compressible.test(file) && !isCompressed(file, files)) await compress(file);
        }),
      );
    },
  };
}

/** A name with a hash stands for one content. */
function isCompressed(file: string, files: readonly string[]): boolean {
  return file.includes(`${sep}assets${sep}`) && files.includes(`${file}.br`);
}

async function isFormer(file: string): Promise<boolean> {
  return Date.now() - (await stat(file)).mtimeMs > formerFilesMs;
}

async function compress(file: string): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length < leastBytes) return;
  const gzipped = await promisify(gzip)(bytes, { level: 9 });
  const brotli = await promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  await Promise.all([writeFile(`${file}.gz`, gzipped), writeFile(`${file}.br`, brotli)]);
}
