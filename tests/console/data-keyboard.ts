/** A page as somebody without a mouse uses it. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { focused, tabTo } from '../support/browser.ts';
import { until } from '../support/until.ts';

/** More stops than any page has here. */
const mostStops = 120;

/** Goes to a control by Tab and presses a key there. */
export async function press(page: Page, wanted: RegExp, key = 'Enter'): Promise<void> {
  await tabTo(page, wanted, mostStops);
  await page.keyboard.press(key);
}

/** Goes to a field by Tab and types in place of what stands there; of a select, what to choose. */
export async function type(page: Page, wanted: RegExp, text: string): Promise<void> {
  await tabTo(page, wanted, mostStops);
  const isText = await page.evaluate(
    () => document.activeElement?.matches('input, textarea') === true,
  );
  if (isText) await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(text);
}

/** Goes back by Shift+Tab. */
export async function backTo(page: Page, wanted: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < mostStops; presses += 1) {
    await page.keyboard.press('Shift+Tab');
    const now = await focused(page);
    if (wanted.test(now)) return;
    seen.push(now);
  }
  assert.fail(`Shift+Tab did not reach ${wanted}; it reached: ${seen.join(' | ')}`);
}

/** Waits until what has the focus fits. */
export async function assertFocused(page: Page, wanted: RegExp): Promise<void> {
  let now = '';
  await until(`focus on ${wanted}`, async () => {
    now = await focused(page);
    return wanted.test(now);
  }).catch((cause: unknown) => assert.fail(`${String(cause)}; it is on: ${now}`));
}

/** Waits until the page itself has the focus, as after a way to another page. */
export async function assertAtPage(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
}

/** Presses Tab once around: at every stop one sees where one is. */
export async function assertFocusShows(page: Page, what: string): Promise<void> {
  const hidden: string[] = [];
  await page.evaluate(() => Object.assign(globalThis, { visitedStops: new Set() }));
  let isAround = false;
  for (let stops = 0; stops < mostStops && !isAround; stops += 1) {
    await page.keyboard.press('Tab');
    const state = await page.evaluate(lookOfFocus);
    isAround = state === 'visited';
    if (state !== '' && !isAround) hidden.push(`${await focused(page)}: ${state}`);
  }
  assert.ok(isAround, `Tab leads around ${what}`);
  assert.deepEqual(hidden, [], `stops of ${what} that do not show`);
}

/** Runs in the page. Empty = at least three sides of the mark are seen. */
function lookOfFocus(): string {
  const element = document.activeElement;
  const { visitedStops } = globalThis as unknown as { visitedStops: Set<Element> };
  if (element === null || element === document.body) return '';
  if (visitedStops.has(element)) return 'visited';
  visitedStops.add(element);
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element);
  const around = Number.parseFloat(outlineWidth) + Number.parseFloat(outlineOffset);
  if (outlineStyle === 'none' || outlineWidth === '0px') return 'nothing is drawn around it';
  const box = element.getBoundingClientRect();
  const mark = [-(box.left - around), -(box.top - around), box.right + around, box.bottom + around];
  const isSeen = [true, true, true, true];
  const cut = (limits: readonly number[]): void =>
    limits.forEach((limit, side) => {
      if ((mark[side] ?? 0) > limit + 1) isSeen[side] = false;
    });
  cut([0, 0, innerWidth, innerHeight]);
  for (let outer = element.parentElement; outer !== null; outer = outer.parentElement) {
    if (getComputedStyle(outer).overflow === 'visible') continue;
    const { left, top, right, bottom } = outer.getBoundingClientRect();
    cut([-left, -top, right, bottom]);
  }
  return isSeen.filter(Boolean).length >= 3 ? '' : 'what is drawn around it is cut off';
}
