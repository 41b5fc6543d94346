/** The house rules of ARCHITECTURE.md as data. A new folder in src/ starts with a row here. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, test } from 'node:test';
import {
  forbiddenArrows,
  importCycles,
  importsOf,
  readSources,
  type Room,
} from './support/arrows.ts';

const MAX_SOURCE_LINES = 400;

const core = ['domain', 'lib'];
const adapter = ['ports', ...core];
const dialect = ['engine/index.ts', 'dialects/kit', ...core];
const network = ['node:http', 'node:https', 'node:http2', 'node:net', 'node:tls', 'node:dgram'];
// The engine gets time, chance, files and processes through ports, so that it can be simulated.
const outsideWorld = [...network, 'node:fs', 'node:fs/promises', 'node:child_process'];
const timers = ['node:timers', 'node:timers/promises', 'node:perf_hooks'];

const rooms: readonly Room[] = [
  { path: 'main.ts', may: ['cli'] },

  { path: 'lib', may: [] },
  // node:net is allowed for its pure part: telling and matching addresses.
  {
    path: 'domain',
    may: [],
    // Arithmetic without a clock of its own.
    packages: ['croner'],
    notBuiltins: [...outsideWorld, ...timers].filter((name) => name !== 'node:net'),
  },
  { path: 'ports', may: ['domain'], packages: [], notBuiltins: [...outsideWorld, ...timers] },
  {
    path: 'engine',
    may: adapter,
    // The interface of tracing, which does nothing by itself.
    packages: ['@opentelemetry/api'],
    notBuiltins: [...outsideWorld, ...timers],
  },

  { path: 'stores/sql', may: adapter },
  { path: 'stores/sqlite', may: [...adapter, 'stores/sql'] },
  { path: 'stores/postgres', may: [...adapter, 'stores/sql'] },
  // Copies between databases by their own catalogues; knows no store's statements.
  { path: 'stores/transfer', may: [...adapter, 'stores/sql'] },
  { path: 'stores/logs', may: adapter },

  // What is kept of attempts on this machine, packages, mounts: shared by executors.
  { path: 'executors/attempts', may: adapter },
  { path: 'executors/packages', may: [...adapter, 'executors/attempts'] },
  { path: 'executors/mounts', may: [...adapter, 'executors/attempts'] },
  {
    path: 'executors/process',
    may: [...adapter, 'executors/attempts', 'executors/packages', 'executors/mounts'],
  },
  // Runs apart from the server and outlives it: little code, and none that can change its mind.
  {
    path: 'executors/process/supervisor',
    may: ['executors/process/protocol.ts'],
    packages: [],
    notBuiltins: network.filter((name) => name !== 'node:net'),
  },
  {
    path: 'executors/container',
    may: [...adapter, 'executors/attempts', 'executors/packages', 'executors/mounts'],
  },
  { path: 'executors/http', may: [...adapter, 'executors/attempts'] },
  { path: 'executors/kubernetes', may: adapter },
  { path: 'executors/worker', may: adapter },
  { path: 'executors/transfer', may: [...adapter, 'executors/attempts'] },

  { path: 'connectors/sql', may: adapter },
  { path: 'connectors/files', may: adapter },
  { path: 'connectors/postgres', may: [...adapter, 'connectors/sql'] },
  { path: 'connectors/mysql', may: [...adapter, 'connectors/sql'] },
  { path: 'connectors/sqlite', may: [...adapter, 'connectors/sql'] },
  { path: 'connectors/local', may: [...adapter, 'connectors/files'] },
  { path: 'connectors/ftp', may: [...adapter, 'connectors/files'] },
  { path: 'connectors/http', may: [...adapter, 'connectors/files'] },
  { path: 'connectors/warehouse', may: [...adapter, 'connectors/files'] },
  { path: 'connectors/s3', may: [...adapter, 'connectors/files'] },
  { path: 'connectors/sftp', may: [...adapter, 'connectors/files'] },

  { path: 'dialects/kit', may: ['engine/index.ts', ...core] },
  { path: 'dialects/aliyun', may: dialect },
  { path: 'dialects/huawei', may: dialect },
  { path: 'dialects/sae', may: [...dialect, 'dialects/aliyun'] },
  { path: 'dialects/schedulerx', may: [...dialect, 'dialects/aliyun'] },
  { path: 'dialects/cdm', may: [...dialect, 'dialects/huawei'] },
  { path: 'dialects/native', may: dialect },

  {
    path: 'app',
    may: ['dialects', 'engine', 'stores', 'executors', 'connectors', ...adapter],
  },

  // A client like any other; only the commands that start a server or open its store go deeper.
  // How a client finds a server on its machine is part of the native API.
  {
    path: 'cli',
    may: ['cli', 'dialects/native/discovery.ts', ...core],
    mayTypes: ['dialects/native', 'app/config.ts'],
  },
  ...['up', 'config', 'doctor', 'move', 'backup', 'restore'].flatMap((command) =>
    [`cli/${command}.ts`, `cli/commands/${command}.ts`, `cli/commands/${command}`].map((path) => ({
      path,
      may: ['app', 'cli', ...core],
      mayTypes: ['dialects/native'],
    })),
  ),
];

const src = join(import.meta.dirname, '..', 'src');
const paths = filesUnder(src, '**/*.{ts,mts,js,mjs}').filter((path) => !path.endsWith('.d.ts'));
const sources = readSources(src, paths);

