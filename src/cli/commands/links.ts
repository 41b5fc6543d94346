import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { InfoView } from '../../dialects/native/views/info.ts';
import type {
  ColumnList,
  LinkTestView,
  LinkView,
  TableList,
} from '../../dialects/native/views/link.ts';
import type { Client } from '../client.ts';
import { serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show, table, when } from '../output.ts';
import { firstLine } from './links-secret.ts';
import { optionsOfAddress, type SentOptions } from './links-address.ts';

/** Flag that every command about links has. */
export interface NamespaceFlag {
  readonly namespace?: string;
}

interface OptionFlags extends NamespaceFlag {
  readonly options?: string;
  readonly passwordStdin?: boolean;
  readonly keyFile?: string;
  readonly disabled?: boolean;
  readonly test?: boolean;
}

const namespaceFlag = [
  '--namespace <namespace>',
  'what the link belongs to; else the region',
] as const;

/** `longshore links`: where data comes from and goes to. */
export function linksCommand(): Command {
  return new Command('links')
    .description(
      'Manage links: databases, folders and object stores that data jobs move data between.',
    )
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(showCommand())
    .addCommand(
      changeCommand('create', 'Make a link. Its password is read from stdin or the address.'),
    )
    .addCommand(changeCommand('update', 'Replace a link; secrets that are left out stay.'))
    .addCommand(testCommand())
    .addCommand(tablesCommand())
    .addCommand(deleteCommand());
}

/** The namespace that was asked for, else the server's region. */
export async function namespaceOf(client: Client, { namespace }: NamespaceFlag): Promise<string> {
  return namespace ?? (await client.call<InfoView>('GET', '/info')).region;
}

