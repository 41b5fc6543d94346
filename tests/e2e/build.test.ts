import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { needs } from '../support/tools.ts';
import { startProgram } from '../support/program.ts';
import { dataFolder } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const BUILD_TIMEOUT_MS = 120_000;

test(
  'the built program runs a job as the sources do, its supervisor too',
  needs('bash'),
  async (context) => {
    const installed = await temporaryFolder(context);
    await promisify(execFile)(
      process.execPath,
      [
        join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
        '-p',
        join(root, 'tsconfig.build.json'),
        '--outDir',
        join(installed, 'dist'),
      ],
      { timeout: BUILD_TIMEOUT_MS },
    );
    // As the package is published: bin, dist and package.json, without sources.
    await cp(join(root, 'package.json'), join(installed, 'package.json'));
    await cp(join(root, 'bin'), join(installed, 'bin'), { recursive: true });
    await symlink(join(root, 'node_modules'), join(installed, 'node_modules'));

    const main = join(installed, 'bin', 'longshore');
    const dataDir = await dataFolder(context);
    const server = startProgram(context, main, ['up', '--data', dataDir, '--port', '0']);
    await server.line((line) => /http:\/\/127\.0\.0\.1:\d+/.test(line));
    const run = async (args: readonly string[]): Promise<string> => {
      const program = startProgram(context, main, [...args]);
      const { code } = await program.ended();
      assert.equal(code, 0, program.stderr());
      return program.lines.join('\n');
    };
    await run(['templates', 'create', 'built', '--data', dataDir, '--', 'true']);
    assert.match(await run(['run', 'built', '--wait', '--data', dataDir]), /: succeeded/);
    server.kill('SIGTERM');
    assert.equal((await server.ended()).code, 0);
  },
);
