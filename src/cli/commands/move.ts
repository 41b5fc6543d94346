import { Command } from 'commander';
import { systemClock } from '../../app/clock.ts';
import type { MoveReport } from '../../app/move.ts';
import type { MovePlan } from '../../app/move-plan.ts';
import type { ConfigFlags } from '../config-flags.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show, table } from '../output.ts';
import { size, withProgress } from '../transfer.ts';
import { readConfig, withConfigFlags } from './up.ts';

interface MoveFlags extends ConfigFlags {
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly restart?: boolean;
  readonly undo?: boolean;
  readonly json?: boolean;
}

/** `longshore move`: an embedded store becomes a PostgreSQL one. */
export function moveCommand(): Command {
  return withConfigFlags(
    new Command('move').description(
      'Copy the embedded store of a data folder to PostgreSQL; no server may run on it.',
    ),
  )
    .option('--to <url>', 'PostgreSQL database; without it, store.url (LONGSHORE_STORE_URL) counts')
    .option('--dry-run', 'tell what would be copied, and what stands against it; write nothing')
    .option('--restart', 'throw away what a move that was cut off has copied')
    .option('--undo', 'let servers start on the embedded store again, as it was when it was moved')
    .option('--json', 'print JSON for scripts')
    .action(async (flags: MoveFlags) => {
      const { config } = readConfig(flags);
      const { dataDir } = config;
      // Loaded here: a server has no use for it.
      const { moveStore, undoMove } = await import('../../app/move.ts');
      const { planMove } = await import('../../app/move-plan.ts');
      if (flags.undo === true) {
        const undone = await withProgress(() => undoMove(dataDir));
        show(flags, undone, () => `${undone.from} is in use again; ${undone.to} stays as it is`);
        return;
      }
      const to = flags.to ?? config.store.url;
      if (to === null || !/^postgres(ql)?:\/\//.test(to)) {
        throw new CliError(
          to === null ? 'no target is named' : 'the target is no PostgreSQL address',
          'Give --to postgres://user@host/database (its password in PGPASSWORD), or set store.url',
          exitCodes.usage,
        );
      }
      if (flags.dryRun === true) {
        const plan = await withProgress(() => planMove(dataDir, to));
        show(flags, plan, () => describePlan(plan));
        if (plan.problems.length > 0) process.exitCode = exitCodes.failed;
        return;
      }
      const nowMs = (): number => systemClock.nowMs();
      const restart = flags.restart === true;
      const report = await withProgress((onProgress) =>
        moveStore({ dataDir, to, restart, nowMs, onProgress }),
      );
      show(flags, report, () => describeReport(report, dataDir));
    });
}

function describePlan({ from, to, bytes, tables, notes, problems }: MovePlan): string {
  return [
    `would copy ${from} (${size(bytes)}) to ${to}; nothing has been written`,
    table(
      ['TABLE', 'ROWS', 'SIZE', 'COPIED'],
      tables.map((t) => [t.name, t.rows, size(t.bytes), t.copiedRows]),
    ),
    ...notes.map((note) => `note: ${note}`),
    ...problems.map((problem) => `PROBLEM: ${problem}`),
  ].join('\n');
}

function describeReport(report: MoveReport, dataDir: string): string {
  const { from, to, tables, resumed, alteredValues } = report;
  return [
    `${resumed ? 'completed the move of' : 'moved'} ${from} to ${to}`,
    ...(tables.length === 0
      ? []
      : [
          table(
            ['TABLE', 'ROWS', 'SHA-256 OF BOTH SIDES'],
            tables.map(({ name, rows, digest }) => [name, rows, digest.slice(0, 16)]),
          ),
        ]),
    ...(alteredValues === 0
      ? []
      : [
          `${alteredValues} texts held characters that PostgreSQL cannot keep (NUL); each became U+FFFD`,
        ]),
    `Keep ${dataDir}: its master.key opens the secrets that are in PostgreSQL now, its attempts/`,
    'hold the output, and by its host-id the next server knows what it may adopt.',
    'Start the server with the same data folder and store.url (LONGSHORE_STORE_URL) set.',
    `The old database is marked as moved; the way back: longshore move --undo --data ${dataDir}`,
  ].join('\n');
}
