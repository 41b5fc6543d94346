import assert from 'node:assert/strict';
import { eventually, Session } from '../harness.ts';
import { scenario } from './scenario.ts';
import type { MakeExecutor } from './scenario.ts';

/** Output: complete, ordered, offsets that stay, bounded, removable. */
export function logCases(make: MakeExecutor): void {
  scenario(make, 'all output is readable the moment the end is reported', async (harness) => {
    const session = await Session.open(harness);
    session.shell(
      'l.0.1',
      'i=0; while [ $i -lt 5000 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done',
    );
    await session.report('l.0.1', 'ended');
    const lines = (word: string): string =>
      Array.from({ length: 5000 }, (_, index) => `${word} ${index}\n`).join('');
    assert.equal(await session.output('l.0.1'), lines('out'));
    assert.equal(await session.output('l.0.1', 'stderr'), lines('err'));
    await session.executor.close();
  });

  scenario(make, 'output is readable while the job runs, piece by piece', async (harness) => {
    const session = await Session.open(harness);
    session.shell('l.0.1', 'echo first; while [ ! -e go ]; do sleep 0.02; done; echo second', {
      preStop: ['touch', 'go'],
    });
    await session.outputWith('l.0.1', 'first\n');
    const chunk = await session.executor.readLog('l.0.1', 'stdout', 2, 3);
    assert.ok(chunk);
    assert.equal(Buffer.from(chunk.bytes).toString(), 'rst');
    assert.deepEqual([chunk.offset, chunk.nextOffset, chunk.size], [2, 5, 6]);
    const beyond = await session.executor.readLog('l.0.1', 'stdout', 600, 100);
    assert.deepEqual([beyond?.bytes.length, beyond?.nextOffset, beyond?.size], [0, 6, 6]);
    session.executor.stop('l.0.1');
    await session.report('l.0.1', 'ended');
    await session.executor.close();
  });

  scenario(make, 'beyond the limit the oldest bytes go, offsets stay', async (harness) => {
    const maxLogBytes = 256 * 1024;
    const session = await Session.open(harness, { maxLogBytes });
    // 16-byte lines numbered from 0, so every byte tells its own offset.
    const script =
      'trap "" TERM; i=0; while [ $i -lt 65536 ]; do printf "%015d\\n" $i; i=$((i+1)); done; ' +
      'while [ ! -e go ]; do sleep 0.05; done; echo last';
    session.shell('l.0.1', script, { preStop: ['touch', 'go'] });
    const size = 65536 * 16;
    const first = await eventually('old bytes are released', async () => {
      const chunk = await session.executor.readLog('l.0.1', 'stdout', 0, 64);
      return chunk && chunk.size >= size && chunk.offset >= size - maxLogBytes - 8192
        ? chunk
        : null;
    });
    assert.ok(first.offset <= size - maxLogBytes + 4096, `kept from ${first.offset}`);
    assert.equal(
      Buffer.from(first.bytes).toString().slice(0, 16),
      `${String(first.offset / 16).padStart(15, '0')}\n`,
    );
    session.executor.stop('l.0.1');
    await session.report('l.0.1', 'ended');
    const tail = await session.executor.readLog('l.0.1', 'stdout', size, 64);
    assert.equal(Buffer.from(tail?.bytes ?? []).toString(), 'last\n');
    await session.executor.close();
  });

  scenario(make, 'what is removed is gone; what runs stays', async (harness) => {
    const session = await Session.open(harness);
    session.shell('r.0.1', 'echo done');
    session.shell('r.0.2', 'echo on; exec sleep 60', { graceMs: 0 });
    await session.report('r.0.1', 'ended');
    await session.outputWith('r.0.2', 'on');
    await session.executor.remove(['r.0.1', 'r.0.2', 'never', '../r.0.2']);
    assert.equal(await session.executor.readLog('r.0.1', 'stdout', 0, 10), null);
    assert.equal(await session.output('r.0.2'), 'on\n');
    session.executor.stop('r.0.2');
    await session.report('r.0.2', 'ended');
    await session.executor.close();
  });
}
