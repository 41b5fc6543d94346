import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { CliError, exitCodes } from './errors.ts';

const help = `
Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no server reached.
Every command takes --json. Start with: longshore up`;

/**
 * Every command, made when it is needed: a server carries nothing of the others, and a short
 * command starts sooner.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  users: async () => (await import('./commands/users.ts')).usersCommand(),
  policies: async () => (await import('./commands/policies.ts')).policiesCommand(),
  templates: async () => (await import('./commands/templates.ts')).templatesCommand(),
  schedules: async () => (await import('./commands/schedules.ts')).schedulesCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  runs: async () => (await import('./commands/runs.ts')).runsCommand(),
  logs: async () => (await import('./commands/logs.ts')).logsCommand(),
  logstores: async () => (await import('./commands/logstores.ts')).logStoresCommand(),
  links: async () => (await import('./commands/links.ts')).linksCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantineCommand(),
  stop: async () => (await import('./commands/stop.ts')).stopCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/restore.ts')).restoreCommand(),
  move: async () => (await import('./commands/move.ts')).moveCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  config: async () => (await import('./commands/config.ts')).configCommand(),
  completion: async () =>
    (await import('./commands/completion.ts')).completionCommand(() => createProgram()),
};

/** The command tree: the one command, or all when it is none of ours. */
export async function createProgram(only = ''): Promise<Command> {
  const program = new Command('longshore')
    .description('A self-hosted job platform that speaks the job APIs of three clouds.')
    .version(packageJson.version)
    .showSuggestionAfterError()
    .showHelpAfterError('(see --help)')
    .addHelpText('after', help);
  const names = Object.hasOwn(commands, only) ? [only] : Object.keys(commands);
  for (const name of names) {
    const command = await commands[name]?.();
    if (command !== undefined) program.addCommand(command);
  }
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
    const program = await createProgram(args[0]);
    await program.parseAsync([...args], { from: 'user' });
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
