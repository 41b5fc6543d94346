import type { FormEvent } from 'react';

/** Begins an action when its form is sent, once. A form in a dialog inside the form is not it. */
export function submitted(
  event: FormEvent,
  action: { readonly isPending: boolean; mutate(): void },
): void {
  event.preventDefault();
  event.stopPropagation();
  if (!action.isPending) action.mutate();
}
