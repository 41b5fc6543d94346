import { useSyncExternalStore } from 'react';
import './toast.css';

interface Toast {
  readonly id: number;
  readonly tone: 'ok' | 'bad';
  readonly text: string;
}

const shownForMs = 5_000;
const limit = 4;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells for a moment that something was done, or was not. */
export function toast(text: string, tone: 'ok' | 'bad' = 'ok'): void {
  lastId += 1;
  const id = lastId;
  change([...toasts.slice(1 - limit), { id, tone, text }]);
  window.setTimeout(() => change(toasts.filter((other) => other.id !== id)), shownForMs);
}

/** Where toasts appear; once, in the layout. */
export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <div key={id} className={`toast toast-${tone}`}>
          {text}
        </div>
      ))}
    </div>
  );
}
