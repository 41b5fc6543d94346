import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferError } from '../../../src/domain/transfer/errors.ts';
import { until } from '../../support/until.ts';
import type { DatabaseUnderTest } from './database-adapter.ts';
import {
  onlyTable,
  planFor,
  readChunks,
  readTable,
  sorted,
  tableSource,
  tableTarget,
  withSource,
  withTarget,
  loaderFor,
} from './database-jobs.ts';

const WHOLE = { shards: 1, fine: false, chunkRows: 1_000 };

function withCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TransferError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

export function databaseReads(database: () => DatabaseUnderTest): void {
  test('a link that works is tested; others tell why they do not', async () => {
    const { connector, link, badLinks } = database();
    const { signal } = new AbortController();
    await connector.test(link as never, signal);
    for (const { link: bad, code } of badLinks) {
      const secret = 'password' in bad && bad.password !== '' ? bad.password : null;
      await assert.rejects(connector.test(bad as never, signal), (error) => {
        if (secret !== null) assert.ok(!String(error).includes(secret), String(error));
        return withCode(code)(error);
      });
    }
  });

  test('values of all kinds are read as the words of no database, and written back', async () => {
    const { columns, run } = database();
    const names = columns.map((_, place) => `c${place}`);
    const types = columns.map(({ type }, place) => `${names[place]} ${type}`);
    await run(`CREATE TABLE kinds (id integer PRIMARY KEY, ${types.join(', ')})`);
    const count = Math.max(...columns.map(({ values }) => values.length));
    const expected: (string | null)[][] = [];
    for (let row = 0; row < count; row += 1) {
      const values = columns.map(({ values: all }) => all[row % all.length]);
      const literals = values.map((value) => value?.literal ?? 'NULL');
      await run(
        `INSERT INTO kinds (id, ${names.join(', ')}) VALUES (${row}, ${literals.join(', ')})`,
      );
      expected.push([String(row), ...values.map((value) => value?.text ?? null)]);
    }
    await withSource(database(), tableSource('kinds'), async (source) => {
      const table = await onlyTable(source);
      assert.deepEqual(
        table.columns.slice(1).map(({ type }) => type.kind),
        columns.map(({ kind }) => kind),
      );
      const chunks = await source.chunks(table, WHOLE);
      assert.deepEqual(sorted(await readChunks(source, table, chunks)), sorted(expected));
      const to = tableTarget('kinds_again', { preparation: 'create' });
      await withTarget(database(), to, async (target) => {
        const plan = await planFor(target, table);
        await target.prepare([plan], 'run-1');
        for (const format of target.formats(plan)) {
          if (!source.formats(table.columns).includes(format.kind)) continue;
          if (format.kind === 'csv') continue;
          await run('DELETE FROM kinds_again');
          const loader = await loaderFor(target, plan, { format });
          for (const chunk of chunks) {
            const request = { table, columns: table.columns, chunk, position: null, format };
            const { signal } = new AbortController();
            for await (const batch of source.read({ ...request, batchBytes: 4_096, signal })) {
              await loader.write(batch);
            }
          }
          await loader.prepareCommit();
          await loader.commit();
          await loader.close();
          assert.deepEqual(
            sorted(await readTable(database(), 'kinds_again')),
            sorted(expected),
            format.kind,
          );
        }
      });
    });
  });

  test('a table is cut so that every row is read once', async () => {
    const { run } = database();
    await run('CREATE TABLE cut (id integer PRIMARY KEY, at integer, note varchar(20))');
    const values = Array.from(
      { length: 997 },
      (_, at) => `(${at * 3}, ${at % 10 === 0 ? 'NULL' : at % 50}, 'n${at}')`,
    );
    await run(`INSERT INTO cut VALUES ${values.join(', ')}`);
    const whole = sorted(await readTable(database(), 'cut'));
    assert.equal(whole.length, 997);
    for (const partitionColumn of [null, 'id', 'at', 'note']) {
      for (const cut of [
        { shards: 3, fine: false, chunkRows: 1_000 },
        { shards: 2, fine: true, chunkRows: 100 },
        { shards: 1, fine: true, chunkRows: 50 },
      ]) {
        await withSource(database(), tableSource('cut', { partitionColumn }), async (source) => {
          const table = await onlyTable(source);
          const chunks = await source.chunks(table, cut);
          assert.deepEqual(chunks, await source.chunks(table, cut));
          assert.equal(new Set(chunks.map(({ id }) => id)).size, chunks.length);
          assert.ok(chunks.every(({ shard }) => shard >= 0 && shard < cut.shards));
          // What is kept of a chunk is JSON.
          const kept = JSON.parse(JSON.stringify(chunks)) as typeof chunks;
          const words = JSON.stringify([partitionColumn, cut, chunks.map(({ label }) => label)]);
          assert.deepEqual(sorted(await readChunks(source, table, kept)), whole, words);
          if (partitionColumn === 'id') assert.ok(chunks.length >= cut.shards, words);
        });
      }
    }
  });

  test('a predicate holds for all chunks, however it is written', async () => {
    const where = "note = 'n3' OR id = 6";
    await withSource(database(), tableSource('cut', { where }), async (source) => {
      const table = await onlyTable(source);
      const chunks = await source.chunks(table, { shards: 3, fine: false, chunkRows: 1_000 });
      const rows = await readChunks(source, table, chunks);
      assert.deepEqual(
        sorted(rows).map(([id]) => id),
        ['6', '9'],
      );
    });
  });

  test('columns that cannot cut a table are told', async () => {
    for (const partitionColumn of ['nosuch']) {
      await withSource(database(), tableSource('cut', { partitionColumn }), async (source) => {
        const table = await onlyTable(source);
        await assert.rejects(
          source.chunks(table, { shards: 2, fine: false, chunkRows: 10 }),
          withCode('partition-column'),
        );
      });
    }
  });

  test('patterns, lists and whole databases name tables', async () => {
    const { run } = database();
    for (const name of ['pat_1', 'pat_2', 'pat_10', 'pat_x']) {
      await run(`CREATE TABLE ${name} (id integer, note varchar(5))`);
    }
    const named = (table: string, wholeDatabase = false): Promise<readonly string[]> =>
      withSource(database(), tableSource(table, { wholeDatabase }), async (source) =>
        (await source.tables()).map(({ name }) => name.name),
      );
    assert.deepEqual(await named('pat_2'), ['pat_2']);
    assert.deepEqual(await named('pat*'), ['pat_1', 'pat_10', 'pat_2', 'pat_x']);
    assert.deepEqual(await named('*at_1*'), ['pat_1', 'pat_10']);
    assert.deepEqual(await named('pat_[0-9]{1,2}'), ['pat_1', 'pat_10', 'pat_2']);
    assert.deepEqual(await named('pat_x&pat_1', true), ['pat_x', 'pat_1']);
    assert.ok((await named('', true)).includes('pat_10'));
    await assert.rejects(named('nosuch'), withCode('table-missing'));
    await assert.rejects(named('nosuch*'), withCode('no-tables-match'));
    await assert.rejects(named('pat_(', false), withCode('invalid-definition'));
    await assert.rejects(named('(pat_1|cut)'), withCode('column-mismatch'));
  });

  test('a query is read as it is', async () => {
    const sql = 'SELECT id, note AS "other name" FROM cut WHERE id < 9 -- all;\n;';
    const quoted = database().connector.kind === 'mysql' ? sql.replaceAll('"', '`') : sql;
    const query = { kind: 'query', link: 'from', columns: null, bytesEncoding: 'latin1' } as const;
    await withSource(database(), { ...query, sql: quoted }, async (source) => {
      const table = await onlyTable(source);
      assert.deepEqual(
        table.columns.map(({ name }) => name),
        ['id', 'other name'],
      );
      const rows = await readChunks(source, table, await source.chunks(table, WHOLE));
      assert.deepEqual(sorted(rows), [
        ['0', 'n0'],
        ['3', 'n1'],
        ['6', 'n2'],
      ]);
    });
    await withSource(database(), { ...query, sql: 'SELECT nosuch FROM cut' }, async (source) => {
      await assert.rejects(source.tables(), TransferError);
    });
  });

  test('reading that is broken off leaves no connection', async () => {
    const { longQuery, connections } = database();
    if ((await connections()) === null) return;
    const controller = new AbortController();
    const query = { kind: 'query', link: 'from', columns: null, bytesEncoding: 'latin1' } as const;
    await withSource(database(), { ...query, sql: longQuery }, async (source) => {
      const table = await onlyTable(source);
      const [chunk] = await source.chunks(table, WHOLE);
      assert.ok(chunk !== undefined);
      const request = { table, columns: table.columns, chunk, position: null, batchBytes: 4_096 };
      const reading = (async () => {
        for await (const batch of source.read({
          ...request,
          format: { kind: 'text' },
          signal: controller.signal,
        })) {
          assert.ok(batch.rows > 0);
          controller.abort(new Error('wanted'));
        }
      })();
      await assert.rejects(reading, /wanted/);
    });
    await until('no connection is left', async () => (await connections()) === 0);
  });

  test('tables and columns are told to people who choose', async () => {
    const { connector, link } = database();
    const { signal } = new AbortController();
    const tables = await connector.tables?.(link as never, '', 1_000, signal);
    assert.ok(tables?.some(({ name }) => name === 'cut'));
    assert.equal((await connector.tables?.(link as never, '', 2, signal))?.length, 2);
    const columns = await connector.columns?.(link as never, { schema: '', name: 'cut' }, signal);
    assert.deepEqual(
      columns?.map(({ name, keyPosition }) => [name, keyPosition]),
      [
        ['id', 1],
        ['at', 0],
        ['note', 0],
      ],
    );
    const missing = { schema: '', name: 'nosuch' };
    assert.equal(await connector.columns?.(link as never, missing, signal), null);
  });
}
