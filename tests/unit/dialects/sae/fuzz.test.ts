/** Any values of the parameters at all: taken or refused in words, and what is taken is sound. */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { WireError } from '../../../../src/dialects/aliyun/errors.ts';
import { jobParameters } from '../../../../src/dialects/sae/parameters/job-parameters.ts';
import { applyOverrides } from '../../../../src/dialects/sae/translate/override.ts';
import type { Task, TemplateRevision } from '../../../../src/domain/template.ts';
import { jobShapes } from './job-shapes.ts';
import {
  configMapOf,
  created,
  factsOf,
  fatJar,
  revisionOf,
  secretOf,
  settings,
  smallest,
  templateOf,
  updated,
} from './support.ts';

describe('any parameters at all', () => {
  const parts = ['mounts', 'envFrom', 'collect', 'hostAliases'] as const;
  const names = jobParameters.map((row) => row.name);
  const texts = [
    'true',
    '',
    '1',
    '0',
    '[]',
    '{}',
    'null',
    '[{}]',
    '[[1]]',
    '{"exec":{"command":[]}}',
    '[{"name":"__proto__","value":"1"}]',
    '[{"__proto__":{"a":1}}]',
    '{"type":"time","config":"* * * * *"}',
    '{type:1}',
    '*'.repeat(300),
    '['.repeat(50_000),
    `${'['.repeat(40)}${']'.repeat(40)}`,
    `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  ];
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json({ maxDepth: 4 }),
    fc.constantFrom(...texts),
  );
  const garbage = fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 12 });
  const shapeNames = Object.keys(jobShapes) as (keyof typeof jobShapes)[];
  const nearlyRight = fc
    .subarray(shapeNames, { minLength: 1, maxLength: 4 })
    .chain((chosen) =>
      fc.tuple(
        fc.record(Object.fromEntries(chosen.map((name) => [name, jobShapes[name]]))),
        fc.option(fc.tuple(fc.constantFrom(...names), anything), { freq: 10 }),
      ),
    )
    .map(([shaped, wild]) => (wild === null ? shaped : { ...shaped, [wild[0]]: wild[1] }));
  const catalog = factsOf(
    [
      configMapOf(1, { a: '1', 'b.txt': '2' }),
      configMapOf(2, { '../c': '3', __proto__: '4', '': '5' }),
      configMapOf(3, { a: '1' }, 'cn-hangzhou:team'),
    ],
    secretOf(9),
  );

  const seen = { mounts: 0, envFrom: 0, collect: 0, hostAliases: 0 };
  const soundOrRefused = fc.property(
    fc.oneof(garbage, nearlyRight),
    fc.constantFrom(smallest, fatJar),
    fc.boolean(),
    (values, base, overBase) => {
      for (const attempt of [
        () =>
          created(overBase ? values : {}, overBase ? base : { ...base, ...values }, { catalog }),
        () => updated(base, values, { catalog }),
      ]) {
        try {
          const revision = revisionOf(attempt());
          assertPromises(revision);
          for (const part of parts) seen[part] += revision.spec.task[part]?.length ?? 0;
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }
    },
  );

  test('are taken or refused with a wire error, and what is taken keeps the engine’s promises', () => {
    fc.assert(soundOrRefused, { numRuns: 1000 });
  });

  test('reach every part that has promises', () => {
    // How often a part is met varies with the seed, so the generator is judged with one seed.
    for (const part of parts) seen[part] = 0;
    fc.assert(soundOrRefused, { numRuns: 1000, seed: 20_261_121 });
    for (const part of parts) {
      assert.ok(seen[part] > 20, `only ${seen[part]} of ${part}: the generator is no good`);
    }
  });

  test('ExecJob’s too', () => {
    const template = templateOf(
      {
        Envs: '[{"name":"A","value":"1"},{"name":"B","valueFrom":"configMapRef","configMapId":1,"key":"a"}]',
      },
      smallest,
      { catalog },
    );
    const jar = templateOf({}, fatJar);
    const shaped = fc.record(
      {
        Envs: jobShapes.Envs,
        Command: anything,
        CommandArgs: anything,
        JarStartArgs: anything,
        WarStartOptions: anything,
        Replicas: fc.constantFrom('1', '3', 'x', '99999999999'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shaped, fc.constantFrom(template, jar), (values, base) => {
        try {
          const { spec } = applyOverrides(base, defined(values), settings, catalog.configMaps);
          assertVariables(spec.task);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Without members that are undefined. */
function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** What `domain/template.ts` says about every revision, whoever wrote it. */
function assertPromises(revision: TemplateRevision): void {
  const { task } = revision.spec;
  assertVariables(task);
  const paths = (task.mounts ?? []).map(({ mountPath }) => mountPath);
  assert.equal(new Set(paths).size, paths.length, `two mounts on one path: ${paths.join()}`);
  for (const path of paths) assert.equal(path, posix.resolve('/', path));
  for (const { source } of task.mounts ?? []) {
    if (source.kind === 'volume') assert.ok(source.id !== '' || source.host !== '');
  }
  for (const { source } of task.collect ?? []) {
    if (source.kind === 'file') assert.match(source.path, /^(\/[^*/]+)*\/[^/]+$/);
  }
  const referred = new Set((revision.references ?? []).map(({ kind, id }) => `${kind} ${id}`));
  for (const source of task.envFrom ?? []) {
    const id = 'allOf' in source ? source.allOf : source.configMapId;
    assert.ok(referred.has(`config-map ${id}`));
  }
  // It is kept as JSON.
  assert.deepEqual(JSON.parse(JSON.stringify(revision.spec)), { ...revision.spec });
}

function assertVariables({ env, envFrom = [] }: Task): void {
  const named = envFrom.flatMap((source) => ('allOf' in source ? [] : [source.name]));
  assert.equal(new Set(named).size, named.length);
  for (const name of named) assert.ok(!Object.hasOwn(env, name), `${name} is given twice`);
  for (const [name, value] of Object.entries(env)) assert.doesNotMatch(`${name}${value}`, /\0/);
}
