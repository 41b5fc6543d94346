import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TransferArtifact } from '../../../src/domain/template.ts';
import type { TransferDefinition } from '../../../src/domain/transfer/definition.ts';
import type { Link, LinkOptions } from '../../../src/domain/transfer/link.ts';
import { workOf, workOrProblem } from '../../../src/engine/transfer-work.ts';
import {
  definition,
  fromFiles,
  fromTable,
  postgresLink,
  toFiles,
  toTable,
} from '../../e2e/transfers/harness.ts';

const source: LinkOptions = {
  ...postgresLink('postgresql:///shop?host=db.example&user=u'),
};
const known: Readonly<Record<string, Partial<Link>>> = {
  a: { options: source, enabled: true },
  b: { options: { kind: 'local', share: 's' }, enabled: true },
  off: { options: source, enabled: false },
  missing: { options: null, enabled: true },
};
const links = {
  get: async (_namespace: string, name: string) => (known[name] ?? null) as Link | null,
};
const instantMs = Date.UTC(2026, 0, 31, 12);

const artifact = (
  parts: Parameters<typeof definition>[0],
  variables: Readonly<Record<string, string>> = {},
): TransferArtifact => ({
  kind: 'transfer',
  linkNamespace: 'n',
  definition: definition(parts),
  variables,
  environment: { city: 'Kiel', day: 'hidden' },
  timezone: 'UTC',
  version: '2.9',
});

const resolved = async (
  parts: Parameters<typeof definition>[0],
  variables?: Readonly<Record<string, string>>,
): Promise<TransferDefinition> =>
  (await workOf(artifact(parts, variables), instantMs, links)).definition;

describe('a data job as it stands at a time', () => {
  test('macros are resolved wherever they may stand, and nowhere else', async () => {
    const job = await resolved(
      {
        name: '${day}',
        from: fromTable('a', 'orders', { where: "d = '${day}' and c = '${city}'" }),
        to: toTable('b', 'orders_${dateformat(yyyyMMdd,-1,DAY)}', {
          before: 'call f(${timestamp()})',
        }),
        addedFields: [{ name: 'f', value: '${custom(database)} ${tableName} #{row[0]}' }],
        dirtyRows: {
          tolerate: true,
          maxPerShard: 1,
          maxPercent: null,
          copyTo: { link: 'b', bucket: '${day}', directory: 'dirty/${day}' },
        },
      },
      { day: '2026' },
    );
    assert.equal(job.name, '${day}');
    assert.deepEqual(job.from, fromTable('a', 'orders', { where: "d = '2026' and c = 'Kiel'" }));
    assert.deepEqual(job.to, toTable('b', 'orders_20260130', { before: `call f(${instantMs})` }));
    assert.deepEqual(job.addedFields, [{ name: 'f', value: 'shop orders #{row[0]}' }]);
    assert.deepEqual(job.dirtyRows.copyTo, {
      link: 'b',
      bucket: '${day}',
      directory: 'dirty/2026',
    });
  });

  test('names of files count seconds and keep the name of their table', async () => {
    const to = toFiles('b', 'out', { baseName: '${tableName}_${timestamp()}' });
    const job = await resolved({ from: fromFiles('b', 'in'), to });
    assert.deepEqual(job.to, { ...to, baseName: `\${tableName}_${instantMs / 1000}` });
  });

  test('a path must not climb', async () => {
    const parts = { from: fromFiles('b', 'in/${x}'), to: toFiles('b', 'out') };
    await assert.rejects(resolved(parts, { x: '../..' }), /".." is not allowed in paths/);
  });

  test('what is wrong is told as the failure of the job', async () => {
    const to = toTable('b', 't');
    const cases = [
      [{ from: fromTable('a', 't', { where: '${nobody}' }), to }, 'variable-missing', /nobody/],
      [{ from: fromTable('a', 't', { where: '${dateformat(}' }), to }, 'invalid-definition', /./],
      [{ from: fromTable('gone', 't'), to }, 'link-option', /gone does not exist/],
      [{ from: fromTable('off', 't'), to }, 'link-option', /disabled/],
      [{ from: fromTable('missing', 't'), to }, 'link-option', /not installed/],
    ] as const;
    for (const [parts, code, message] of cases) {
      const { transfer, transferProblem } = await workOrProblem(
        artifact(parts),
        instantMs,
        links,
        (work) => work,
      );
      assert.equal(transfer, undefined);
      assert.equal(transferProblem?.code, code);
      assert.match(transferProblem.message, message);
    }
  });
});
