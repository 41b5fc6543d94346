import type { Cleanup } from '../../support/temporary-folder.ts';

/** Tasks that are undone newest first: servers end before their folder goes. */
export interface ReverseCleanup extends Cleanup {
  /** Runs every task, whatever the others do. @throws the first fault. */
  run(): Promise<void>;
}

export function inReverse(): ReverseCleanup {
  const tasks: (() => void | Promise<void>)[] = [];
  return {
    after: (task) => void tasks.push(task),
    async run() {
      const faults: unknown[] = [];
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
        try {
          await task();
        } catch (error) {
          faults.push(error);
        }
      }
      if (faults.length > 0) throw faults[0];
    },
  };
}
