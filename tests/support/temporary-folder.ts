import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Anything that runs a task after a test: `node:test`'s context, or a test's own list. */
export interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** A new empty folder that goes with everything in it when the test has ended. */
export async function temporaryFolder(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'));
  // A process that is just ending may still write; rm tries again instead of failing the test.
  cleanup.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Tasks of several tests together: started in `before`, ended by `end` in `after`. */
export interface CleanupList extends Cleanup {
  /** Runs the tasks, the newest first. */
  end(): Promise<void>;
}

/** A new empty list. */
export function cleanupList(): CleanupList {
  const tasks: (() => void | Promise<void>)[] = [];
  return {
    after: (task) => void tasks.push(task),
    async end() {
      for (const task of tasks.splice(0).toReversed()) await task();
    },
  };
}
