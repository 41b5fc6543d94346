import { collectEnded } from './collect.ts';
import type { JobFileSystems } from './file-system.ts';
import type { JobUser, Reply } from './protocol.ts';
import { ranScript, scriptResult } from './script.ts';

/** What the end of an attempt is told with, besides how its program ended. */
export interface Ending {
  /** Words about the end, with what could not be done; '' usually. */
  readonly message: string;
  /** What a script answered; null = it was none. */
  readonly result: string | null;
}

interface EndingContext {
  /** The attempt's folder. */
  readonly folder: string;
  /** The job's user; null = the server's own. */
  readonly user: JobUser | null;
  readonly fileSystems: JobFileSystems;
  /** Ends the work early; a later server does it again. */
  readonly signal: AbortSignal;
}

/**
 * Does what is due between the end of a job's program and the report of it: what the job changed
 * in mounts goes back, files are collected, the answer of a script is read. What is due lies in
 * folders, so that a server which adopts the attempt finds it too.
 */
export async function finishAttempt(
  { id, message }: Extract<Reply, { t: 'ended' }>,
  { folder, user, fileSystems, signal }: EndingContext,
): Promise<Ending> {
  const [mounts, collected] = await Promise.all([
    fileSystems.has(id) ? fileSystems.finish(id, signal) : '',
    collectEnded(folder, user),
  ]);
  return {
    message: [message, mounts, collected].filter((text) => text !== '').join('; '),
    result: ranScript(folder) ? answerOf(folder) : null,
  };
}

function answerOf(folder: string): string {
  try {
    return scriptResult(folder);
  } catch {
    // The disk does not give it: how the program ended is known all the same.
    return '';
  }
}
