import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProgram } from '../../support/program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeFile } from 'node:fs/promises';

test('secrets do not reach the log, at any of the depths we log at', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'logs.ts');
  const source = new URL('../../../src/app/log.ts', import.meta.url).href;
  await writeFile(
    file,
    `import { createLog } from ${JSON.stringify(source)};
const log = createLog('info');
log.info({ secret: 'top-secret', key: { accessKeySecret: 'top-secret' } }, 'a');
log.info({ req: { headers: { authorization: 'top-secret' } }, url: 'kept' }, 'b');
`,
  );
  const program = startProgram(t, file, []);
  assert.equal((await program.ended()).code, 0, program.stderr());
  const written = program.stderr();
  assert.doesNotMatch(written, /top-secret/);
  assert.match(written, /\[secret\]/);
  assert.match(written, /"url":"kept"/);
});
