import { Command } from 'commander';
import type { KeyView, NewKeyView } from '../../dialects/native/views/access.ts';
import { collect, serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show, table, when } from '../output.ts';

interface CreateOptions {
  readonly user: string;
  readonly root?: boolean;
  readonly policy?: readonly string[];
  readonly ttl?: string;
}

/** `longshore keys`: access keys that clients sign with. */
export function keysCommand(): Command {
  const change = (
    name: string,
    description: string,
    method: 'POST' | 'DELETE',
    suffix: string,
  ): Command =>
    serverCommand<[string]>(name, description, async (client, options, id) => {
      await client.call(method, `/keys/${encodeURIComponent(id)}${suffix}`);
      show(options, { id, done: name }, () => `${id}: ${name}d`);
    }).argument('<key>', 'access key id');
  return new Command('keys')
    .description('Manage access keys.')
    .addCommand(createCommand())
    .addCommand(
      serverCommand('list', 'List access keys.', async (client, options) => {
        const { rows } = await client.call<{ rows: KeyView[] }>('GET', '/keys');
        show(options, rows, () =>
          table(
            ['KEY', 'USER', 'STATE', 'CREATED', 'EXPIRES'],
            rows.map((k) => [
              k.id,
              k.user,
              k.enabled ? 'enabled' : 'disabled',
              when(k.createdAtMs),
              when(k.expiresAtMs),
            ]),
          ),
        );
      }),
    )
    .addCommand(change('disable', 'Refuse requests signed with a key.', 'POST', '/disable'))
    .addCommand(change('enable', 'Accept a disabled key again.', 'POST', '/enable'))
    .addCommand(change('delete', 'Delete a key for good.', 'DELETE', ''));
}

function createCommand(): Command {
  return serverCommand<[], CreateOptions>(
    'create',
    'Create an access key; the only time its secret is shown.',
    async (client, options) => {
      const ttlS = options.ttl === undefined ? null : Number(options.ttl);
      if (ttlS !== null && !Number.isInteger(ttlS))
        throw new CliError(`--ttl ${options.ttl} is not a number of seconds`, '', exitCodes.usage);
      const created = await client.call<NewKeyView>('POST', '/keys', {
        body: {
          user: options.user,
          ...(options.root === true ? { root: true } : {}),
          ...(options.policy === undefined ? {} : { policies: options.policy }),
          ...(ttlS === null ? {} : { ttlMs: ttlS * 1000 }),
        },
      });
      const { key, secret, securityToken } = created;
      show(options, { ...key, secret, securityToken }, () =>
        [
          `access key id      ${key.id}`,
          `access key secret  ${secret}`,
          ...(securityToken === null ? [] : [`security token     ${securityToken}`]),
          `user               ${key.user}`,
          'The secret is not shown again.',
        ].join('\n'),
      );
    },
  )
    .requiredOption('--user <name>', 'user the key belongs to; created when it is new')
    .option('--policy <name>', 'policy for a new user; repeatable', collect)
    .option('--root', 'the user passes every check')
    .option('--ttl <seconds>', 'make it temporary, with a security token');
}
