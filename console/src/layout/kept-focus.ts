import { useEffect } from 'react';

/** What Tab stops at. */
const stops = 'a[href], button, input, select, textarea, summary, [tabindex]';
/** Stops before the focused one that are remembered; further back there is the page itself. */
const maxStops = 64;

/**
 * Keeps the keyboard's place on the page: when what has the focus is taken away or switched off,
 * the nearest control before it gets the focus. Browsers leave it to nobody, and who works with
 * the keyboard would begin at the top again. A dialog whose opener is gone gives the focus to what
 * stood before the opener.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    const main = document.getElementById('main');
    if (main === null) return undefined;
    /** Stops of the page itself: the last focused one, then those before it, nearest first. */
    let page: readonly HTMLElement[] = [];
    /** The same; begins in the dialog while one is open. */
    let trail: readonly HTMLElement[] = [];
    const note = ({ target }: FocusEvent): void => {
      if (!(target instanceof HTMLElement)) return;
      const dialog = target.closest('dialog');
      const found = [target, ...stopsBefore(target, dialog ?? main)];
      if (dialog === null) page = found;
      trail = dialog === null ? found : [...found, ...page];
    };
    const mend = (): void => {
      const [last, ...before] = trail;
      if (last === undefined || !isGone(last)) return;
      const active = document.activeElement;
      if (active !== null && active !== document.body && active !== last) return;
      // What cannot take the focus, behind a dialog or in a closed part, is passed over.
      for (const each of [...before, main]) {
        const stop = currentOf(each);
        stop.focus();
        if (document.activeElement === stop) return;
      }
    };
    let due: number | undefined;
    const observer = new MutationObserver(() => {
      const [last] = trail;
      if (last === undefined || !isGone(last)) return;
      // The rest of the key press that took it away is not the next one's: it would be clicked.
      window.clearTimeout(due);
      due = window.setTimeout(mend);
    });
    observer.observe(main, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['disabled'],
    });
    main.addEventListener('focusin', note);
    return () => {
      window.clearTimeout(due);
      observer.disconnect();
      main.removeEventListener('focusin', note);
    };
  }, []);
}

/** Of tabs the chosen one: another would be chosen by the focus, and may be why something is gone. */
function currentOf(stop: HTMLElement): HTMLElement {
  const tabs = stop.closest('[role="tablist"]');
  return tabs?.querySelector<HTMLElement>('[aria-selected="true"]') ?? stop;
}

function isGone(element: HTMLElement): boolean {
  return !element.isConnected || element.matches(':disabled');
}

/** What Tab reaches before an element within `root`, nearest first. */
function stopsBefore(element: HTMLElement, root: HTMLElement): readonly HTMLElement[] {
  const all = [...root.querySelectorAll<HTMLElement>(stops)];
  const before = all.filter(
    (stop) =>
      stop.tabIndex >= 0 &&
      (stop.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
  );
  return before.slice(-maxStops).toReversed();
}
