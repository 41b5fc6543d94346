import { CallError, type ExecutorClient, type Peer } from './client.ts';
import type { PartRecord } from './journal.ts';
import { codes, readLogPage } from './protocol.ts';
import type { Seen } from './watch.ts';

/** A line that no log has: the answer says whether the file is there, and nothing more. */
const beyondTheEnd = 2 ** 31 - 1;

/** Words of an executor that compares tokens and found another one. */
const wrongToken = /access token/i;

/**
 * Asks an executor about a dispatch. `began`: it is known to have started there, because it has
 * a log (workers.md §1.4); asked only where nobody knows whether the dispatch arrived.
 */
export async function ask(
  client: ExecutorClient,
  peer: Peer,
  jobId: number,
  part: PartRecord,
): Promise<Seen | 'began'> {
  try {
    if (part.state === 'sent' && (await hasLog(client, peer, part))) return 'began';
    const reply = await client.call(peer, 'idleBeat', { jobId });
    if (reply.code === codes.success) return 'idle';
    return wrongToken.test(reply.message) ? 'unclear' : 'busy';
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return 'silent';
  }
}

/** Whether an executor answers a probe (workers.md §1.7: FAILOVER, BUSYOVER). */
export async function answers(
  client: ExecutorClient,
  peer: Peer,
  probe: 'beat' | 'idleBeat',
  jobId: number,
): Promise<boolean> {
  try {
    const reply = await client.call(peer, probe, probe === 'beat' ? '' : { jobId });
    return reply.code === codes.success;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return false;
  }
}

async function hasLog(client: ExecutorClient, peer: Peer, part: PartRecord): Promise<boolean> {
  const reply = await client.call(peer, 'log', logBody(part, beyondTheEnd));
  const page = reply.code === codes.success ? readLogPage(reply.data) : null;
  return page !== null && !page.missing;
}

/** Body of a request for output; both spellings of the time (workers.md §1.4). */
export function logBody(
  { logId, dispatchedAtMs }: Pick<PartRecord, 'logId' | 'dispatchedAtMs'>,
  fromLineNum: number,
): object {
  return { logDateTim: dispatchedAtMs, logDateTime: dispatchedAtMs, logId, fromLineNum };
}
