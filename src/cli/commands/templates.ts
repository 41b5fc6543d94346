import { Command } from 'commander';
import type {
  RefusalView,
  TemplateChangeView,
  TemplateInput,
  TemplateView,
} from '../../dialects/native/views/template.ts';
import { collect, serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show, table, when } from '../output.ts';

interface CreateOptions {
  readonly env?: readonly string[];
  readonly replicas?: string;
  readonly retries?: string;
  readonly timeout?: string;
  readonly concurrency?: TemplateInput['concurrency'];
  readonly timezone?: string;
}

const path = (template: string): string => `/templates/${encodeURIComponent(template)}`;

/** `longshore templates`: job definitions of every dialect; native ones can be made here. */
export function templatesCommand(): Command {
  const suspension = (name: 'suspend' | 'resume', description: string): Command =>
    serverCommand<[string]>(name, description, async (client, options, template) => {
      const view = await client.call<TemplateView>('POST', `${path(template)}/${name}`);
      show(options, view, () => `${view.name}: ${view.suspended ? 'suspended' : 'runs again'}`);
    }).argument('<template>', 'id or name');
  return new Command('templates')
    .description('Manage job templates.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(suspension('suspend', 'Refuse new runs until resumed.'))
    .addCommand(suspension('resume', 'Accept runs again.'))
    .addCommand(
      serverCommand<[string]>(
        'delete',
        'Stop its runs and delete a template.',
        async (client, options, template) => {
          await client.call('DELETE', path(template));
          show(options, { template, done: 'delete' }, () => `${template}: deleted`);
        },
      ).argument('<template>', 'id or name'),
    );
}

function listCommand(): Command {
  return serverCommand<[], { name?: string; limit: string }>(
    'list',
    'List templates, newest first.',
    async (client, options) => {
      const page = await client.call<{ rows: TemplateView[]; total: number }>('GET', '/templates', {
        query: { name: options.name, limit: options.limit },
      });
      show(options, page, () =>
        [
          table(
            ['TEMPLATE', 'NAME', 'API', 'STATE', 'LAST RUN'],
            page.rows.map((t) => [
              t.id,
              t.name,
              t.dialect,
              t.suspended ? 'suspended' : 'active',
              t.latestRun?.state ?? '',
            ]),
          ),
          `${page.rows.length} of ${page.total}`,
        ].join('\n'),
      );
    },
  )
    .option('--name <text>', 'part of the name')
    .option('--limit <rows>', 'most rows', '50');
}

function showCommand(): Command {
  return serverCommand<[string]>(
    'show',
    'Show a template, its changes, and triggers that made no run.',
    async (client, options, template) => {
      const view = await client.call<TemplateView>('GET', path(template));
      const changes = await client.call<{ rows: TemplateChangeView[] }>(
        'GET',
        `${path(view.id)}/changes`,
      );
      const refusals = await client.call<{ rows: RefusalView[] }>(
        'GET',
        `${path(view.id)}/refusals`,
      );
      show(options, { ...view, changes: changes.rows, refusals: refusals.rows }, () =>
        [
          `${view.name} (${view.dialect}, ${view.namespace})  revision ${view.revision}${view.suspended ? '  SUSPENDED' : ''}`,
          `id        ${view.id}`,
          `runs      ${view.artifact} ${view.command.map((word) => JSON.stringify(word)).join(' ')}`,
          `replicas  ${view.replicas}, retries ${view.retries}, ${view.concurrency}, timeout ${view.timeoutMs === null ? 'none' : `${view.timeoutMs / 1000} s`}`,
          ...(view.notActedOn.length === 0
            ? []
            : [`accepted without effect: ${view.notActedOn.join(', ')}`]),
          '',
          table(
            ['CHANGED', 'KIND', 'REVISION', 'BY', 'NOTE'],
            changes.rows.map((c) => [when(c.atMs), c.kind, c.revision, c.by, c.note]),
          ),
          ...(refusals.rows.length === 0
            ? []
            : [
                '',
                'Triggers that made no run:',
                table(
                  ['WHEN', 'TRIGGER', 'BY', 'REASON'],
                  refusals.rows.map((r) => [when(r.atMs), r.trigger, r.by, r.reason]),
                ),
              ]),
        ].join('\n'),
      );
    },
  ).argument('<template>', 'id or name');
}

function createCommand(): Command {
  return serverCommand<[string, string[]], CreateOptions>(
    'create',
    'Create a native template: one command.',
    async (client, options, name, command) => {
      const view = await client.call<TemplateView>('POST', '/templates', {
        body: {
          name,
          command,
          ...(options.env === undefined ? {} : { env: environment(options.env) }),
          ...integer('replicas', options.replicas, 1),
          ...integer('retries', options.retries, 1),
          ...(options.timeout === undefined
            ? {}
            : { timeoutMs: integer('timeout', options.timeout, 1000)['timeout'] }),
          ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
          ...(options.timezone === undefined ? {} : { timezone: options.timezone }),
        },
      });
      show(options, view, () => `${view.name}: ${view.id}`);
    },
  )
    .argument('<name>')
    .argument('<command...>', 'program and arguments, after --')
    .option('--env <name=value>', 'variable; repeatable', collect)
    .option('--replicas <count>', 'instances started in parallel')
    .option('--retries <count>', 'failed attempts a run survives')
    .option('--timeout <seconds>', 'wall time of a run')
    .option('--concurrency <policy>', 'allow, forbid or replace')
    .option('--timezone <zone>', 'IANA zone given as TZ');
}

function environment(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CliError(`--env ${text} is not NAME=VALUE`, '', exitCodes.usage);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function integer(name: string, text: string | undefined, unit: number): Record<string, number> {
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isInteger(value))
    throw new CliError(`--${name} ${text} is not a whole number`, '', exitCodes.usage);
  return { [name]: value * unit };
}
