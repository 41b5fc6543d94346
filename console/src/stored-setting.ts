import { useSyncExternalStore } from 'react';

/** A choice of this browser's user, kept in its local storage and shared by all tabs. */
export interface StoredSetting<T extends string> {
  get(): T;
  set(value: T): void;
  /** The value, for a component that is drawn anew when it changes. */
  use(): T;
}

/**
 * Creates a setting. What is stored but not among `values` counts as not stored; a browser that
 * refuses storage keeps the choice until the page is left.
 */
export function createStoredSetting<const T extends string>(
  key: string,
  values: readonly T[],
  fallback: () => T,
): StoredSetting<T> {
  const storageKey = `longshore.${key}`;
  const listeners = new Set<() => void>();
  const read = (text: string | null): T => values.find((value) => value === text) ?? fallback();
  let current = read(stored(storageKey));
  const change = (value: T): void => {
    current = value;
    for (const listener of listeners) listener();
  };
  window.addEventListener('storage', (event) => {
    if (event.key === storageKey) change(read(event.newValue));
  });
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = (): T => current;
  return {
    get,
    set(value) {
      try {
        localStorage.setItem(storageKey, value);
      } catch {
        // Storage can be switched off; the choice then lasts as long as the page.
      }
      change(value);
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
