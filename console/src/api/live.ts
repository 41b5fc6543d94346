import { useEffect, useEffectEvent, useState } from 'react';
import { addressOf, consoleHeader, type QueryValues } from './client.ts';
import { connection } from './connection.ts';
import { readEvents } from './event-stream.ts';
import { ApiError, errorOf } from './problem.ts';

/** What a live line is at the moment. */
export type LiveState = 'connecting' | 'live' | 'lost' | 'ended' | 'refused';

export interface LiveOptions {
  readonly query?: QueryValues;
  /** Id after which to begin, as `Last-Event-ID`; absent = where the server begins. */
  readonly lastEventId?: string;
  /** `data` is the parsed JSON of the event. Returning 'end' closes the line for good. */
  onEvent(event: string, data: unknown, id: string): 'end' | void;
  onState?(state: LiveState, error: Error | null): void;
}

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Follows a stream of events until the returned function is called. A broken line is taken up
 * again with the last id, so nothing is missed and nothing comes twice; refusals (4xx) end it.
 * The browser's EventSource gives up at the first answer that is no stream and tells no reason,
 * therefore this reads the stream itself.
 */
export function openLive(operationPath: string, options: LiveOptions): () => void {
  const abort = new AbortController();
  void follow(operationPath, options, abort.signal);
  return () => abort.abort();
}

async function follow(
  operationPath: string,
  { query, lastEventId = '', onEvent, onState }: LiveOptions,
  signal: AbortSignal,
): Promise<void> {
  let lastId = lastEventId;
  let pauseMs = firstPauseMs;
  let failure: Error | null = null;
  onState?.('connecting', null);
  while (!signal.aborted) {
    try {
      const response = await fetch(addressOf(operationPath, query), {
        signal,
        cache: 'no-store',
        headers: {
          ...consoleHeader,
          accept: 'text/event-stream',
          ...(lastId === '' ? {} : { 'last-event-id': lastId }),
        },
      });
      if (!response.ok || response.body === null) {
        const error = await errorOf(response);
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
          onState?.('refused', error);
          return;
        }
        throw error;
      }
      connection.works();
      onState?.('live', null);
      pauseMs = firstPauseMs;
      for await (const { event, id, data } of readEvents(response.body, lastId)) {
        lastId = id;
        if (onEvent(event, JSON.parse(data), id) === 'end') {
          onState?.('ended', null);
          return;
        }
      }
      // The server drains, or a proxy ended a long answer: go on from the last id.
    } catch (error) {
      if (signal.aborted) return;
      failure = error instanceof Error ? error : new Error(String(error));
      if (!(failure instanceof ApiError)) connection.lost();
    }
    onState?.('lost', failure);
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        window.clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/**
 * Follows a stream while the component is shown; `null` = none. Path and query decide which line
 * it is: another one begins anew, from `lastEventId`.
 */
export function useLive(operationPath: string | null, options: LiveOptions): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  const onEvent = useEffectEvent(options.onEvent);
  const onState = useEffectEvent((next: LiveState, error: Error | null) => {
    setState(next);
    options.onState?.(next, error);
  });
  const open = useEffectEvent((path: string) =>
    openLive(path, {
      ...options,
      onEvent: (event, data, id) => onEvent(event, data, id),
      onState: (next, error) => onState(next, error),
    }),
  );
  const queryKey = JSON.stringify(options.query ?? {});
  useEffect(() => {
    if (operationPath === null) return undefined;
    return open(operationPath);
  }, [operationPath, queryKey]);
  return state;
}
