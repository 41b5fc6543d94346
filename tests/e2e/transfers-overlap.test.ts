/** Chunks that go into PostgreSQL while the last rows of those before are on their way. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TransferDefinition } from '../../src/domain/transfer/definition.ts';
import type { Run } from '../../src/domain/run.ts';
import type { TransferReport } from '../../src/domain/transfer/report.ts';
import { missingPostgres, type TestPostgres, testPostgres } from '../support/postgres.ts';
import {
  definition,
  fromTable,
  postgresLink,
  queryPostgres,
  toTable,
  type TransferServer,
  transferServer,
} from './transfers/harness.ts';

const PARTS = 5;
/** Rows of a part: one COPY of its own. */
const ROWS = 2_000;
/** Row of a part that tells the others that it has begun. */
const BEGUN = 10;
/** How long a row waits for another chunk that does not come. */
const WAIT_S = 10;

describe(
  'a chunk that begins before the last one is committed',
  {
    skip: missingPostgres() ?? false,
  },
  () => {
    const tasks: (() => void | Promise<void>)[] = [];
    let [server, postgres]: [TransferServer | null, TestPostgres | null] = [null, null];
    let url = '';

    before(async () => {
      postgres = await testPostgres();
      url = await postgres.database('transfer_overlap');
      server = await transferServer({ after: (task) => tasks.push(task) });
      await server.link('pg', postgresLink(url));
      const parts = Array.from(
        { length: PARTS },
        (_, part) =>
          `create table source_${part} partition of source for values from (${part * ROWS}) to (${(part + 1) * ROWS});`,
      );
      // Numbers of sequences are seen by everybody at once, also of transactions under way.
      await query(`
      create table source (id integer, code integer, note text) partition by range (id);
      ${parts.join('\n')}
      create sequence begun minvalue 0;
      create sequence met minvalue 0;
      create function meet() returns trigger language plpgsql as $$
        declare part integer := NEW.id / ${ROWS}; tries integer := 0;
        begin
          if NEW.id % ${ROWS} = ${BEGUN} then
            perform setval('begun', greatest((select last_value from begun), part));
          end if;
          if NEW.id % ${ROWS} = ${ROWS - 1} and part <= TG_ARGV[0]::integer then
            while (select last_value from begun) <= part and tries < ${WAIT_S * 100} loop
              perform pg_sleep(0.01);
              tries := tries + 1;
            end loop;
            if (select last_value from begun) > part then perform nextval('met'); end if;
          end if;
          return NEW;
        end $$;
    `);
    });
    after(async () => {
      for (const task of tasks.toReversed()) await task();
      await postgres?.stop();
    });

    const query = (sql: string): Promise<readonly Record<string, unknown>[]> =>
      queryPostgres(url, sql);

    /** The source's rows, in order; of each pair, both have one code. */
    async function fill(pairs: readonly (readonly [number, number])[] = []): Promise<void> {
      const same = pairs.map(([one, other]) => `when ${other} then ${one}`).join(' ');
      await query(
        `truncate source; insert into source select i, case i ${same === '' ? 'when -1 then i' : same} else i end, 'row ' || i from generate_series(0, ${PARTS * ROWS - 1}) i`,
      );
    }

    /** A target whose parts up to this one wait, at their last row, for the next one to begin. */
    async function table(name: string, lastToWait: number, more = ''): Promise<void> {
      await query(`
      select setval('begun', 0), setval('met', 0);
      create table ${name} (id integer primary key, code integer unique, note text);
      create trigger meet before insert on ${name} for each row execute function meet(${lastToWait});
      ${more}
    `);
    }

    async function moved(
      target: string,
      more: Partial<TransferDefinition> = {},
      columns: readonly string[] | null = null,
    ): Promise<{ readonly run: Run; readonly report: TransferReport; readonly story: string }> {
      if (server === null) throw new Error('there is no server');
      const from = fromTable('pg', 'source', { tablePartitions: { names: null }, columns });
      const job = { from, to: toTable('pg', target, { preparation: 'none' }), ...more };
      const id = await server.call('submit', { definition: definition(job) });
      const run = await server.over(id);
      return { run, report: await server.report(id), story: await server.story(id) };
    }

    async function overlaps(): Promise<number> {
      const [row] = await query('select last_value from met');
      return Number(row?.['last_value']);
    }

    async function differences(target: string): Promise<readonly unknown[]> {
      const rows = await query(
        `select id from (select * from source except select * from ${target}) as missing order by id`,
      );
      return rows.map(({ id }) => id);
    }

    test('loads everything, and what each commit brought is read back', async () => {
      await table('plain', PARTS - 2);
      await fill();
      const { run, report, story } = await moved('plain');
      assert.equal(run.state, 'succeeded', story);
      assert.equal(await overlaps(), PARTS - 1);
      assert.equal(report.counters.rowsWritten, PARTS * ROWS);
      assert.deepEqual(await differences('plain'), []);
      assert.deepEqual(report.resumes, []);
      assert.equal(report.proof?.outcome, 'match', JSON.stringify(report.proof));
      assert.match(report.proof.tables[0]?.method ?? '', /as each commit was read back/);
    });

    const tolerant = { tolerate: true, maxPerShard: 10, maxPercent: null, copyTo: null };

    // Rows of the first part, and of the next one, that have a code of both: [row, row of the next].
    for (const [what, pairs] of [
      ['a row that waits for one of the next chunk', [[ROWS - 1, 0]]],
      ['a row of the next chunk that waits for the one before', [[1, BEGUN + 5]]],
      [
        'chunks that wait for each other',
        [
          [ROWS - 1, 0],
          [1, BEGUN + 5],
        ],
      ],
    ] as const) {
      test(`ends with ${what}`, async () => {
        const name = `meeting_${pairs.flat().join('_')}`;
        await table(name, 0);
        await fill(pairs.map(([first, next]) => [first, ROWS + next]));
        const { run, report, story } = await moved(name, { dirtyRows: tolerant });
        assert.equal(run.state, 'succeeded', story);
        // A try that failed by itself would be told, and counted.
        assert.doesNotMatch(story, /tried again/);
        assert.ok((await overlaps()) >= 1);
        assert.equal(report.counters.rowsRejected, pairs.length);
        assert.equal(report.counters.rowsWritten, PARTS * ROWS - pairs.length);
        const missing = await differences(name);
        assert.equal(missing.length, pairs.length);
        const twice = pairs.flatMap(([first, next]) => [first, ROWS + next]);
        assert.ok(
          missing.every((id) => twice.includes(Number(id))),
          JSON.stringify(missing),
        );
      });
    }

    test('fails with what the commit before it failed with', async () => {
      await table(
        'late',
        0,
        `create function refuse() returns trigger language plpgsql as
         $$ begin raise exception 'row % is too late', NEW.id; end $$;
       create constraint trigger late after insert on late deferrable initially deferred
         for each row when (NEW.id = 5) execute function refuse();`,
      );
      await fill();
      const { run, report } = await moved('late');
      assert.equal(run.state, 'failed');
      assert.ok((await overlaps()) >= 1);
      assert.match(report.error?.message ?? '', /source_0.*row 5 is too late/);
      // Chunks are there as a whole or not at all.
      const [row] = await query(
        `select count(*) filter (where id < ${ROWS}) as first, count(*) % ${ROWS} as rest from late`,
      );
      assert.deepEqual([Number(row?.['first']), Number(row?.['rest'])], [0, 0]);
    });
  },
);
