import { Command } from 'commander';
import type { BackupReport } from '../../app/backup.ts';
import { systemClock } from '../../app/clock.ts';
import type { LoadedConfig } from '../../app/config.ts';
import { settings } from '../../app/config.ts';
import type { ConfigFlags } from '../config-flags.ts';
import { show, table } from '../output.ts';
import { size, withProgress } from '../transfer.ts';
import { readConfig, withConfigFlags } from './up.ts';

interface BackupFlags extends ConfigFlags {
  readonly to: string;
  readonly logs?: boolean;
  readonly json?: boolean;
}

/** `longshore backup`: what a server keeps, as a folder; the server may run. */
export function backupCommand(): Command {
  return withConfigFlags(
    new Command('backup').description('Back up what a server keeps; it may run meanwhile.'),
  )
    .requiredOption('--to <folder>', 'new folder for the backup; it holds the master key: guard it')
    .option('--logs', 'with the output of attempts')
    .option('--json', 'print JSON for scripts')
    .action(async (flags: BackupFlags) => {
      const loaded = readConfig(flags);
      // Loaded here: a server has no use for it.
      const { backUp } = await import('../../app/backup.ts');
      const { dataDir, masterKeyFile, store } = loaded.config;
      const report = await withProgress((onProgress) =>
        backUp({
          dataDir,
          to: flags.to,
          masterKeyFile,
          storeUrl: store.url,
          logs: flags.logs === true,
          configuration: ownSettings(loaded),
          nowMs: () => systemClock.nowMs(),
          onProgress,
        }),
      );
      show(flags, report, () => describe(report));
    });
}

/** Settings that name places of one machine. */
const machineOnly: readonly string[] = ['dataDir', 'masterKeyFile'];

/** Settings that somebody chose, without secrets and without what belongs to this machine only. */
function ownSettings({ config, origins }: LoadedConfig): Record<string, unknown> {
  const chosen: Record<string, unknown> = {};
  for (const { key, schema } of settings) {
    if (machineOnly.includes(key) || 'x-secret' in schema || origins.get(key) === 'default')
      continue;
    chosen[key] = key
      .split('.')
      .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], config);
  }
  return chosen;
}

function describe({ folder, manifest, hasMasterKey }: BackupReport): string {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `backed up to ${folder}: ${manifest.files.length} files, ${size(bytes)}`,
    table(
      ['TABLE', 'ROWS'],
      Object.entries(manifest.tables).filter(([, rows]) => rows > 0),
    ),
    hasMasterKey
      ? `WARNING: ${folder} holds master.key beside the database: whoever can read the folder has every\n` +
        'access key’s secret. It is readable by you alone (0600); keep it so, and encrypt what leaves this machine.'
      : 'WARNING: there was no master.key in the data folder: the secrets in this backup cannot be opened.',
    manifest.logs
      ? 'Output of attempts is part of it, as far as it went.'
      : 'Output of attempts is not part of it (--logs).',
  ].join('\n');
}
