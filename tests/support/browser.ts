/** A real browser on the console: Debian's Chromium, driven by playwright-core. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { AxeResults } from 'axe-core';
import type { Cleanup } from './temporary-folder.ts';
import { PATIENCE_MS } from './until.ts';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Widths that every page is looked at in. */
export const widths = { wide: 1_280, narrow: 390 } as const;
const heights = { wide: 800, narrow: 844 } as const;

/** Whom the console is opened as. */
export type Credentials =
  | { readonly user: string; readonly password: string }
  | { readonly accessKeyId: string; readonly accessKeySecret: string };

export interface OpenOptions {
  /** Absent = nobody is signed in. */
  readonly as?: Credentials;
  /** Where to begin; absent = the overview. */
  readonly path?: string;
  readonly language?: 'en' | 'zh';
  readonly width?: keyof typeof widths;
  readonly theme?: 'light' | 'dark';
}

/** The console in a browser of its own session. */
export interface OpenedConsole {
  readonly page: Page;
  readonly context: BrowserContext;
  /**
   * What went wrong in the page so far: exceptions, refused scripts and styles, errors on its
   * console except answers of the API that are no success.
   */
  readonly faults: readonly string[];
}

const built = join(import.meta.dirname, '..', '..', 'console', 'dist', 'index.html');

/**
 * Starts a browser; the test's end closes it. One is enough for a file of tests. The console must
 * be built, as `npm test` does before anything else.
 */
export async function startBrowser(cleanup: Cleanup): Promise<Browser> {
  assert.ok(existsSync(built), 'the console is not built: npm run console');
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: flags,
    timeout: PATIENCE_MS,
  });
  cleanup.after(() => browser.close());
  return browser;
}

function chromiumPath(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path));
  return found ?? assert.fail('chromium is not on the PATH: see needs("chromium")');
}

/** Opens the console of the server at `url`; the test's end closes it. */
export async function openConsole(
  cleanup: Cleanup,
  browser: Browser,
  url: string,
  options: OpenOptions = {},
): Promise<OpenedConsole> {
  const { as, path = '/', language = 'en', width = 'wide', theme = 'light' } = options;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: widths[width], height: heights[width] },
    colorScheme: theme,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  cleanup.after(() => context.close());
  context.setDefaultTimeout(PATIENCE_MS);
  if (as !== undefined) await signIn(context, as);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error') return;
    if (/^Failed to load resource: (the server responded|net::ERR_)/.test(text)) return;
    faults.push(text);
  });
  await page.goto(path);
  return { page, context, faults };
}

/** Signs in without the sign-in page, which has a test of its own. */
export async function signIn(context: BrowserContext, as: Credentials): Promise<void> {
  const answer = await context.request.post('/api/v1/session', {
    data: as,
    headers: { 'x-longshore-console': '1' },
  });
  assert.equal(answer.status(), 200, `sign-in: ${await answer.text()}`);
}

let axeSource: Promise<string> | null = null;

/**
 * Fails on every serious or critical violation that axe-core finds in the page as it is shown,
 * contrast included.
 */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  axeSource ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(await axeSource);
  const results = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  )) as AxeResults;
  const bad = results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.html} ${node.failureSummary ?? ''}`),
    );
  assert.deepEqual(bad, [], `accessibility of ${what}`);
}

/** Fails when the page can be moved sideways: something is wider than the screen. */
export async function assertFits(page: Page, what: string): Promise<void> {
  // As text: this file is checked without the types of a browser.
  const over = await page.evaluate<number>(`(() => {
    const moved = (element) => (element === null ? 0 : element.scrollWidth - element.clientWidth);
    return Math.max(moved(document.documentElement), moved(document.querySelector('main')));
  })()`);
  assert.ok(over <= 0, `${what} is ${over} px wider than the screen`);
}

/** Writes a picture into the folder LONGSHORE_SCREENSHOTS; nothing without that variable. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['LONGSHORE_SCREENSHOTS'];
  if (folder === undefined || folder === '') return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/**
 * Looks at the page as it stands in light and dark, 1,280 and 390 px wide: accessible, nothing
 * wider than the screen, a picture of each (`<name>-<theme>-<width>.png`).
 */
export async function inspect(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const width of ['wide', 'narrow'] as const) {
    await page.setViewportSize({ width: widths[width], height: heights[width] });
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      const what = `${name} ${theme} ${widths[width]}`;
      await screenshot(page, what.replaceAll(' ', '-'));
      await assertFits(page, what);
      await assertAccessible(page, what);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  if (before !== null) await page.setViewportSize(before);
}

/**
 * What has the keyboard's focus: its accessible text, to tell what a press of Tab reached;
 * `(nowhere)` when nothing in particular has it, as on a page that is still being made.
 */
export async function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const element = document.activeElement;
    // The body's text would be that of all the page, and fit whatever is looked for.
    if (!(element instanceof HTMLElement) || element === document.body) return '(nowhere)';
    const label = element.getAttribute('aria-label') ?? '';
    const texts = [...(element.labels ?? [])].map((each) => each.innerText).join(' ');
    return (label || texts || element.innerText || element.tagName).trim();
  })()`);
}

/**
 * Presses Tab until what has the focus fits, also where it is still to come.
 * @throws AssertionError when `most` presses, and as long as a test waits, have not led there.
 */
export async function tabTo(page: Page, wanted: RegExp, most = 60): Promise<void> {
  const seen: string[] = [];
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (let press = 0; press < most || performance.now() < giveUpAtMs; press += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (wanted.test(now)) return;
    seen.push(now);
  }
  assert.fail(`Tab did not reach ${wanted}; it reached: ${seen.slice(0, most).join(' | ')}`);
}
