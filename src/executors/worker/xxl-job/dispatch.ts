import { CallError, type ExecutorClient } from './client.ts';
import type { PartRecord } from './journal.ts';
import { words } from './outcome.ts';
import { codes } from './protocol.ts';
import type { Worker } from './registry.ts';
import type { TriggerBody } from './trigger.ts';

/** What became of a dispatch. `unsure`: it may have arrived. */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly message: string }
  | { readonly kind: 'unsure'; readonly message: string };

/** What the caller does about each try. */
export interface Tries {
  /** Called before each try, with whom it goes to. @throws to give up. */
  moved(worker: Worker): void;
  /** Whether it is still to be dispatched. */
  wanted(): boolean;
}

/**
 * Dispatches to the first executor that can be reached. The next is tried only where nothing was
 * sent: what may have arrived is never sent twice.
 * @throws what `moved` throws.
 */
export async function dispatch(
  client: ExecutorClient,
  part: PartRecord,
  workers: readonly Worker[],
  body: TriggerBody,
  tries: Tries,
): Promise<Outcome> {
  let problem = '';
  for (const worker of workers) {
    if (!tries.wanted()) return { kind: 'rejected', message: words.stoppedBefore };
    tries.moved(worker);
    // 3.5.0 renamed it; its executors are told by the header of their registration.
    const path = worker.appName === null ? 'run' : 'trigger';
    try {
      const reply = await client.call(worker, path, body);
      if (reply.code === codes.success) return { kind: 'accepted' };
      const said = reply.message === '' ? `code ${reply.code}` : reply.message;
      return { kind: 'rejected', message: `${part.address} refused it: ${said}` };
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.sent) return { kind: 'unsure', message: error.message };
      worker.unreachable = true;
      problem = error.message;
    }
  }
  return { kind: 'rejected', message: `${words.noWorker}: none could be reached (${problem})` };
}
