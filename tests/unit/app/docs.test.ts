import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configurationPage } from '../../../src/app/config.ts';
import { nativePage } from '../../../src/dialects/native/coverage-page.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

for (const [path, page] of [
  ['operations/configuration.md', configurationPage()],
  ['dialects/native.md', nativePage()],
] as const) {
  test(`docs/${path} is what its source says (UPDATE_DOCS=1 rewrites it)`, async () => {
    const file = join(docs, path);
    if (process.env['UPDATE_DOCS'] === '1') await writeFile(file, page);
    assert.equal(await readFile(file, 'utf8'), page);
  });
}
