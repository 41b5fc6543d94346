import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { backupCommand } from './commands/backup.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { keysCommand } from './commands/keys.ts';
import { logsCommand } from './commands/logs.ts';
import { logStoresCommand } from './commands/logstores.ts';
import { moveCommand } from './commands/move.ts';
import { policiesCommand } from './commands/policies.ts';
import { restoreCommand } from './commands/restore.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { schedulesCommand } from './commands/schedules.ts';
import { stopCommand } from './commands/stop.ts';
import { templatesCommand } from './commands/templates.ts';
import { upCommand } from './commands/up.ts';
import { usersCommand } from './commands/users.ts';
import { CliError, exitCodes } from './errors.ts';

const help = `
Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no server reached.
Every command takes --json. Start with: longshore up`;

/** The whole command tree. */
export function createProgram(): Command {
  const program = new Command('longshore')
    .description('A self-hosted job platform that speaks the job APIs of three clouds.')
    .version(packageJson.version)
    .showSuggestionAfterError()
    .showHelpAfterError('(see --help)')
    .addHelpText('after', help);
  const commands = [
    upCommand(),
    keysCommand(),
    usersCommand(),
    policiesCommand(),
    templatesCommand(),
    schedulesCommand(),
    runCommand(),
    runsCommand(),
    logsCommand(),
    logStoresCommand(),
    stopCommand(),
    backupCommand(),
    restoreCommand(),
    moveCommand(),
    doctorCommand(),
    configCommand(),
    completionCommand(createProgram),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of everyCommand(program)) command.exitOverride();
  return program;
}

/** Runs one command line (without node and script); gives the exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : exitCodes.ok;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`longshore: ${message}\n`);
  if (error instanceof CliError) {
    if (error.fix !== '') process.stderr.write(`  ${error.fix}\n`);
    return error.exitCode;
  }
  return exitCodes.failed;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => everyCommand(child as Command))];
}