/** Path of a link in the API. */
export function linkPath(namespace: string, name: string): string {
  return `/links/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

function listCommand(): Command {
  return serverCommand<[], NamespaceFlag & { limit: string }>(
    'list',
    'List links.',
    async (client, options) => {
      const page = await client.call<{ rows: LinkView[]; total: number }>('GET', '/links', {
        query: { namespace: options.namespace, limit: options.limit },
      });
      show(options, page, () =>
        [
          table(
            ['LINK', 'KIND', 'LEADS TO', 'STATE', 'CHANGED'],
            page.rows.map((link) => [
              link.name,
              link.kind,
              placeOf(link),
              link.enabled ? '' : 'DISABLED',
              when(link.updatedAtMs),
            ]),
          ),
          `${page.rows.length} of ${page.total}`,
        ].join('\n'),
      );
    },
  )
    .option(...namespaceFlag)
    .option('--limit <rows>', 'most rows', '100');
}

function showCommand(): Command {
  return serverCommand<[string], NamespaceFlag>(
    'show',
    'Show a link without its secrets.',
    async (client, options, name) => {
      const link = await client.call<LinkView>(
        'GET',
        linkPath(await namespaceOf(client, options), name),
      );
      show(options, link, () =>
        [
          `${link.name}  ${link.kind}${link.enabled ? '' : '  DISABLED'}`,
          `made by ${link.createdBy} ${when(link.createdAtMs)}, changed by ${link.updatedBy} ${when(link.updatedAtMs)}, through ${link.dialect}`,
          table(
            ['OPTION', 'VALUE'],
            [
              ...Object.entries(link.options)
                .filter(([option]) => option !== 'kind')
                .map(([option, value]) => [
                  option,
                  typeof value === 'string' ? value : JSON.stringify(value),
                ]),
              ...link.secrets.map((secret) => [secret, '(set)']),
            ],
          ),
        ].join('\n'),
      );
    },
  )
    .argument('<link>')
    .option(...namespaceFlag);
}

function changeCommand(action: 'create' | 'update', description: string): Command {
  return serverCommand<[string, string | undefined], OptionFlags>(
    action,
    description,
    async (client, flags, name, address) => {
      const namespace = await namespaceOf(client, flags);
      const options = await optionsOf(flags, address);
      const enabled = flags.disabled !== true;
      const link =
        action === 'create'
          ? await client.call<LinkView>('POST', '/links', {
              body: { name, namespace, options, enabled },
            })
          : await client.call<LinkView>('PUT', linkPath(namespace, name), {
              body: { options, enabled },
            });
      if (flags.test === true)
        await tested(client, linkPath(namespace, name), `${name} was ${action}d, but`);
      show(
        flags,
        link,
        () => `${link.name}: ${action}d${flags.test === true ? ', and it works' : ''}`,
      );
    },
  )
    .argument('<link>', 'its name')
    .argument(
      '[address]',
      'e.g. postgres://user@host/database?tls=require, sqlite:file.db, local:share, s3://key@host',
    )
    .option('--options <file>', 'all options as JSON instead of an address; - = stdin')
    .option('--password-stdin', 'the password, or secret of the key, is the first line of stdin')
    .option('--key-file <file>', 'private key of an sftp link')
    .option('--disabled', 'data jobs may not use it for now')
    .option('--test', 'connect at once')
    .option(...namespaceFlag);
}

/** @throws CliError that says first what was done already. */
async function tested(client: Client, path: string, done: string): Promise<void> {
  try {
    await client.call('POST', `${path}/test`);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`${done} ${error.message}`, error.fix, error.exitCode, error.status);
  }
}

/** What the flags and the address say. @throws CliError when that is nothing, or twice. */
async function optionsOf(flags: OptionFlags, address: string | undefined): Promise<SentOptions> {
  if ((address === undefined) === (flags.options === undefined)) {
    throw new CliError(
      'give an address, or --options',
      'See longshore links create --help',
      exitCodes.usage,
    );
  }
  if (flags.options === '-' && flags.passwordStdin === true) {
    throw new CliError('stdin holds the options or the password, not both', '', exitCodes.usage);
  }
  const said =
    address === undefined ? await fromFile(flags.options ?? '') : optionsOfAddress(address);
  const secret = said['kind'] === 's3' ? 'secretAccessKey' : 'password';
  return {
    ...said,
    ...(flags.passwordStdin === true ? { [secret]: await firstLine(process.stdin) } : {}),
    ...(flags.keyFile === undefined ? {} : { privateKey: await readText(flags.keyFile) }),
  };
}

async function fromFile(file: string): Promise<SentOptions> {
  const text = await readText(file === '-' ? '/dev/stdin' : file);
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as SentOptions;
    }
  } catch {
    // Said below; the parser's words would show a part of the secrets.
  }
  throw new CliError(`${file} holds no JSON object`, '', exitCodes.usage);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CliError(`cannot read ${file}: ${words}`, '', exitCodes.usage);
  }
}

function testCommand(): Command {
  return serverCommand<[string], NamespaceFlag>(
    'test',
    'Connect through a link and let go again.',
    async (client, options, name) => {
      const path = `${linkPath(await namespaceOf(client, options), name)}/test`;
      const { tookMs } = await client.call<LinkTestView>('POST', path);
      show(options, { link: name, tookMs }, () => `${name}: works, ${tookMs} ms`);
    },
  )
    .argument('<link>')
    .option(...namespaceFlag);
}

function tablesCommand(): Command {
  return serverCommand<
    [string, string | undefined],
    NamespaceFlag & { schema?: string; limit: string }
  >(
    'tables',
    'List the tables that a link reaches, or the columns of one.',
    async (client, options, name, of) => {
      const path = `${linkPath(await namespaceOf(client, options), name)}/tables`;
      const query = { schema: options.schema };
      if (of !== undefined) {
        const { rows } = await client.call<ColumnList>('GET', `${path}/${encodeURIComponent(of)}`, {
          query,
        });
        show(options, rows, () =>
          table(
            ['COLUMN', 'TYPE', 'NULL', 'KEY'],
            rows.map((c) => [
              c.name,
              c.nativeType || c.type,
              c.nullable ? 'yes' : '',
              c.keyPosition || '',
            ]),
          ),
        );
        return;
      }
      const { rows } = await client.call<TableList>('GET', path, {
        query: { ...query, limit: options.limit },
      });
      show(options, rows, () =>
        table(
          ['SCHEMA', 'TABLE'],
          rows.map((t) => [t.schema, t.name]),
        ),
      );
    },
  )
    .argument('<link>')
    .argument('[table]', 'show its columns')
    .option('--schema <schema>', 'else the link’s default')
    .option('--limit <rows>', 'most tables', '500')
    .option(...namespaceFlag);
}

function deleteCommand(): Command {
  return serverCommand<[string], NamespaceFlag>(
    'delete',
    'Delete a link that no data job uses.',
    async (client, options, name) => {
      await client.call('DELETE', linkPath(await namespaceOf(client, options), name));
      show(options, { link: name, done: 'delete' }, () => `${name}: deleted`);
    },
  )
    .argument('<link>')
    .option(...namespaceFlag);
}

/** Where a link leads, in a few words. */
function placeOf({ options }: LinkView): string {
  const { hosts, host, port, database, file, share, endpoint, path } = options;
  const server = Array.isArray(hosts) ? hosts.join(',') : host;
  if (server !== undefined) {
    const name = database === undefined || database === '' ? '' : `/${String(database)}`;
    return `${String(server)}:${String(port)}${name}`;
  }
  return String(file ?? share ?? endpoint ?? path ?? '');
}