describe('architecture', () => {
  test('every import follows the table', () => {
    assert.deepEqual(forbiddenArrows(sources, rooms), []);
  });

  test('no modules import each other in a circle, types included', () => {
    assert.deepEqual(importCycles(sources), []);
  });

  test('src/ holds no tests', () => {
    const tests = paths.filter((path) =>
      /(\.|^)(test|spec)\.|(^|\/)(tests?|__tests__|mocks?)\//.test(path),
    );
    assert.deepEqual(tests, []);
  });

  test('no file or folder is called utils', () => {
    const everywhere = filesUnder(
      join(src, '..'),
      '{src,tests,scripts,bench,examples}/**/*.*',
    ).filter((path) => !path.includes('node_modules/'));
    const vague = everywhere.filter((path) => /(^|\/)util(s|ities)?(\.|\/)/.test(path));
    assert.deepEqual(vague, [], 'name a file after the one trade it has');
  });

  test(`no source file is longer than ${MAX_SOURCE_LINES} lines`, () => {
    const long = [...sources]
      .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_SOURCE_LINES);
    assert.deepEqual(long, []);
  });
});

describe('the checker itself', () => {
  const planted = (files: Record<string, string>): readonly string[] =>
    forbiddenArrows(new Map(Object.entries(files)), rooms);

  test('finds a planted bad arrow, whatever the form of the import', () => {
    for (const statement of [
      `import { open } from '../stores/sqlite/store.ts';`,
      `import type { Open } from '../stores/sqlite/store.ts';`,
      `import {\n  open,\n  type Open,\n} from "../stores/sqlite/store.ts";`,
      `import * as store from '../stores/sqlite/store.ts';`,
      `import '../stores/sqlite/store.ts';`,
      `export * from '../stores/sqlite/store.ts';`,
      `export type { Open } from '../stores/sqlite/store.ts';`,
      `const store = await import('../stores/sqlite/store.ts');`,
      `type Open = import('../stores/sqlite/store.ts').Open;`,
    ]) {
      const problems = planted({ 'engine/runs.ts': statement, 'stores/sqlite/store.ts': '' });
      assert.equal(problems.length, 1, statement);
      assert.match(
        problems[0] ?? '',
        /^src\/engine\/runs\.ts:1 imports stores\/sqlite\/store\.ts, but/,
      );
    }
  });

  test('allows what the table allows', () => {
    const problems = planted({
      'engine/runs.ts': `import type { Store } from '../ports/store.ts';\nimport { a } from './a.ts';`,
      'engine/a.ts': '// import { open } from "../stores/sqlite/store.ts";',
      'engine/index.ts': '',
      'ports/store.ts': `import type { Run } from '../domain/run.ts';`,
      'domain/run.ts': '',
      'dialects/sae/index.ts': `import type { Engine } from '../../engine/index.ts';`,
      'cli/commands/up.ts': `import { start } from '../../app/start.ts';`,
      'app/start.ts': `import 'fastify';`,
    });
    assert.deepEqual(problems, []);
  });

  test('tells a dialect that goes past the front door of the engine', () => {
    const [problem] = planted({
      'dialects/sae/index.ts': `import { x } from '../../engine/admission.ts';`,
      'engine/admission.ts': '',
    });
    assert.match(problem ?? '', /imports engine\/admission\.ts/);
  });

  test('tells types-only rooms from others', () => {
    const native = { 'dialects/native/client-types.ts': '' };
    const path = '../dialects/native/client-types.ts';
    assert.deepEqual(
      planted({ ...native, 'cli/runs.ts': `import type { A } from '${path}';` }),
      [],
    );
    assert.equal(planted({ ...native, 'cli/runs.ts': `import { A } from '${path}';` }).length, 1);
  });

  test('finds unknown folders, test helpers, foreign packages and missing files', () => {
    assert.match(planted({ 'misc/a.ts': '' })[0] ?? '', /no folder of the table/);
    assert.match(planted({ 'stores/oracle/a.ts': '' })[0] ?? '', /no folder of the table/);
    const bad = (statement: string): string => planted({ 'engine/a.ts': statement })[0] ?? '';
    assert.match(bad(`import { until } from '../../tests/support/until.ts';`), /outside src/);
    assert.match(bad(`import test from 'node:test';`), /tests live in tests/);
    assert.match(bad(`import fastify from 'fastify';`), /package fastify/);
    assert.match(bad(`import { readFile } from 'node:fs/promises';`), /node:fs\/promises/);
    assert.match(bad(`import { b } from './b.ts';`), /not a source file/);
  });

  test('finds a circle of three, and a circle of types', () => {
    const files = {
      'domain/a.ts': `import { b } from './b.ts';`,
      'domain/b.ts': `import type { C } from './c.ts';`,
      'domain/c.ts': `export type { A } from './a.ts';`,
    };
    const cycles = importCycles(new Map(Object.entries(files)));
    assert.deepEqual(cycles, ['domain/a.ts -> domain/b.ts -> domain/c.ts -> domain/a.ts']);
  });

  test('reads imports and nothing else', () => {
    const source = `import a, { b } from 'pkg/sub';\n// import('x')\nexport const from = 'y';\nexport default 'w';\nexport {\n  z,\n};\n`;
    assert.deepEqual(importsOf(source), [{ specifier: 'pkg/sub', typeOnly: false, line: 1 }]);
  });
});

function filesUnder(folder: string, pattern: string): readonly string[] {
  return globSync(pattern, { cwd: folder })
    .map((path) => path.split(sep).join('/'))
    .toSorted();
}
