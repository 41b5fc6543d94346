import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dataFolder, longshore, type RunningServer, startServer } from '../support/server.ts';
import type { Cleanup } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

interface Firing {
  readonly nominalAtMs: number;
  readonly untilAtMs: number;
  readonly count: number;
  readonly outcome: string;
  readonly runId: string | null;
  readonly rule: string;
  readonly reason: string;
}

interface Run {
  readonly id: string;
  readonly scheduledAtMs: number;
  readonly state: string;
}

const PERIOD_MS = 1_000;

suite('schedules of a real server', { concurrency: 2 }, () => {
  test('kill -9 between firings: every nominal second stands in the ledger once', async (t) => {
    const dataDir = await dataFolder(t);
    const first = await startServer(t, dataDir);
    const timing = { kind: 'fixed-rate', everyMs: PERIOD_MS };
    // One makes up for the time without a server, the other leaves it out.
    await create(t, first, 'made-up', ['--schedule', JSON.stringify({ timing })], ['true']);
    await create(
      t,
      first,
      'left-out',
      ['--schedule', JSON.stringify({ timing, graceMs: PERIOD_MS })],
      ['true'],
    );
    for (const name of ['made-up', 'left-out']) {
      await until(`${name} has fired`, async () => (await fired(t, first, name)).length >= 2);
    }
    await first.crash();
    const downAtMs = Date.now();
    await until('some firings are missed', () => Date.now() > downAtMs + 4 * PERIOD_MS);

    const second = await startServer(t, dataDir);
    const upAtMs = Date.now();
    for (const name of ['made-up', 'left-out']) {
      await until(`${name} fires again`, async () =>
        (await fired(t, second, name)).some(({ nominalAtMs }) => nominalAtMs > upAtMs + PERIOD_MS),
      );
      await longshore(t, dataDir, ['templates', 'suspend', name]);
      const ledger = await firings(t, second, name);
      assertComplete(ledger, name);
      const runs = await runsOf(t, second, name);
      assert.deepEqual(
        ledger.flatMap(({ runId }) => runId ?? []).toSorted(),
        runs.map(({ id }) => id).toSorted(),
        'the ledger and the history tell of the same runs',
      );
      for (const { id, scheduledAtMs } of runs) {
        assert.equal(ledger.find(({ runId }) => runId === id)?.nominalAtMs, scheduledAtMs);
      }
      const whileDown = ledger.filter(
        ({ nominalAtMs, untilAtMs }) =>
          untilAtMs > downAtMs && nominalAtMs < downAtMs + 2 * PERIOD_MS,
      );
      assert.ok(whileDown.length > 0);
      for (const { outcome, rule, reason } of whileDown) {
        assert.equal(outcome, name === 'made-up' ? 'fired' : 'skipped', reason);
        if (outcome === 'skipped') assert.match(`${rule} ${reason}`, /misfire.*(grace|unattended)/);
      }
    }
  });

  test('firings that an unfinished run forbids are refused, and the CLI says why', async (t) => {
    const server = await startServer(t, await dataFolder(t));
    const flags = ['--every', '1s', '--concurrency', 'forbid'];
    await create(t, server, 'long', flags, ['sleep', '600']);
    await until('a firing is refused', async () =>
      (await firings(t, server, 'long')).some(({ outcome }) => outcome === 'refused'),
    );
    await longshore(t, server.dataDir, ['templates', 'suspend', 'long']);
    const printed = await longshore(t, server.dataDir, ['schedules', 'firings', 'long']);
    assert.match(printed, /NOMINAL +LATE +OUTCOME +RUN +REASON/);
    assert.match(printed, / s +refused +- +.*forbids a second run and one is unfinished/);
    assert.match(printed, / s +fired +schedule-\S+ +every 1 s \(fixed-rate\)/);
    const [run, ...others] = await runsOf(t, server, 'long');
    assert.deepEqual(others, [], 'a refused firing leaves no run');
    assert.ok(['queued', 'running'].includes(run?.state ?? ''), 'it is unfinished');
    const ledger = await firings(t, server, 'long');
    assertComplete(ledger, 'long');
    const told = ledger.filter(({ outcome }) => outcome === 'refused');
    for (const { runId, rule } of told) {
      assert.deepEqual([runId, rule], [null, 'concurrency-forbidden']);
    }
    await longshore(t, server.dataDir, ['stop', run?.id ?? '', '--wait']);
  });

  test('a pause is one line of the ledger with its reason', async (t) => {
    const server = await startServer(t, await dataFolder(t));
    await create(t, server, 'paused', ['--every', '1s'], ['true']);
    await until('it has fired', async () => (await fired(t, server, 'paused')).length > 0);
    await longshore(t, server.dataDir, ['templates', 'suspend', 'paused']);
    const pausedAtMs = Date.now();
    await until('firings pass', () => Date.now() > pausedAtMs + 3 * PERIOD_MS);
    await longshore(t, server.dataDir, ['templates', 'resume', 'paused']);
    const resumedAtMs = Date.now();
    await until('it fires again', async () =>
      (await fired(t, server, 'paused')).some(({ nominalAtMs }) => nominalAtMs > resumedAtMs),
    );
    const ledger = await firings(t, server, 'paused');
    assertComplete(ledger, 'paused');
    const pause = ledger.filter(({ rule }) => rule === 'suspended');
    assert.equal(pause.length, 1);
    assert.ok((pause[0]?.count ?? 0) >= 3);
    assert.match(pause[0]?.reason ?? '', /suspended/);
    const printed = await longshore(t, server.dataDir, ['schedules', 'firings', 'paused']);
    assert.match(printed, / to \d{4}-.* skipped ×\d+ +- +the template was suspended/);
  });
});

async function create(
  t: Cleanup,
  server: RunningServer,
  name: string,
  flags: readonly string[],
  command: readonly string[],
): Promise<void> {
  await longshore(t, server.dataDir, ['templates', 'create', name, ...flags, '--', ...command]);
}

/** The ledger, oldest first. */
async function firings(t: Cleanup, server: RunningServer, name: string): Promise<Firing[]> {
  const args = ['schedules', 'firings', name, '--limit', '500', '--json'];
  const { rows } = JSON.parse(await longshore(t, server.dataDir, args)) as { rows: Firing[] };
  return rows.toReversed();
}

async function fired(t: Cleanup, server: RunningServer, name: string): Promise<Firing[]> {
  return (await firings(t, server, name)).filter(({ outcome }) => outcome === 'fired');
}

async function runsOf(t: Cleanup, server: RunningServer, name: string): Promise<Run[]> {
  const args = ['runs', 'list', '--template', name, '--limit', '500', '--json'];
  return (JSON.parse(await longshore(t, server.dataDir, args)) as { rows: Run[] }).rows;
}

/** From its first line to its last, the ledger names every nominal time exactly once. */
function assertComplete(ledger: readonly Firing[], name: string): void {
  let nextMs = ledger[0]?.nominalAtMs ?? 0;
  for (const line of ledger) {
    assert.equal(line.nominalAtMs, nextMs, `${name}: a gap or a double before ${line.reason}`);
    assert.equal(line.untilAtMs, line.nominalAtMs + (line.count - 1) * PERIOD_MS, line.reason);
    assert.notEqual(line.reason, '');
    assert.equal(line.runId !== null, line.outcome === 'fired', line.reason);
    nextMs = line.untilAtMs + PERIOD_MS;
  }
}
