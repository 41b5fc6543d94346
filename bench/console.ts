import type { Browser } from 'playwright-core';
import { type Credentials, openConsole, startBrowser } from '../tests/support/browser.ts';
import { cleanupList } from '../tests/support/temporary-folder.ts';
import type { BenchOptions } from './main.ts';
import {
  lineToScreenMs,
  logPageMs,
  overviewMs,
  runsPageMs,
  serverWithHistory,
} from './support/console-history.ts';
import { measurement, type Measurement, median } from './support/measurement.ts';
import { benchFolder, startServer } from './support/server.ts';

/** What the console is held to (issue 7): 200 kB gzipped, and a second on loopback. */
const firstLoadLimitKib = 200_000 / 1_024;
const interactiveLimitMs = 1_000;
/** A page of runs or of output, and a line on its way to the screen. */
const pageLimitMs = 150;
const lineLimitMs = 300;
const defaultLooks = 9;
const mib = 1_024 * 1_024;

/**
 * `console`: what the first page loads, and how long it takes until it can be used, in a browser
 * that has never seen it and is signed in; a line on its way to the screen; pages of a long output
 * and of a long history.
 */
export async function* consoleBench(options: BenchOptions): AsyncIterable<Measurement> {
  const cleanup = cleanupList();
  try {
    const dataDir = await benchFolder();
    const server = await startServer({ dataDir });
    cleanup.after(() => server.stop());
    const as = { accessKeyId: server.key.id, accessKeySecret: server.key.secret };
    const browser = await startBrowser(cleanup);
    const looks: Look[] = [];
    // The first look is the browser's own warming up.
    for (let count = 0; count <= (options.short ? 2 : defaultLooks); count += 1) {
      const look = await firstLook(browser, server.url, as);
      options.note(
        `console: look ${count}: ${Math.round(look.interactiveMs)} ms, ${look.loadedBytes} bytes`,
      );
      if (count > 0) looks.push(look);
    }
    yield measurement(
      'console',
      'first_load_kib',
      median(looks.map(({ loadedBytes }) => loadedBytes)) / 1_024,
      'KiB',
      'the limit asked for',
      firstLoadLimitKib,
    );
    yield measurement(
      'console',
      'interactive_ms',
      median(looks.map(({ interactiveMs }) => interactiveMs)),
      'ms',
      'the limit asked for',
      interactiveLimitMs,
    );
    yield held('log_line_to_screen_ms', await lineToScreenMs(server, browser, as), lineLimitMs);
    const bytes = options.short ? 100 * mib : 1_024 * mib;
    options.note(`console: a log of ${bytes / mib} MiB`);
    yield held('log_page_ms', await logPageMs(server, bytes), pageLimitMs);
    const runs = options.short ? 50_000 : 1_000_000;
    options.note(`console: ${runs} stored runs`);
    const grown = await serverWithHistory(runs);
    cleanup.after(() => grown.stop());
    yield held('runs_page_ms', await runsPageMs(grown, runs), pageLimitMs);
    yield held('overview_ms', await overviewMs(grown), pageLimitMs);
  } finally {
    await cleanup.end();
  }
}

function held(metric: string, value: number, limit: number): Measurement {
  return measurement('console', metric, value, 'ms', 'the limit asked for', limit);
}

interface Look {
  /** Compressed bodies of everything but the API's answers. */
  readonly loadedBytes: number;
  /** From the navigation's begin until the overview's numbers stand and the page is idle enough. */
  readonly interactiveMs: number;
}

async function firstLook(browser: Browser, url: string, as: Credentials): Promise<Look> {
  const cleanup = cleanupList();
  try {
    const { page } = await openConsole(cleanup, browser, url, { as, path: '/healthz' });
    await page.goto('/', { waitUntil: 'commit' });
    await page.locator('.overview-tile').first().waitFor();
    // As text: this file is checked without the types of a browser.
    const interactiveMs = await page.evaluate<number>(
      `new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))))`,
    );
    await page.waitForLoadState('networkidle');
    const loadedBytes = await page.evaluate<number>(`
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter((entry) => !new URL(entry.name).pathname.startsWith('/api/'))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0)`);
    return { loadedBytes, interactiveMs };
  } finally {
    await cleanup.end();
  }
}
