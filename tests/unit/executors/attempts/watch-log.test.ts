import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchLogFile } from '../../../../src/executors/attempts/watch-log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { within } from '../../../support/until.ts';

test('growth of an output is told; what is not there cannot be watched', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(
    watchLogFile(folder, 'stdout', () => {}),
    null,
  );
  await writeFile(join(folder, 'stdout'), 'begun\n');
  let told = Promise.withResolvers<void>();
  const end = watchLogFile(folder, 'stdout', () => told.resolve());
  assert.ok(end !== null);
  t.after(end);
  for (let round = 0; round < 3; round += 1) {
    told = Promise.withResolvers();
    await appendFile(join(folder, 'stdout'), 'a line\n');
    await within('its growth', told.promise);
  }
});
