import { useSyncExternalStore } from 'react';

/** Whether the server answers. `healed` is told for a moment after `lost`. */
export type ConnectionState = 'ok' | 'lost' | 'healed';

const healedForMs = 4_000;

let state: ConnectionState = 'ok';
let timer: number | undefined;
const listeners = new Set<(state: ConnectionState) => void>();

function change(next: ConnectionState): void {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener(next);
}

/** Told by whoever talks to the server. */
export const connection = {
  get: (): ConnectionState => state,
  lost(): void {
    window.clearTimeout(timer);
    change('lost');
  },
  works(): void {
    if (state !== 'lost') return;
    change('healed');
    timer = window.setTimeout(() => change('ok'), healedForMs);
  },
  /** Calls back at each change; returns how to stop that. */
  subscribe(listener: (state: ConnectionState) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export function useConnection(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.get);
}
