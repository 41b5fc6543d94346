import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startProgram } from '../../support/program.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench } from './fixtures.ts';

const admittingProcess = fileURLToPath(new URL('admitting-process.ts', import.meta.url));
const LIVES = 3;
const RUNS_PER_LIFE = 100;
const PAGE = 1_000;

/** Accepted is durable, `kill -9` or not (invariant 1). `adapterUrl` exports the same adapter. */
export function durabilityContract(adapter: StoreAdapter, adapterUrl: string): void {
  describe('durability', () => {
    test('every acknowledged run is there after kill -9, and nothing else', async (t) => {
      const bench = await Bench.open(adapter, t, { unfinishedRuns: 1_000_000 });
      await bench.store.close();
      const acknowledged = new Set<string>();
      for (let life = 0; life < LIVES; life += 1) {
        const program = startProgram(t, admittingProcess, [adapterUrl, bench.place]);
        // Killed at a count, not at a time, so that the test means the same on any machine.
        await program.line(() => program.lines.length >= RUNS_PER_LIFE);
        program.kill('SIGKILL');
        const { signal } = await program.ended();
        assert.equal(signal, 'SIGKILL', program.stderr());
        for (const line of program.lines) acknowledged.add(line);
      }
      assert.ok(acknowledged.size >= LIVES * RUNS_PER_LIFE);

      await bench.reopen();
      const kept = await allRuns(bench);
      for (const runId of acknowledged) assert.ok(kept.has(runId), `${runId} was lost`);
      for (const [runId, state] of kept) {
        // A few more may have been committed whose answer the kill cut off: whole, or not there.
        assert.match(runId, /^manual-\d+-\d+$/);
        assert.equal(state, 'queued');
      }
      const { attempts } = await bench.claim(undefined, { limit: kept.size + 1 });
      assert.equal(attempts.length, kept.size);
      assert.equal(new Set(attempts.map(({ run }) => run.id)).size, kept.size);
    });
  });
}

async function allRuns(bench: Bench): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (let offset = 0; ; offset += PAGE) {
    const { rows, total } = await bench.store.runs({ offset, limit: PAGE });
    for (const { id, state } of rows) kept.set(id, state);
    if (offset + PAGE >= total) {
      assert.equal(kept.size, total);
      return kept;
    }
  }
}
