/** GET then PUT of what was read changes nothing (cdm.md §3.2.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ConfigValues,
  readConfigValues,
} from '../../../../../src/dialects/cdm/values/config-values.ts';
import { encodeExtended } from '../../../../../src/dialects/cdm/values/extended.ts';
import { renderValues } from '../../../../../src/dialects/cdm/values/render-values.ts';
import {
  keepSecrets,
  maskValues,
  openValues,
  sealValues,
} from '../../../../../src/dialects/cdm/values/secrets.ts';

const groups = ['from', 'to', 'driver', 'link'] as const;
const seal = (text: string, purpose: string): string =>
  `sealed(${purpose})${Buffer.from(text).toString('hex')}`;
const unseal = (sealed: string, purpose: string): string => {
  const prefix = `sealed(${purpose})`;
  assert.ok(sealed.startsWith(prefix), sealed);
  return Buffer.from(sealed.slice(prefix.length), 'hex').toString();
};

const word = fc.constantFrom(
  'linkConfig.password',
  'linkConfig.host',
  'fromJobConfig.whereClause',
  'toJobConfig.dek',
  'schedulerConfig.startDate',
  'throttlingConfig.numExtractors',
  'fromJobConfig.formats',
);
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('%20', '100%', '%FF', '%25', 'a b&c', 'Add password', "'%2520%'"),
  fc.integer(),
  fc.boolean(),
);
const map = fc.dictionary(fc.constantFrom('password', 'region', 'path'), fc.string());
const pairs = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('sk', 'column'), value: fc.string() }),
  { maxLength: 3, selector: ({ name }) => name },
);
const wire = fc.record({
  configs: fc.array(
    fc.record({
      name: fc.constantFrom('linkConfig', 'fromJobConfig'),
      inputs: fc.array(fc.record({ name: word, value: fc.oneof(scalar, map, pairs) }), {
        maxLength: 5,
      }),
    }),
    { maxLength: 3 },
  ),
  'extended-configs': fc.option(
    map.map((fields) => ({ name: 'fromJobConfig.extendedFields', value: encodeExtended(fields) })),
    { nil: undefined },
  ),
});

/** Each name once in a group, as clients send it. */
function unique(values: ConfigValues): boolean {
  const names = values.configs.flatMap(({ inputs }) => inputs.map(({ name }) => name));
  return new Set(names).size === names.length;
}

test('what a client reads and sends back says the same', () => {
  fc.assert(
    fc.property(wire, fc.constantFrom(...groups), (sent, group) => {
      const first = keepSecrets(readConfigValues(sent, 'x'), null);
      fc.pre(unique(first));
      const stored: unknown = JSON.parse(JSON.stringify(sealValues(first, seal)));
      assert.deepEqual(openValues(stored, unseal), JSON.parse(JSON.stringify(first)));
      const shown = JSON.parse(
        JSON.stringify(renderValues(maskValues(stored as ConfigValues), group)),
      ) as object;
      const again = keepSecrets(readConfigValues(shown, 'x'), openValues(stored, unseal));
      assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(first)));
    }),
    { numRuns: 500 },
  );
});

test('secrets are sealed where they lie, and shown nowhere', () => {
  const sent = {
    configs: [
      {
        name: 'linkConfig',
        inputs: [
          { name: 'linkConfig.password', value: 'hunter2' },
          { name: 'linkConfig.accessKey', value: 'AK42' },
          { name: 'linkConfig.properties', value: { securityToken: 'hunter2' } },
        ],
      },
    ],
    'extended-configs': {
      name: 'linkConfig.extendedFields',
      value: encodeExtended({ securityKey: 'hunter2', zone: 'a' }),
    },
  };
  const values = readConfigValues(sent, 'x');
  const stored = JSON.stringify(sealValues(values, seal));
  const shown = JSON.stringify(renderValues(maskValues(values), 'link'));
  for (const text of [stored, shown]) {
    assert.doesNotMatch(text, /hunter2/);
    const extended = /"value":"([A-Za-z0-9+/=]{20,})"/.exec(text)?.[1] ?? '';
    const swapped = extended.replace(/[JL]/g, (letter) => (letter === 'J' ? 'L' : 'J'));
    assert.doesNotMatch(Buffer.from(swapped, 'base64').toString(), /hunter2/);
  }
  assert.match(shown, /Add password here/);
  assert.match(shown, /AK42/);
});

test('a placeholder and an empty text keep the stored secret, another one replaces it', () => {
  const of = (value: string): ConfigValues =>
    readConfigValues(
      { configs: [{ name: 'linkConfig', inputs: [{ name: 'linkConfig.password', value }] }] },
      'x',
    );
  const kept = (value: string): unknown =>
    keepSecrets(of(value), of('old')).configs[0]?.inputs[0]?.value;
  assert.equal(kept('Add password here'), 'old');
  assert.equal(kept('Add password here.'), 'old');
  assert.equal(kept('Add%20password%20here'), 'old');
  assert.equal(kept(''), 'old');
  assert.equal(kept('new'), 'new');
  assert.equal(keepSecrets(of('Add password here'), null).configs[0]?.inputs[0]?.value, '');
});

test('what clients really send is tolerated', () => {
  const values = readConfigValues(
    {
      configs: [
        { name: 'jarConfig', inputs: {} },
        {
          name: 'x',
          inputs: [
            { name: 'x.a', values: 7 },
            { name: 'x.b', value: null },
          ],
          id: 3,
        },
      ],
    },
    'x',
  );
  assert.deepEqual(values.configs[0]?.inputs, []);
  assert.deepEqual(values.configs[1]?.inputs, [{ name: 'x.a', value: '7', type: '' }]);
  assert.equal(values.configs[1]?.id, 3);
});

test('what is no configuration is refused by its place', () => {
  const code = (raw: unknown): unknown => {
    try {
      return readConfigValues(raw, 'from-config-values');
    } catch (error) {
      return (error as { code: string; message: string }).message;
    }
  };
  assert.match(String(code({ configs: 'x' })), /from-config-values\.configs must be an array/);
  assert.match(String(code([])), /from-config-values must be an object/);
  assert.match(
    String(code({ configs: [{ inputs: [{ value: 1 }] }] })),
    /from-config-values\.configs\[0\]\.inputs\[0\]\.name/,
  );
  assert.match(
    String(code({ 'extended-configs': { name: 'a', value: '!' } })),
    /extended-configs\.value is not the base64 text/,
  );
});
