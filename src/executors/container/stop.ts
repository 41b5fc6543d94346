import { setTimeout as pause } from 'node:timers/promises';
import type { StopRecord } from '../attempts/folder.ts';
import type { EngineApi } from './api.ts';
import { EngineUnreachable } from './client.ts';
import { runHook } from './hooks.ts';
import { followBackoffMs, killAgainMs } from './limits.ts';

interface Stopping {
  readonly api: EngineApi;
  readonly container: string;
  readonly record: StopRecord;
  readonly graceMs: number;
  /** Null when there is none, or an earlier life has run it. */
  readonly preStop: readonly string[] | null;
  /** Ends when the container has ended, or the executor. */
  readonly ended: AbortSignal;
  nowMs(): number;
  /** Resolves when the engine is there. */
  whenUp(): Promise<void>;
}

/**
 * PreStop hook, SIGTERM to the container's first process, the rest of the grace, then SIGKILL,
 * which ends all of its processes, and again until they have ended. The grace counts from the first
 * request and includes the hook.
 * @returns what could not be done, '' usually.
 */
export async function stopContainer(stopping: Stopping): Promise<string> {
  const { api, container, record, graceMs, preStop, ended } = stopping;
  const sinceMs = Math.max(0, stopping.nowMs() - record.atMs);
  const deadlineMs = performance.now() + Math.max(0, graceMs - sinceMs);
  let message = '';
  try {
    if (preStop !== null && preStop.length > 0 && graceMs > 0 && record.cause === 'asked') {
      const limits = { timeoutMs: graceMs, signal: ended };
      message = await runHook(api, container, 'PreStop', preStop, limits);
      // The container's end ends the hook too, which is no failure of it.
      if (ended.aborted) return '';
    }
    await signal(stopping, 'SIGTERM');
    await pause(Math.max(0, deadlineMs - performance.now()), undefined, {
      signal: ended,
      ref: false,
    });
    for (;;) {
      await signal(stopping, 'SIGKILL');
      // Engines may refuse it under load, or lose the end: nobody but us would ever try again.
      await pause(killAgainMs, undefined, { signal: ended, ref: false });
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
  return message;
}

async function signal({ api, container, ended, whenUp }: Stopping, name: string): Promise<void> {
  for (;;) {
    ended.throwIfAborted();
    await whenUp();
    try {
      return await api.kill(container, name);
    } catch (error) {
      if (!(error instanceof EngineUnreachable)) throw error;
      await pause(followBackoffMs.first, undefined, { signal: ended });
    }
  }
}
