import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { PolicyView } from '../../dialects/native/views/access.ts';
import { serverCommand } from '../command.ts';
import { CliError } from '../errors.ts';
import { show, table } from '../output.ts';

const path = (name: string): string => `/policies/${encodeURIComponent(name)}`;

/** `longshore policies`: RAM policy documents and who has them. */
export function policiesCommand(): Command {
  const attachment = (name: 'attach' | 'detach', method: 'PUT' | 'DELETE'): Command =>
    serverCommand<[string, string]>(
      name,
      `${name === 'attach' ? 'Give a policy to' : 'Take a policy from'} a user.`,
      async (client, options, policy, user) => {
        await client.call(method, `/users/${encodeURIComponent(user)}${path(policy)}`);
        show(
          options,
          { policy, user, done: name },
          () => `${policy}: ${name}ed ${name === 'attach' ? 'to' : 'from'} ${user}`,
        );
      },
    )
      .argument('<policy>')
      .argument('<user>');
  return new Command('policies')
    .description('Manage policies.')
    .addCommand(
      serverCommand('list', 'List policies.', async (client, options) => {
        const { rows } = await client.call<{ rows: PolicyView[] }>('GET', '/policies');
        show(options, rows, () =>
          table(
            ['POLICY', 'KIND'],
            rows.map((p) => [p.name, p.builtIn ? 'built-in' : 'own']),
          ),
        );
      }),
    )
    .addCommand(
      serverCommand<[string, string]>(
        'put',
        'Store a policy from a JSON file (- = standard input).',
        async (client, options, name, file) => {
          const policy = await client.call<PolicyView>('PUT', path(name), {
            body: { document: await readJson(file) },
          });
          show(options, policy, () => `${policy.name}: stored`);
        },
      )
        .argument('<policy>')
        .argument('<file>'),
    )
    .addCommand(
      serverCommand<[string]>(
        'delete',
        'Delete a policy that no user has.',
        async (client, options, name) => {
          await client.call('DELETE', path(name));
          show(options, { name, done: 'delete' }, () => `${name}: deleted`);
        },
      ).argument('<policy>'),
    )
    .addCommand(attachment('attach', 'PUT'))
    .addCommand(attachment('detach', 'DELETE'));
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch((error: Error) => {
    throw new CliError(`cannot read ${file}: ${error.message}`);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
