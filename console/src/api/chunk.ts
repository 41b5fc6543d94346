import { type ComponentType, createElement, type ReactNode, useEffect, useState } from 'react';
import { api } from './client.ts';
import { connection } from './connection.ts';
import { ConnectionError } from './problem.ts';

/** Tries of a chunk while the server answers: one that is gone stays gone. */
const tryLimit = 2;
const probeTimeoutMs = 3_000;

type Load<P> = () => Promise<{ readonly default: ComponentType<P> }>;

/** A part of the console that is fetched when it is first shown, or before. */
export type Chunk<P> = ComponentType<P> & {
  /** Fetches it; more than once is the same as once. Whoever shows it meets a failure and tells it. */
  preload(): void;
};

/**
 * A component in a chunk of its own; `waiting` is shown until it is there. Not React's `lazy`: that
 * fails for as long as the page is open once the server did not answer, shows its fallback even for
 * what is there already, and keeps it for 300 ms then.
 */
export function lazyChunk<P extends object>(load: Load<P>, waiting: ReactNode = null): Chunk<P> {
  let loaded: ComponentType<P> | null = null;
  let loading: Promise<void> | null = null;
  const fetched = (): Promise<void> => {
    loading ??= loadChunk(load).then(
      (part) => {
        loaded = part.default;
      },
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };
  function Part(props: P): ReactNode {
    const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null);
    const [, setIsThere] = useState(loaded !== null);
    useEffect(() => {
      if (loaded !== null) {
        setIsThere(true);
        return undefined;
      }
      let isShown = true;
      fetched().then(
        () => isShown && setIsThere(true),
        (error: unknown) => isShown && setFailure({ error }),
      );
      return () => {
        isShown = false;
      };
    }, []);
    if (failure !== null) throw failure.error;
    return loaded === null ? waiting : createElement(loaded, props);
  }
  return Object.assign(Part, { preload: () => void fetched().catch(() => undefined) });
}

/** @throws Error when the server answers but has no such chunk: it is a newer one. */
async function loadChunk<P>(load: Load<P>): ReturnType<Load<P>> {
  let tries = 0;
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await isServerLost()) {
        await healed();
        continue;
      }
      tries += 1;
      if (tries >= tryLimit) throw error;
    }
  }
}

async function isServerLost(): Promise<boolean> {
  try {
    await api.get('/session', { timeoutMs: probeTimeoutMs });
    return false;
  } catch (error) {
    return error instanceof ConnectionError;
  }
}

/** Resolves once the server answers again; the layout asks it all the time. */
function healed(): Promise<void> {
  if (connection.get() !== 'lost') return Promise.resolve();
  return new Promise((resolve) => {
    const stop = connection.subscribe((state) => {
      if (state === 'lost') return;
      stop();
      resolve();
    });
  });
}
