import type { StopRecord } from '../attempts/folder.ts';
import type { ContainerState } from './api.ts';
import type { EndRecord } from './records.ts';

/** How a container ended. */
export type Ending = Pick<EndRecord, 'kind' | 'exitCode' | 'signal' | 'stopped' | 'message'>;

/** What engines add to a signal's number to make an exit code of it. */
const signalBase = 128;
const sigkill = 9;
const sigterm = 15;

/**
 * Reads the end of a container. Engines tell a signal only as exit code 128+n, which a program may
 * give too: it is taken for a signal where we, or the kernel for lack of memory, have sent one.
 */
export function endOf(
  state: Pick<ContainerState, 'exitCode' | 'outOfMemory' | 'error'>,
  stop: StopRecord | null,
  memoryMib: number,
): Ending {
  const { exitCode, outOfMemory } = state;
  const killed = exitCode === signalBase + sigkill && (stop !== null || outOfMemory);
  const terminated = exitCode === signalBase + sigterm && stop !== null;
  const signal = killed ? 'SIGKILL' : terminated ? 'SIGTERM' : null;
  const memory = outOfMemory
    ? `out of memory: it needed more than its limit${memoryMib > 0 ? ` of ${memoryMib} MiB` : ''}`
    : '';
  // Podman says nothing about memory.
  const guess =
    exitCode === signalBase + sigkill && stop === null && !outOfMemory && memoryMib > 0
      ? `exit code ${exitCode} is that of a kill from outside, perhaps for lack of memory: the limit is ${memoryMib} MiB`
      : '';
  const words = [memory, guess, stop?.message ?? '', state.error].filter((text) => text !== '');
  return {
    kind: 'ended',
    exitCode: signal === null ? exitCode : null,
    signal,
    stopped: stop?.cause === 'asked',
    message: words.join('; '),
  };
}
