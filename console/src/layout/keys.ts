import { type RefObject, useEffect } from 'react';

/** "/" leads to the page's first search field, unless something is being typed. */
export function useSearchKey(main: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.closest('input, textarea, select, dialog, [contenteditable]') !== null) return;
      const field = main.current?.querySelector<HTMLInputElement>('[data-search]');
      if (field === null || field === undefined) return;
      event.preventDefault();
      field.focus();
      field.select();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [main]);
}
