import { setTimeout as pause } from 'node:timers/promises';
import type { TestPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './plan.ts';

/** How long after a fault the next one waits at least: some work must get done in between. */
const settleMs = 100;

/** What faults strike. */
export interface Target {
  readonly machines: readonly Machine[];
  readonly postgres: TestPostgres | null;
}

/** Makes one fault happen and undoes it: afterwards every server runs again. */
export async function strike(fault: Fault, { machines, postgres }: Target): Promise<void> {
  if (fault.kind === 'crash-database') {
    if (postgres === null) throw new Error('there is no database server to crash');
    await postgres.kill();
    await pause(fault.downMs);
    await postgres.start();
    for (const machine of machines) await machine.revived();
    return;
  }
  const machine = machines[fault.machine];
  if (machine === undefined) throw new Error(`there is no machine ${fault.machine}`);
  switch (fault.kind) {
    case 'kill': {
      if (!fault.early) await machine.listening();
      const ageMs = performance.now() - machine.since(fault.early ? 'spawn' : 'listening');
      await pause(Math.max(0, fault.afterMs - ageMs));
      await machine.kill();
      await pause(fault.downMs);
      // Not awaited: the next fault may strike while it starts.
      machine.spawn();
      return;
    }
    case 'freeze':
      await machine.listening();
      machine.signal('SIGSTOP');
      await pause(fault.forMs);
      machine.signal('SIGCONT');
      return;
    case 'kill-supervisor':
      await machine.listening();
      await until('there is a supervisor to kill', () => machine.killSupervisor());
      await pause(settleMs);
      return;
    case 'step-clock':
      await machine.stepClock(fault.offsetMs);
      await pause(settleMs);
  }
}
