import { useSyncExternalStore } from 'react';
import { createStoredSetting } from '../stored-setting.ts';

/** What the user chose: `system` follows the browser. */
export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const theme = createStoredSetting('theme', themes, () => 'system');

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');

function shown(): 'light' | 'dark' {
  const chosen = theme.get();
  if (chosen !== 'system') return chosen;
  return prefersDark.matches ? 'dark' : 'light';
}

const listeners = new Set<() => void>();

/** Sets `<html data-theme>`, now and at every change. Called once, before anything is drawn. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = shown();
  for (const listener of listeners) listener();
}

prefersDark.addEventListener('change', applyTheme);

/** Chooses a theme. */
export function chooseTheme(chosen: Theme): void {
  theme.set(chosen);
  applyTheme();
}

/** The theme that is shown, for what is painted by script, e.g. plots. */
export function useShownTheme(): 'light' | 'dark' {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shown);
}
