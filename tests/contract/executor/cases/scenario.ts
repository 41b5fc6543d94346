import { test } from 'node:test';
import type { ExecutorHarness } from '../harness.ts';

export type MakeExecutor = () => Promise<ExecutorHarness>;

/** A test with a harness of its own that is disposed of whatever happens. */
export function scenario(
  make: MakeExecutor,
  name: string,
  body: (harness: ExecutorHarness) => Promise<void>,
): void {
  test(name, { timeout: 60_000 }, async () => {
    const harness = await make();
    try {
      await body(harness);
    } finally {
      await harness.dispose();
    }
  });
}
