import type { Command } from 'commander';
import type { RunView } from '../../dialects/native/views/run.ts';
import { serverCommand } from '../command.ts';
import { show } from '../output.ts';
import { waitForEnd } from './run.ts';

/** `longshore stop RUN`. */
export function stopCommand(): Command {
  return serverCommand<[string], { wait?: boolean }>(
    'stop',
    'Stop a run: PreStop, SIGTERM, grace, SIGKILL.',
    async (client, options, id) => {
      const asked = await client.call<RunView>('POST', `/runs/${encodeURIComponent(id)}/stop`);
      const run = options.wait === true ? await waitForEnd(client, id) : asked;
      show(options, run, () => `${run.id}: ${run.state}`);
    },
  )
    .argument('<run>')
    .option('--wait', 'wait until its runner confirms the end');
}
