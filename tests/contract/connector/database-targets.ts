import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableTarget } from '../../../src/domain/transfer/definition.ts';
import { TransferError } from '../../../src/domain/transfer/errors.ts';
import type { PlannedTable, RowTarget } from '../../../src/ports/connector.ts';
import type { DatabaseUnderTest } from './database-adapter.ts';
import {
  batchOf,
  loaderFor,
  planFor,
  readTable,
  type Row,
  sorted,
  tableTarget,
  untyped,
  withTarget,
} from './database-jobs.ts';

const SOURCE = untyped('id', 'note');

export function databaseTargets(database: () => DatabaseUnderTest): void {
  async function table(name: string, ...rows: readonly string[]): Promise<void> {
    const { run } = database();
    await run(`CREATE TABLE ${name} (id integer PRIMARY KEY, note varchar(8))`);
    if (rows.length > 0) await run(`INSERT INTO ${name} VALUES ${rows.join(', ')}`);
  }

  /** A whole load; `during` looks at it before it is finished. */
  async function wholeLoad(
    to: TableTarget,
    rows: readonly Row[],
    during: (target: RowTarget, plan: PlannedTable) => Promise<void> = async () => undefined,
  ): Promise<number> {
    return withTarget(database(), to, async (target) => {
      const plan = await planFor(target, SOURCE);
      const told = await target.statements([plan]);
      assert.equal(told.length, 1);
      const deleted = await target.prepare([plan], 'run-1');
      const loader = await loaderFor(target, plan);
      await loader.write(batchOf(rows));
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
      await during(target, plan);
      await target.finish([plan], 'run-1');
      return deleted;
    });
  }

  test('a table is created, left alone, or created anew', async () => {
    await wholeLoad(tableTarget('made', { preparation: 'create' }), [['1', 'a']]);
    await wholeLoad(tableTarget('made', { preparation: 'create' }), [['2', 'b']]);
    assert.deepEqual(sorted(await readTable(database(), 'made')), [
      ['1', 'a'],
      ['2', 'b'],
    ]);
    await wholeLoad(tableTarget('made', { preparation: 'recreate' }), [['3', 'c']]);
    assert.deepEqual(await readTable(database(), 'made'), [['3', 'c']]);
    await withTarget(database(), tableTarget('unmade'), async (target) => {
      await assert.rejects(target.look(SOURCE), (error) => {
        assert.ok(error instanceof TransferError);
        assert.equal(error.code, 'table-missing');
        return true;
      });
    });
  });

  test('a table is cleared before rows come, between the first and the last statement', async () => {
    await table('cleared', "(1, 'a')", "(2, 'b')");
    await table('story');
    const deleted = await wholeLoad(
      tableTarget('cleared', {
        clear: { kind: 'where', where: 'id < 2' },
        before: 'INSERT INTO story SELECT id, note FROM cleared',
        after: 'INSERT INTO story SELECT id + 10, note FROM cleared',
      }),
      [['5', 'e']],
    );
    assert.equal(deleted, 1);
    assert.deepEqual(sorted(await readTable(database(), 'cleared')), [
      ['2', 'b'],
      ['5', 'e'],
    ]);
    assert.deepEqual(sorted(await readTable(database(), 'story')), [
      ['1', 'a'],
      ['12', 'b'],
      ['15', 'e'],
      ['2', 'b'],
    ]);
    await wholeLoad(tableTarget('cleared', { clear: { kind: 'all' } }), [['6', 'f']]);
    assert.deepEqual(await readTable(database(), 'cleared'), [['6', 'f']]);
  });

  test('a stage leaves the table as it is until all rows are there', async () => {
    for (const conflict of ['insert', 'replace', 'update'] as const) {
      const name = `staged_${conflict}`;
      await table(name, "(1, 'old')");
      const rows: Row[] =
        conflict === 'insert'
          ? [['2', 'new']]
          : [
              ['1', 'new'],
              ['2', 'new'],
            ];
      await wholeLoad(tableTarget(name, { stage: true, conflict }), rows, async (target, plan) => {
        assert.deepEqual(await readTable(database(), name), [['1', 'old']]);
        // A first end that nobody saw: doing it again changes nothing.
        await target.finish([plan], 'run-1');
      });
      const first = conflict === 'insert' ? 'old' : 'new';
      assert.deepEqual(sorted(await readTable(database(), name)), [
        ['1', first],
        ['2', 'new'],
      ]);
      await assert.rejects(readTable(database(), `${name}_cdm_stage`), TransferError);
    }
  });

  test('a stage that cannot be moved leaves the table as it was, and goes', async () => {
    await table('unmoved', "(1, 'old')");
    await withTarget(database(), tableTarget('unmoved', { stage: true }), async (target) => {
      const plan = await planFor(target, SOURCE);
      await target.prepare([plan], 'run-1');
      const loader = await loaderFor(target, plan);
      await loader.write(
        batchOf([
          ['0', 'new'],
          ['1', 'new'],
        ]),
      );
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
      await assert.rejects(target.finish([plan], 'run-1'), (error) => {
        assert.ok(error instanceof TransferError);
        assert.equal(error.code, 'stage-failed');
        return true;
      });
      await target.abandon([plan], 'run-1');
      await target.abandon([plan], 'run-1');
    });
    assert.deepEqual(await readTable(database(), 'unmoved'), [['1', 'old']]);
    await assert.rejects(readTable(database(), 'unmoved_cdm_stage'), TransferError);
  });

  test('a stage of another load is not touched', async () => {
    await table('busy');
    await table('busy_cdm_stage', "(1, 'theirs')");
    await withTarget(database(), tableTarget('busy', { stage: true }), async (target) => {
      const plan = await planFor(target, SOURCE);
      await assert.rejects(target.prepare([plan], 'run-1'), (error) => {
        assert.ok(error instanceof TransferError);
        assert.equal(error.code, 'stage-failed');
        return true;
      });
    });
    assert.deepEqual(await readTable(database(), 'busy_cdm_stage'), [['1', 'theirs']]);
  });

  test('two digests of one method say whether rows are equal', async () => {
    await table('digest_a', "(1, 'a')", '(2, NULL)', "(3, 'c')");
    await table('digest_b', "(3, 'c')", '(2, NULL)', "(1, 'a')");
    await table('digest_c', "(3, 'a')", '(2, NULL)', "(1, 'c')");
    await withTarget(database(), tableTarget('digest_a'), async (target) => {
      const { digester } = target;
      const columns = (await target.look(SOURCE)).columns ?? [];
      const [method = 'count'] = digester?.methods(columns) ?? [];
      assert.ok(digester?.methods(columns).includes('count'));
      const { signal } = new AbortController();
      const of = (name: string, where: string | null = null): Promise<unknown> =>
        (digester ?? assert.fail('there is no digester')).digest({
          table: { schema: '', name },
          columns,
          where,
          method,
          signal,
        });
      assert.deepEqual(await of('digest_a'), await of('digest_b'));
      assert.notDeepEqual(await of('digest_a', 'id > 1'), await of('digest_b'));
      if (method !== 'count') assert.notDeepEqual(await of('digest_a'), await of('digest_c'));
    });
  });
}
