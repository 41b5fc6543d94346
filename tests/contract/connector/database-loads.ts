import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferError } from '../../../src/domain/transfer/errors.ts';
import { ChunkRefused, RowsRefused } from '../../../src/ports/connector.ts';
import { until } from '../../support/until.ts';
import type { DatabaseUnderTest } from './database-adapter.ts';
import {
  batchOf,
  load,
  loaderFor,
  planFor,
  readTable,
  type Row,
  sorted,
  tableTarget,
  untyped,
  withTarget,
} from './database-jobs.ts';

const SOURCE = untyped('id', 'n', 'note');

export function databaseLoads(database: () => DatabaseUnderTest): void {
  async function table(name: string, ...rows: readonly string[]): Promise<void> {
    const { run } = database();
    await run(
      `CREATE TABLE ${name} (id integer PRIMARY KEY, n integer, note varchar(8) DEFAULT 'none')`,
    );
    if (rows.length > 0) await run(`INSERT INTO ${name} VALUES ${rows.join(', ')}`);
  }

  test('bad rows are told apart from good ones, with the reason', async () => {
    await table('dirty', "(7, 7, 'there')");
    const { overflow = '99999999999' } = database();
    const rows: Row[] = Array.from({ length: 40 }, (_, at) => [
      String(at),
      String(at),
      `note ${at}`,
    ]);
    rows[3] = ['3', 'three', 'a'];
    rows[11] = ['11', '11', 'far too long for it'];
    rows[12] = ['12', overflow, 'overflow'];
    rows[20] = ['5', '20', 'twice'];
    rows[21] = [null, '21', 'no key'];
    const loaded = await load(database(), tableTarget('dirty'), SOURCE, rows);
    const refused = loaded.refused.map(({ row }) => row);
    assert.deepEqual(sorted(refused), sorted([3, 7, 11, 12, 20, 21].map((at) => rows[at] ?? [])));
    for (const { reason } of loaded.refused) assert.match(reason, /\S/);
    const good = rows.filter((row) => !refused.includes(row));
    assert.equal(loaded.written, good.length);
    assert.deepEqual(
      sorted(await readTable(database(), 'dirty')),
      sorted([...good, ['7', '7', 'there']]),
    );
  });

  test('in one go: many batches arrive, and what cannot stay is told before the commit', async () => {
    await table('going', "(7, 7, 'there')");
    await withTarget(database(), tableTarget('going'), async (target) => {
      const planned = await planFor(target, SOURCE);
      const rows: Row[] = Array.from({ length: 3_000 }, (_, at) => [
        String(at + 100),
        at % 3 === 0 ? null : String(at),
        `n ${at}`,
      ]);
      const loader = await loaderFor(target, planned, { inOneGo: true });
      let written = 0;
      for (let at = 0; at < rows.length; at += 500) {
        written += (await loader.write(batchOf(rows.slice(at, at + 500)))).written;
      }
      const token = await loader.prepareCommit();
      written += (await loader.commit()).written;
      assert.equal(written, rows.length);

      // A row that is not taken: told at some point, with the table as it was.
      const refused = async (): Promise<void> => {
        await loader.write(batchOf([['9001', '1', 'good']]));
        await loader.write(batchOf([['9002', 'no number', 'bad']]));
        await loader.write(batchOf([['9003', '1', 'good']]));
        await loader.prepareCommit();
      };
      await assert.rejects(
        refused,
        (error: unknown) => error instanceof ChunkRefused || error instanceof RowsRefused,
      );
      await loader.rollback();
      // The same loader goes on, and so does a careful one.
      await loader.write(batchOf([['9004', '4', 'after']]));
      await loader.prepareCommit();
      await loader.commit();
      // What was begun and is given up leaves nothing.
      await loader.write(batchOf([['9005', '5', 'given up']]));
      await loader.rollback();
      await loader.close();
      assert.equal(await target.outcome(token), 'committed');
    });
    const there = await readTable(database(), 'going');
    assert.equal(there.length, 3_002);
    assert.deepEqual(
      there.map(([id]) => Number(id)).filter((id) => id > 9_000),
      [9_004],
    );
  });

  test('rows of known keys replace or change what is there', async () => {
    const rows: Row[] = [
      ['1', '10', null],
      ['2', '20', 'new'],
      ['2', '21', 'last'],
    ];
    for (const conflict of ['replace', 'update'] as const) {
      const name = `conflict_${conflict}`;
      await table(name, "(1, 1, 'old')", "(9, 9, 'kept')");
      const loaded = await load(database(), tableTarget(name, { conflict }), SOURCE, rows);
      assert.equal(loaded.refused.length, 0);
      assert.deepEqual(sorted(await readTable(database(), name)), [
        ['1', '10', null],
        ['2', '21', 'last'],
        ['9', '9', 'kept'],
      ]);
      assert.equal(loaded.written, 3);
    }
  });

  test('replacing sets what rows do not bring to its default, changing leaves it', async () => {
    for (const [conflict, note] of [
      ['replace', 'none'],
      ['update', 'old'],
    ] as const) {
      const name = `partly_${conflict}`;
      await table(name, "(1, 1, 'old')");
      await load(database(), tableTarget(name, { conflict }), untyped('id', 'n'), [['1', '5']]);
      assert.deepEqual(await readTable(database(), name), [['1', '5', note]]);
    }
  });

  test('a chunk that is repeated leaves what is there, and other errors stay errors', async () => {
    await table('repeats', "(1, 1, 'first')", "(2, 2, 'first')");
    const rows: Row[] = [
      ['1', '1', 'first'],
      ['2', '2', 'first'],
      ['3', '3', 'first'],
      ['4', 'x', 'bad'],
    ];
    const loaded = await load(database(), tableTarget('repeats'), SOURCE, rows, true);
    assert.deepEqual(
      loaded.refused.map(({ row }) => row),
      [['4', 'x', 'bad']],
    );
    assert.equal(loaded.written, 1);
    assert.equal((await readTable(database(), 'repeats')).length, 3);
  });

  test('a commit is known by its token, also when nobody saw its end', async () => {
    await table('tokens');
    await withTarget(database(), tableTarget('tokens'), async (target) => {
      const plan = await planFor(target, SOURCE);
      const loader = await loaderFor(target, plan);
      await loader.write(batchOf([['1', '1', 'a']]));
      const kept = await loader.prepareCommit();
      await loader.commit();
      await loader.write(batchOf([['2', '2', 'b']]));
      const lost = await loader.prepareCommit();
      await loader.rollback();
      await loader.write(batchOf([['3', '3', 'c']]));
      const broken = await loader.prepareCommit();
      await loader.close();
      await withTarget(database(), tableTarget('tokens'), async (later) => {
        assert.equal(await later.outcome(kept), 'committed');
        assert.equal(await later.outcome(lost), 'rolled-back');
        assert.equal(await later.outcome(broken), 'rolled-back');
        assert.equal(await later.outcome('no token'), 'unknown');
        await later.finish([plan], 'run-1');
      });
    });
    assert.deepEqual(await readTable(database(), 'tokens'), [['1', '1', 'a']]);
  });

  test('writing that is broken off leaves no row and no connection', async () => {
    await table('broken_off');
    const controller = new AbortController();
    await withTarget(database(), tableTarget('broken_off'), async (target) => {
      const plan = await planFor(target, SOURCE);
      const loader = await loaderFor(target, plan, { signal: controller.signal });
      await loader.write(batchOf([['1', '1', 'a']]));
      controller.abort(new Error('wanted'));
      await loader.rollback().catch(() => undefined);
      await loader.close();
      await target.abandon([plan], 'run-1');
    });
    assert.deepEqual(await readTable(database(), 'broken_off'), []);
    const { connections } = database();
    await until('no connection is left', async () => ((await connections()) ?? 0) === 0);
  });

  test('a table that is gone is told', async () => {
    await table('gone');
    await withTarget(database(), tableTarget('gone'), async (target) => {
      const plan = await planFor(target, SOURCE);
      const loader = await loaderFor(target, plan);
      await database().run('DROP TABLE gone');
      await assert.rejects(loader.write(batchOf([['1', '1', 'a']])), (error) => {
        assert.ok(error instanceof TransferError, String(error));
        assert.equal(error.code, 'table-missing');
        return true;
      });
      await loader.rollback().catch(() => undefined);
      await loader.close();
      // Nothing of the failure is left to whoever asks next.
      await assert.rejects(target.look(SOURCE), (error) => {
        assert.ok(error instanceof TransferError, String(error));
        assert.equal(error.code, 'table-missing', error.message);
        return true;
      });
    });
  });
}
