import type { Command } from 'commander';
import type { RunDetailView, RunView } from '../../dialects/native/views/run.ts';
import type { Client } from '../client.ts';
import { serverCommand } from '../command.ts';
import { exitCodes } from '../errors.ts';
import { show } from '../output.ts';

/** How long one request waits for the end; asked again until the run has ended. */
const WAIT_MS = 30_000;

/** `longshore run TEMPLATE`. */
export function runCommand(): Command {
  return serverCommand<[string], { wait?: boolean; idempotencyKey?: string }>(
    'run',
    'Start a run of a template.',
    async (client, options, template) => {
      const { run } = await client.call<{ run: RunView }>(
        'POST',
        `/templates/${encodeURIComponent(template)}/runs`,
        {
          body:
            options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey },
        },
      );
      if (options.wait !== true) {
        show(options, run, () => `${run.id}\nfollow it with: longshore logs ${run.id} -f`);
        return;
      }
      const ended = await waitForEnd(client, run.id);
      show(
        options,
        ended,
        () => `${ended.id}: ${ended.state}${ended.message === '' ? '' : `: ${ended.message}`}`,
      );
      if (ended.state !== 'succeeded') process.exitCode = exitCodes.failed;
    },
  )
    .argument('<template>', 'id or name')
    .option('--wait', 'wait for the end; exit 1 unless it succeeded')
    .option('--idempotency-key <key>', 'one run per key, however often it is sent');
}

/** Resolves with the run in its final state. */
export async function waitForEnd(client: Client, runId: string): Promise<RunDetailView> {
  for (;;) {
    const run = await client.call<RunDetailView>('GET', `/runs/${encodeURIComponent(runId)}`, {
      query: { waitMs: WAIT_MS },
    });
    if (run.state === 'succeeded' || run.state === 'failed' || run.state === 'canceled') return run;
  }
}
