import { accept } from './accept.ts';
import { dispatch } from './dispatch.ts';
import { footprint } from './footprint.ts';
import type { Measurement } from './support/measurement.ts';
import { removeFolders } from './support/server.ts';

/**
 * `npm run bench -- NAME... [--json] [--short]`. With `--json`: one object a line on stdout and
 * nothing else; what goes on is told on stderr.
 */
const benches: Record<string, (options: BenchOptions) => AsyncIterable<Measurement>> = {
  dispatch,
  accept,
  footprint,
};

export interface BenchOptions {
  /** A fraction of the work, for CI. */
  readonly short: boolean;
  /** Tells a person what is being done. */
  note(text: string): void;
}

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.filter((name) => !(name in benches));
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`unknown bench: ${unknown.join(', ')}\n`);
  process.stderr.write(
    `usage: npm run bench -- NAME... [--json] [--short]\nbenches: ${Object.keys(benches).join(', ')}\n`,
  );
  process.exit(2);
}
const options: BenchOptions = {
  short: args.includes('--short'),
  note: (text) => void process.stderr.write(`${text}\n`),
};
try {
  for (const name of names) {
    for await (const m of benches[name]?.(options) ?? []) {
      if (json) process.stdout.write(`${JSON.stringify(m)}\n`);
      else {
        process.stdout.write(
          `${m.bench} ${m.metric}: ${m.value} ${m.unit}, ${m.ratio} x ${m.against} (${m.limit} ${m.unit})\n`,
        );
      }
    }
  }
} finally {
  await removeFolders();
}
