import { Command } from 'commander';
import { configurationPage, printable } from '../../app/config.ts';
import type { ConfigFlags } from '../config-flags.ts';
import { print, show } from '../output.ts';
import { readConfig, withConfigFlags } from './up.ts';

/** `longshore config`: what is in force, and the page that documents it. */
export function configCommand(): Command {
  return new Command('config')
    .description('Show the configuration.')
    .addCommand(
      withConfigFlags(
        new Command('print').description('Print what is in force and where each value came from.'),
      )
        .option('--json', 'print JSON for scripts')
        .action(async (flags: ConfigFlags & { readonly json?: boolean }) => {
          const { stringify } = await import('yaml');
          const { config: full, origins } = readConfig(flags);
          const config = printable(full);
          show(flags, config, () => {
            const given = [...origins]
              .filter(([, origin]) => origin !== 'default')
              .map(([key, origin]) => `# ${key}: from ${origin}`);
            return [stringify(config).trimEnd(), ...given].join('\n');
          });
        }),
    )
    .addCommand(
      new Command('docs')
        .description('Print docs/operations/configuration.md.')
        .action(() => print(configurationPage().trimEnd())),
    );
}
