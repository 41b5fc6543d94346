/**
 * Preloaded into a server (`NODE_OPTIONS=--import=…`): shifts what `Date.now` tells by as many
 * milliseconds as the file CHAOS_CLOCK_FILE says, and notices changes while the server runs.
 *
 * This is a step of the clock as the server sees it. The true clock of the machine, which the
 * supervisor, the jobs, SQLite and PostgreSQL read, is not touched: stepping that one would need
 * rights that a test should not have, and would disturb everything else on the machine.
 */
import { readFileSync } from 'node:fs';

const lookAgainMs = 25;
const file = process.env['CHAOS_CLOCK_FILE'] ?? '';
const trueNow = Date.now.bind(Date);
let offsetMs = 0;

function look(): void {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (/^-?\d{1,9}$/.test(text)) offsetMs = Number(text);
  } catch {
    // Not written yet: no step.
  }
}

if (file !== '') {
  look();
  setInterval(look, lookAgainMs).unref();
  Date.now = () => trueNow() + offsetMs;
}
