import { Command, Option } from 'commander';
import { ConfigError, type FrozenConfig, loadConfig } from '../../app/config.ts';
import { createLog } from '../../app/log.ts';
import { type RunningServer, startServer } from '../../app/server.ts';
import { collect } from '../command.ts';
import { type ConfigFlags, configInput } from '../config-flags.ts';
import { CliError, exitCodes } from '../errors.ts';
import { print } from '../output.ts';

/** `longshore up`: a server in the foreground, until SIGTERM or SIGINT. */
export function upCommand(): Command {
  return withConfigFlags(new Command('up').description('Start a server in the foreground.'))
    .option(
      '--standby',
      'wait while another server has the data folder, and take over when it dies',
    )
    .action(async (flags: ConfigFlags & { readonly standby?: boolean }) => {
      const { config } = readConfig(flags);
      const log = createLog(config.log.level);
      const over = ended();
      const server = await (flags.standby === true
        ? takeOver(config, log, over)
        : startServer(config, log));
      if (server === null) return;
      print(`longshore listens on ${server.url}`);
      print(`everything is kept in ${server.dataDir}`);
      print(`console: ${server.url}/   sign in with a key, or: longshore users set-password NAME`);
      print('keys: longshore keys create --user NAME --policy AliyunSAEFullAccess   stop: Ctrl-C');
      await over;
      await server.close();
      // Running jobs belong to their supervisor; nothing here may keep the process.
      process.exit(exitCodes.ok);
    });
}

/** Starts once the data folder is free; null when it was told to end before. */
async function takeOver(
  config: FrozenConfig,
  log: ReturnType<typeof createLog>,
  over: Promise<void>,
): Promise<RunningServer | null> {
  const waiting = new AbortController();
  void over.then(() => waiting.abort());
  print(`standing by for ${config.dataDir}`);
  try {
    return await startServer(config, log, waiting.signal);
  } catch (error) {
    if (waiting.signal.aborted) return null;
    throw error;
  }
}

/** Adds the flags that set configuration. */
export function withConfigFlags(command: Command): Command {
  return command
    .option('--data <folder>', 'folder that holds everything the server keeps')
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on; 0 = a free one')
    .addOption(
      new Option('--log-level <level>', 'least level that is logged').choices([
        'silent',
        'error',
        'warn',
        'info',
        'debug',
      ]),
    )
    .option('--config <file>', 'configuration file (YAML or JSON)')
    .option('--set <key=value>', 'any other setting; repeatable', collect);
}

/** @throws CliError that names every wrong setting. */
export function readConfig(flags: ConfigFlags): ReturnType<typeof loadConfig> {
  try {
    return loadConfig(configInput(flags));
  } catch (error) {
    if (error instanceof ConfigError)
      throw new CliError(error.message, 'See docs/operations/configuration.md', exitCodes.usage);
    throw error;
  }
}

function ended(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
