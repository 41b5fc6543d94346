import { createRequire } from 'node:module';

// Loaded with the first table: a server draws none.
const require = createRequire(import.meta.url);

/** Control characters but tab and line feed. */
// oxlint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Where commands write; the tests and `--json` depend on stdout carrying results only. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What a command found: as JSON for scripts, else as `human` writes it. */
export function show(
  options: { readonly json?: boolean | undefined },
  value: unknown,
  human: () => string,
): void {
  print(options.json === true ? JSON.stringify(value, null, 2) : printable(human()));
}

/** A table without lines, columns two spaces apart. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const Table = require('cli-table3') as typeof import('cli-table3');
  const drawn = new Table({
    head: [...head],
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows)
    drawn.push(row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A time for people: local, to the second; empty when there is none. */
export function when(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  const date = new Date(ms);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** A span for people, e.g. `1.25 s`. */
export function span(fromMs: number | null, toMs: number | null): string {
  return fromMs === null || toMs === null ? '' : `${((toMs - fromMs) / 1000).toFixed(2)} s`;
}

/**
 * Text with its control characters made visible: names and messages come from whoever may create
 * a template, and must not steer the terminal of whoever lists it.
 */
export function printable(text: string): string {
  return text.replaceAll(
    controlCharacters,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
