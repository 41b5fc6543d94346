import { Command } from 'commander';
import type { RestoreReport } from '../../app/restore.ts';
import type { ConfigFlags } from '../config-flags.ts';
import { show, table, when } from '../output.ts';
import { withProgress } from '../transfer.ts';
import { readConfig, withConfigFlags } from './up.ts';

interface RestoreFlags extends ConfigFlags {
  readonly from: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `longshore restore`: a data folder from a backup. */
export function restoreCommand(): Command {
  return withConfigFlags(
    new Command('restore').description(
      'Make a data folder from a backup; no server may run on it.',
    ),
  )
    .requiredOption('--from <folder>', 'folder that longshore backup made')
    .option('--force', 'move what the data folder holds aside')
    .option('--json', 'print JSON for scripts')
    .action(async (flags: RestoreFlags) => {
      const { config } = readConfig(flags);
      // Loaded here: a server has no use for it.
      const { restore } = await import('../../app/restore.ts');
      const report = await withProgress((onProgress) =>
        restore({
          from: flags.from,
          dataDir: config.dataDir,
          force: flags.force === true,
          onProgress,
        }),
      );
      show(flags, report, () => describe(report, config));
    });
}

function describe(
  report: RestoreReport,
  { store, masterKeyFile }: ReturnType<typeof readConfig>['config'],
): string {
  const { dataDir, manifest, lostAttempts, movedAside } = report;
  const chosen = Object.entries(manifest.configuration);
  return [
    `restored ${dataDir} as it was ${when(manifest.createdAtMs)} (version ${manifest.version})`,
    table(
      ['TABLE', 'ROWS'],
      Object.entries(manifest.tables).filter(([, rows]) => rows > 0),
    ),
    ...(movedAside === null ? [] : [`what was there lies in ${movedAside}`]),
    ...(lostAttempts === 0
      ? []
      : [
          `${lostAttempts} attempts were running then: the next server gives them up as lost and retries`,
          'them within their budget. If the original still runs, they run there as well.',
        ]),
    ...(chosen.length === 0
      ? []
      : [
          'The server had these settings; they are not set by a restore:',
          ...chosen.map(([key, value]) => `  --set ${key}=${String(value)}`),
        ]),
    ...(masterKeyFile === null
      ? []
      : [`masterKeyFile is set: the key of this store is the one in ${dataDir}, put it there`]),
    ...(store.url !== null
      ? ['store.url is set: bring the restored store there first, with longshore move']
      : []),
  ].join('\n');
}
