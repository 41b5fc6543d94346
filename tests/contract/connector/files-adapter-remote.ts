import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ConnectorContext } from '../../../src/ports/connector.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';

export type { FilesAdapter } from './files-adapter.ts';

/** What stores behind a network are given: any host may be reached. */
export function contextOf(): ConnectorContext {
  return { databaseRoot: null, shares: {}, refuses: () => null, nowMs: Date.now };
}

/** A port of the loopback interface on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Tasks that are done at the end, the last one first. */
export class Closing implements Cleanup {
  readonly #tasks: (() => void | Promise<void>)[] = [];

  after(task: () => void | Promise<void>): void {
    this.#tasks.push(task);
  }

  async close(): Promise<void> {
    for (const task of this.#tasks.toReversed()) await task();
  }
}
