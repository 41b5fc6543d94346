/** Rules of console/README.md that a reader of its sources can check without a browser. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { importsOf } from '../support/arrows.ts';

const MAX_SOURCE_LINES = 400;

const folder = join(import.meta.dirname, '..', '..', 'console', 'src');
const files = globSync('**/*.{ts,tsx}', { cwd: folder }).toSorted();
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe('the console’s sources', () => {
  test('know the server by types of the native API alone', () => {
    const foreign = files.flatMap((file) =>
      importsOf(textOf(file))
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier, typeOnly }) => ({
          path: join('console', 'src', dirname(file), specifier),
          typeOnly,
          file,
        }))
        .filter(({ path }) => !path.startsWith('console/src/'))
        .filter(
          ({ path, typeOnly }) =>
            !typeOnly || !/^src\/dialects\/native\/(views\/|problem\.ts$)/.test(path),
        )
        .map(({ file: from, path }) => `${from} imports ${path}`),
    );
    assert.deepEqual(foreign, []);
  });

  test('never make markup of text', () => {
    const risky = /dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML|document\.write|\beval\(/;
    assert.deepEqual(
      files.filter((file) => risky.test(textOf(file))),
      [],
    );
  });

  test(`no file is longer than ${MAX_SOURCE_LINES} lines`, () => {
    assert.deepEqual(
      files.filter((file) => textOf(file).split('\n').length - 1 > MAX_SOURCE_LINES),
      [],
    );
  });

  test('pages are chunks of their own: nothing imports a page, or another page’s inside, eagerly', () => {
    const eager = files
      .filter((file) => !file.startsWith('pages/') && file !== 'layout/app.tsx')
      .flatMap((file) =>
        [...textOf(file).matchAll(/^import [^'"]*['"]([^'"]*\/pages\/[^'"]*)['"]/gm)].map(
          ([, specifier]) => `${file} imports ${specifier ?? ''}`,
        ),
      );
    assert.deepEqual(eager, []);
  });
});

/** Texts that are the same in every language: names, formats, code. */
const untranslated =
  /^(?:[\P{L}]*|Longshore|AccessKey ID|AccessKey Secret|.*\b(?:longshore|curl|aliyun|hcloud) .*)$/u;
const chinese = /\p{Script=Han}/u;

/** Names, and words that Chinese engineers write in Latin letters too. */
const latinTerms =
  /\b(?:cron|SQL|DDL|JSON|CSV|URL|HTTP|DAG|CPU|API|ID|UTC|CLI|SDK|TypeScript|Python|Parquet|UTF-8|NULL|stdout|stderr|Webhook|Token|IP|PID|OK|SHA-256|MD5|DST|P\d+|SAE|SchedulerX|CDM|XXL-JOB|PostgreSQL|MySQL|MariaDB|SQLite|S?FTP|S3|Prometheus|OpenTelemetry)\b/gi;

type Texts = { readonly [name: string]: unknown };

function compare(en: Texts, zh: Texts, where: string): readonly string[] {
  const names = new Set([...Object.keys(en), ...Object.keys(zh)]);
  return [...names].flatMap((name) => {
    const at = `${where}.${name}`;
    const [left, right] = [en[name], zh[name]];
    if (typeof left !== typeof right) return [`${at}: ${typeof left} and ${typeof right}`];
    if (typeof left === 'string') return isChinese(left, String(right)) ? [] : [`${at}: ${right}`];
    if (typeof left === 'function') {
      const text = tried(right as (...values: unknown[]) => unknown);
      return text === null || isChinese('', text) ? [] : [`${at}: ${text}`];
    }
    if (typeof left === 'object' && left !== null) {
      return compare(left as Texts, right as Texts, at);
    }
    return [];
  });
}

/** `english` is '' where it is not known. */
function isChinese(english: string, text: string): boolean {
  if (chinese.test(text) || untranslated.test(text)) return true;
  if (!/\p{L}{3,}/u.test(text.replaceAll(latinTerms, ''))) return true;
  // A word of code is the same everywhere: `minPodNum`, `s3://bucket/key`.
  return text === english && /^[a-z][\w.:/-]*$/.test(text);
}

/** What a text with values says; null when it takes more than texts and numbers. */
function tried(make: (...values: unknown[]) => unknown): string | null {
  try {
    const text = make('1', '2', '3', '4');
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}

describe('the console’s texts', () => {
  const english = files.filter((file) => /(^|\/)[\w-]*words\.en\.ts$/.test(file));

  test('are there, and one that was left in English is found', () => {
    assert.ok(english.length > 3);
    const en = { title: 'Runs', unit: 'kB', rows: (n: string) => `${n} rows` };
    assert.deepEqual(
      compare(en, { title: '运行', unit: 'kB', rows: (n: string) => `${n} 行` }, ''),
      [],
    );
    assert.deepEqual(compare(en, en, ''), ['.title: Runs', '.rows: 1 rows']);
    assert.deepEqual(compare(en, { title: '运行', unit: 'kB' }, ''), [
      '.rows: function and undefined',
    ]);
  });

  for (const file of english) {
    test(`${file} is complete in Chinese`, async () => {
      const { en } = (await import(join(folder, file))) as { en: Texts };
      const { zh } = (await import(join(folder, file.replace('.en.ts', '.zh.ts')))) as {
        zh: Texts;
      };
      assert.deepEqual(compare(en, zh, 'words'), []);
    });
  }
});
