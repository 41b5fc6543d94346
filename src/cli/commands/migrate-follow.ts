import type { RunDetailView } from '../../dialects/native/views/run.ts';
import type { TransferStatus } from '../../dialects/native/views/transfer-report.ts';
import type { Client } from '../client.ts';
import { CliError, exitCodes } from '../errors.ts';
import { progressBar } from '../progress.ts';
import { Pace } from './migrate-words.ts';

/** How often a run is looked at. */
const LOOK_MS = 500;
/** What shells tell of a program that Ctrl-C ended. */
const interrupted = 130;

/** Shows a run's progress until its end. Ctrl-C lets it go on and ends this program only. */
export async function followRun(client: Client, runId: string): Promise<TransferStatus> {
  const bar = progressBar();
  const detach = (): void => {
    bar.end();
    process.stderr.write(
      `\n${runId} goes on without this program\n` +
        `  follow it: longshore migrate --attach ${runId}\n` +
        `  stop it:   longshore stop ${runId}\n`,
    );
    process.exit(interrupted);
  };
  process.once('SIGINT', detach);
  process.stderr.write(`following ${runId}; Ctrl-C lets it go on without this program\n`);
  const path = `/runs/${encodeURIComponent(runId)}`;
  const pace = new Pace();
  try {
    for (;;) {
      const run = await client.call<RunDetailView>('GET', path, { query: { waitMs: LOOK_MS } });
      const status = await client.call<TransferStatus>('GET', `${path}/transfer`);
      if (isOver(run.state)) return status;
      if (status.report !== null) bar.update(pace.step(status.report, performance.now()));
    }
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCodes.unreachable) throw error;
    throw new CliError(
      error.message,
      `Workers of ${runId} go on without the server. When it is back: longshore migrate --attach ${runId}`,
      error.exitCode,
    );
  } finally {
    bar.end();
    process.removeListener('SIGINT', detach);
  }
}

function isOver(state: string): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'canceled';
}
