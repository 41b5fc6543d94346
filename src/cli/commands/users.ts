import { Command } from 'commander';
import type { UserView } from '../../dialects/native/views/access.ts';
import { collect, serverCommand } from '../command.ts';
import { show, table, when } from '../output.ts';
import { readNewPassword } from '../password-prompt.ts';

const path = (name: string): string => `/users/${encodeURIComponent(name)}`;

/** `longshore users`: who keys belong to, and their policies. */
export function usersCommand(): Command {
  return new Command('users')
    .description('Manage users and their policies.')
    .addCommand(
      serverCommand('list', 'List users.', async (client, options) => {
        const { rows } = await client.call<{ rows: UserView[] }>('GET', '/users');
        show(options, rows, () =>
          table(
            ['USER', 'ROOT', 'POLICIES', 'CREATED'],
            rows.map((u) => [
              u.name,
              u.root ? 'yes' : '',
              u.policies.join(', '),
              when(u.createdAtMs),
            ]),
          ),
        );
      }),
    )
    .addCommand(
      serverCommand<[string], { root?: boolean; policy?: string[] }>(
        'put',
        'Create a user or replace its policies.',
        async (client, options, name) => {
          const body = {
            policies: options.policy ?? [],
            ...(options.root === true ? { root: true } : {}),
          };
          const user = await client.call<UserView>('PUT', path(name), { body });
          show(
            options,
            user,
            () => `${user.name}: ${user.root ? 'root' : user.policies.join(', ') || 'no policy'}`,
          );
        },
      )
        .argument('<user>')
        .option('--policy <name>', 'repeatable', collect)
        .option('--root', 'the user passes every check'),
    )
    .addCommand(
      serverCommand<[string]>(
        'set-password',
        'Set the password a user signs in to IAM with; asked for, or the first line of stdin.',
        async (client, options, name) => {
          const password = await readNewPassword(name, process.stdin, process.stderr);
          await client.call('PUT', `${path(name)}/password`, { body: { password } });
          show(options, { name, done: 'set-password' }, () => `${name}: password set`);
        },
      ).argument('<user>'),
    )
    .addCommand(
      serverCommand<[string]>(
        'delete',
        'Delete a user with its keys.',
        async (client, options, name) => {
          await client.call('DELETE', path(name));
          show(options, { name, done: 'delete' }, () => `${name}: deleted`);
        },
      ).argument('<user>'),
    );
}
