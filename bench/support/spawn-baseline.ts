import { spawn } from 'node:child_process';

/**
 * The limit that `dispatch` is held against: how many times a second a small Node process can
 * spawn the same program with nothing around it, at its best concurrency. Run as its own process;
 * prints one JSON line.
 */
const program = process.argv[2] ?? '/bin/true';
const count = Number(process.argv[3] ?? 1500);

async function rate(concurrency: number): Promise<number> {
  const startedAt = performance.now();
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await new Promise<void>((resolve, reject) => {
        spawn(program, { stdio: 'ignore' })
          .on('exit', () => resolve())
          .on('error', reject);
      });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return count / ((performance.now() - startedAt) / 1000);
}

let best = { perSecond: 0, concurrency: 0 };
for (const concurrency of [2, 4, 8]) {
  const perSecond = await rate(concurrency);
  if (perSecond > best.perSecond) best = { perSecond, concurrency };
}
process.stdout.write(`${JSON.stringify(best)}\n`);
