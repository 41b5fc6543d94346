import { Command } from 'commander';
import { type Client, connect, type Connection } from './client.ts';

/** Options that every command which asks a server has. */
export interface ServerOptions extends Connection {
  readonly json?: boolean;
}

/** A command that talks to a server: its common options, and a connected client in its action. */
export function serverCommand<A extends readonly unknown[], O extends object = object>(
  name: string,
  description: string,
  action: (client: Client, options: O & ServerOptions, ...args: A) => Promise<void>,
): Command {
  return new Command(name)
    .description(description)
    .option('--data <folder>', 'data folder of a server on this machine')
    .option('--server <url>', 'address of a server (or LONGSHORE_SERVER)')
    .option(
      '--key <id:secret>',
      'access key (or LONGSHORE_ACCESS_KEY_ID and LONGSHORE_ACCESS_KEY_SECRET)',
    )
    .option('--json', 'print JSON for scripts')
    .action(async (...given: unknown[]) => {
      // Commander passes the arguments, then the options, then the command.
      const args = given.slice(0, -2) as unknown as A;
      const options = given.at(-2) as O & ServerOptions;
      await action(await connect(options), options, ...args);
    });
}

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
