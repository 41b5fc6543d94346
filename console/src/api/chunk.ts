import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import { api } from './client.ts';
import { connection } from './connection.ts';
import { ConnectionError } from './problem.ts';

/** Tries of a chunk while the server answers: one that is gone stays gone. */
const tryLimit = 2;
const probeTimeoutMs = 3_000;

type Load<P> = () => Promise<{ readonly default: ComponentType<P> }>;

/**
 * As React's `lazy`, for a part of the console that is a chunk of its own: while the server does
 * not answer it waits and tries again, where `lazy` would fail for as long as the page is open.
 */
export function lazyChunk<P>(load: Load<P>): LazyExoticComponent<ComponentType<P>> {
  return lazy(() => loadChunk(load));
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
