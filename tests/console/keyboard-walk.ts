/** A walk through the console by who has no mouse: pages are looked at, but only keys act. */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { focused, openConsole, type OpenOptions } from '../support/browser.ts';
import type { Cleanup } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

export interface Walk {
  /** To look and to wait, never to act. */
  readonly page: Page;
  /** Presses keys one after the other, e.g. `ArrowDown`. */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Presses Tab until what has the focus fits; it is seen to have it. */
  to(wanted: RegExp): Promise<void>;
  /** The same backwards, with Shift and Tab. */
  back(wanted: RegExp): Promise<void>;
  /** Goes there and presses Enter. */
  enter(wanted: RegExp): Promise<void>;
  /** Writes over what stands in the field that has the focus. */
  write(text: string): Promise<void>;
  /** Waits until what has the focus fits. @throws Error when it does not: the focus was lost. */
  stands(wanted: RegExp): Promise<void>;
  /** Waits for the page with this heading; the keyboard goes on in it. */
  arrives(heading: string): Promise<void>;
  /** Waits until something in the page has the focus, after what had it has gone. */
  keeps(): Promise<void>;
  /** Fails when a fault was told or anything but the keyboard was used. */
  end(): Promise<void>;
}

/** Presses after which something counts as out of reach. */
const mostStops = 80;

/** Opens a page and stands at its beginning. */
export async function startWalk(
  cleanup: Cleanup,
  browser: Browser,
  url: string,
  options: OpenOptions,
): Promise<Walk> {
  const { page, faults } = await openConsole(cleanup, browser, url, options);
  let pointed = 0;
  await page.exposeFunction('longshorePointed', () => void (pointed += 1));
  await page.evaluate(`addEventListener('pointerdown', () => longshorePointed(), true)`);
  const here = (): Promise<string> => focused(page);
  const reach = async (wanted: RegExp, key: string): Promise<void> => {
    const seen: string[] = [];
    do {
      assert.ok(seen.length < mostStops, `${key} did not reach ${wanted}: ${seen.join(' | ')}`);
      await page.keyboard.press(key);
      seen.push((await here()).slice(0, 60));
    } while (!wanted.test(await here()));
    assert.ok(await isSeen(page), `${wanted} has the focus, and nothing shows it`);
  };
  const to = (wanted: RegExp): Promise<void> => reach(wanted, 'Tab');
  const stands = (wanted: RegExp): Promise<unknown> =>
    until(`the focus at ${wanted}`, async () => {
      const now = await here();
      if (!wanted.test(now)) throw new Error(`it is at: ${now.slice(0, 200)}`);
      return true;
    });
  const keeps = async (): Promise<void> => {
    await until('the keyboard in the page', () =>
      page.evaluate<boolean>(
        `document.querySelector('main')?.contains(document.activeElement) === true`,
      ),
    );
  };
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  return {
    page,
    press,
    type: (text) => page.keyboard.type(text),
    to,
    back: (wanted) => reach(wanted, 'Shift+Tab'),
    async enter(wanted) {
      await to(wanted);
      await press('Enter');
    },
    async write(text) {
      await press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
    async stands(wanted) {
      await stands(wanted);
    },
    async arrives(heading) {
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await keeps();
    },
    keeps,
    async end() {
      assert.equal(pointed, 0, 'something was pointed at');
      assert.deepEqual(faults, []);
    },
  };
}

/** Whether what has the focus is on the screen and looks like it. */
async function isSeen(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(`(() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const isIn = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return isIn && outlineStyle !== 'none' && outlineWidth !== '0px';
  })()`);
}
